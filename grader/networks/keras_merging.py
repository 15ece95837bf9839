"""Keras layers that put several values together."""

from collections.abc import Callable, Sequence

from grader.facts import Shape
from grader.networks.draft import Draft, Value
from grader.networks.keras_options import Options

MIN_VALUES = 2
Merge = Callable[[Options, Draft, Sequence[Value]], Value]


def elementwise(operator: str) -> Merge:
    """What draws Add, Multiply, Maximum or Minimum: the values one after the other, an axis of 1 repeated."""

    def merge(options: Options, draft: Draft, values: Sequence[Value]) -> Value:
        shape = _common_shape(options, values)
        first, *others = _aligned(draft, values)
        tensor = first.tensor
        for other in others:
            tensor = draft.node(operator, tensor, other.tensor)
        return Value(tensor, shape, first.turned)

    return merge


def subtract(options: Options, draft: Draft, values: Sequence[Value]) -> Value:
    """The first value less the second."""
    if len(values) != 2:
        raise options.error(f"it takes {len(values)} values; 2 are needed")
    return elementwise("Sub")(options, draft, values)


def average(options: Options, draft: Draft, values: Sequence[Value]) -> Value:
    """The mean of the values."""
    total = elementwise("Add")(options, draft, values)
    return draft.through(total, "Mul", draft.constant(1 / len(values)))


def concatenate(options: Options, draft: Draft, values: Sequence[Value]) -> Value:
    """The values one after the other along an axis."""
    rank = len(values[0].shape)
    axis = options.axis(rank)
    shapes = [value.shape for value in values]
    if len({(*shape[: axis - 1], *shape[axis:], len(shape)) for shape in shapes}) > 1:
        raise options.error(f"values of shapes {_listed(shapes)} cannot be put together along axis {axis}")
    aligned = _aligned(draft, values)
    tensor = draft.node("Concat", *(value.tensor for value in aligned), axis=aligned[0].graph_axis(axis))
    length = sum(shape[axis - 1] for shape in shapes)
    return Value(tensor, (*shapes[0][: axis - 1], length, *shapes[0][axis:]), aligned[0].turned)


def _common_shape(options: Options, values: Sequence[Value]) -> Shape:
    """The shape of values that are broadcast against each other; they have to have as many axes."""
    shapes = [value.shape for value in values]
    if len(values) < MIN_VALUES:
        raise options.error(f"it takes {len(values)} value; {MIN_VALUES} or more are needed")
    if len({len(shape) for shape in shapes}) == 1:
        sizes = [set(column) - {1} for column in zip(*shapes, strict=True)]
        if all(len(size) <= 1 for size in sizes):
            return tuple(size.pop() if size else 1 for size in sizes)
    raise options.error(f"values of shapes {_listed(shapes)} do not fit each other")


def _aligned(draft: Draft, values: Sequence[Value]) -> list[Value]:
    """The values in one layout: with channels first as soon as one of them is."""
    return [draft.turned(value) for value in values] if any(value.turned for value in values) else list(values)


def _listed(shapes: Sequence[Shape]) -> str:
    return ", ".join(map(str, shapes))
