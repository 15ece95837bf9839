"""What all layers of a PyTorch network have in common, as a definition lists them."""

from collections.abc import Iterator
from itertools import product
from typing import Annotated, ClassVar, Self

from pydantic import Field, StringConstraints

from grader.facts import Shape
from grader.networks.draft import Draft, Value
from grader.strict import Strict

LayerName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$", max_length=100, strict=True)]
Number = Annotated[float, Field(ge=-3e38, le=3e38)]
IMAGE, FEATURES = 3, 1
"""Axes of what a layer takes, without the batch: (channels, height, width), or (features,)."""


class LayerError(Exception):
    """A layer that does not fit where it stands. `key` is the option that is at fault, `place` counts from 0."""

    def __init__(self, message: str, key: str | None = None, place: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.key = key
        self.place = place


class Layer(Strict):
    """One layer. `choices` are the options that a definition may leave open although no weight tells them."""

    kind: ClassVar[str]
    main: ClassVar[str | None] = None
    """The option that may stand alone: `linear: 10`."""
    choices: ClassVar[tuple[str, ...]] = ()
    takes: ClassVar[int | None] = None
    """How many axes it needs, None where that is no matter."""
    gives: ClassVar[int | None] = None
    """How many axes it gives, None: as many as it takes."""

    name: LayerName | None = None

    @property
    def fixed(self) -> bool:
        """Whether nothing is left open."""
        return all(len(getattr(self, option)) == 1 for option in self.choices)

    def variants(self) -> Iterator["Layer"]:
        """The layer with each combination of what its choices leave open."""
        for picked in product(*(getattr(self, option) for option in self.choices)):
            yield self.with_options({option: (each,) for option, each in zip(self.choices, picked, strict=True)})

    def with_options(self, options: dict[str, object]) -> Self:
        """The layer with some options replaced."""
        return self.model_copy(update=options)

    def in_words(self) -> str:
        """The options that are not torch's own defaults: `channels any, kernel 3 x 3, padding 0 x 0 or same`."""
        written = self.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"name"})
        return ", ".join(f"{option} {_in_words(value)}" for option, value in written.items())

    def check_axes(self, axes: int) -> None:
        """Raises LayerError where the layer does not take values of so many axes."""
        if self.takes is not None and axes != self.takes:
            needed = "features; put a flatten before it" if self.takes == FEATURES else "an image"
            got = "an image (channels, height, width)" if axes == IMAGE else "features"
            raise LayerError(f"it gets {got} and takes {needed}")

    def shape_after(self, shape: Shape) -> Shape:
        """The shape of what the layer gives, without the batch; nothing is left open in it. Raises LayerError."""
        return shape

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """What the layer gives, drawn into a graph; weights are named after `name`. Raises LayerError."""
        return value


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return " or ".join(_in_words(each) for each in value["one_of"])
    return " x ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


class Weighted(Layer):
    """A layer with weights."""

    prefix: ClassVar[str]
    """How such layers are called where the definition does not: conv1, conv2, ..."""
