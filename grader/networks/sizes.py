"""How a definition says a layer's sizes: a number, `any`, a range, or a few choices of which the weights leave one."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, TypeVar

from pydantic import PlainSerializer, PlainValidator

from grader.limits import MAX_LAYER_SIZE
from grader.networks.shapes import Pair

T = TypeVar("T")
ANY = "any"
SAME: Literal["same"] = "same"
ONE_OF = "one_of"
_RANGE = re.compile(r"(\d{1,7})\.\.(\d{1,7})", re.ASCII)
_MAX_CHOICES = 8  # of one option; a definition that leaves more open has no architecture


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes that a definition allows, from `least` to `most`."""

    least: int
    most: int

    @property
    def fixed(self) -> bool:
        """Whether only one size is left."""
        return self.least == self.most

    def allow(self, size: int) -> bool:
        """Whether a size is one of them."""
        return self.least <= size <= self.most

    def as_written(self) -> int | str:
        """The sizes as a definition writes them."""
        if self.fixed:
            return self.least
        return ANY if self.most == MAX_LAYER_SIZE and self.least == 1 else f"{self.least}..{self.most}"

    def __str__(self) -> str:
        return f"{self.least}" if self.fixed else f"{self.least} to {self.most}"


def exactly(size: int) -> Sizes:
    """The one size."""
    return Sizes(size, size)


def whole(value: object, least: int = 1) -> int:
    """A whole number from `least` to the largest size. Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= MAX_LAYER_SIZE:
        return value
    raise ValueError(f"{value!r} is no whole number from {least} to {MAX_LAYER_SIZE:,}")


def pair(value: object, least: int = 1) -> Pair:
    """Height and width: two whole numbers, or one for both. Raises ValueError."""
    height, width = value if isinstance(value, list | tuple) and len(value) == 2 else (value, value)
    return whole(height, least), whole(width, least)


def _sizes(value: object) -> Sizes:
    if isinstance(value, Sizes):
        return value
    if value == ANY:
        return Sizes(1, MAX_LAYER_SIZE)
    found = _RANGE.fullmatch(value) if isinstance(value, str) else None
    if found and 1 <= int(found[1]) <= int(found[2]) <= MAX_LAYER_SIZE:
        return Sizes(int(found[1]), int(found[2]))
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_LAYER_SIZE:
        return exactly(value)
    raise ValueError(f"{value!r} is no size; a whole number from 1, `any`, or a range such as 1..256 is needed")


def _size_pair(value: object) -> tuple[Sizes, Sizes]:
    height, width = value if isinstance(value, list | tuple) and len(value) == 2 else (value, value)
    return _sizes(height), _sizes(width)


def _choices(value: object, read: Callable[[object], T]) -> tuple[T, ...]:
    """What one option allows, without repetition; `read` takes one choice."""
    given = [value]
    if isinstance(value, Mapping):
        listed = value.get(ONE_OF)
        if set(value) != {ONE_OF} or not isinstance(listed, list | tuple) or not 1 <= len(listed) <= _MAX_CHOICES:
            raise ValueError(f"{value!r} is no choice; {{{ONE_OF}: [...]}} with 1 to {_MAX_CHOICES} of them is needed")
        given = list(listed)
    return tuple(dict.fromkeys(read(each) for each in given))


Padding: TypeAlias = Pair | Literal["same"]


def _padding(value: object) -> Padding:
    return SAME if value == SAME else pair(value, least=0)


def _paddings(value: object) -> tuple[Padding, ...]:
    """Two numbers are height and width, as in torch; a list that holds `same` or pairs is one of choices."""
    if isinstance(value, list | tuple) and not (len(value) == 2 and all(isinstance(each, int) for each in value)):
        value = {ONE_OF: value}
    return _choices(value, _padding)


def _written(choices: tuple[Padding, ...]) -> object:
    listed = [choice if isinstance(choice, str) else list(choice) for choice in choices]
    return listed[0] if len(listed) == 1 else {ONE_OF: listed}


Size = Annotated[Sizes, PlainValidator(_sizes), PlainSerializer(Sizes.as_written)]
"""A size, fixed or free."""

SizePair = Annotated[
    tuple[Sizes, Sizes],
    PlainValidator(_size_pair),
    PlainSerializer(lambda both: [each.as_written() for each in both]),
]
"""Height and width of a kernel, fixed or free."""

FixedPair = Annotated[Pair, PlainValidator(pair), PlainSerializer(list)]
"""Height and width in whole numbers from 1."""

Pairs = Annotated[tuple[Pair, ...], PlainValidator(lambda value: _choices(value, pair)), PlainSerializer(_written)]
"""Height and width, or a choice of them."""

PairsFrom0 = Annotated[
    tuple[Pair, ...],
    PlainValidator(lambda value: _choices(value, lambda each: pair(each, least=0))),
    PlainSerializer(_written),
]
"""The same, 0 included."""

Paddings = Annotated[tuple[Padding, ...], PlainValidator(_paddings), PlainSerializer(_written)]
"""The padding of a convolution, or a choice of paddings."""
