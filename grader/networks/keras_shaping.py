"""Keras layers that move numbers about and compute nothing, or next to nothing."""

from math import prod

import numpy as np

from grader.facts import Shape
from grader.limits import MAX_LAYER_SIZE
from grader.networks.draft import Attribute, Draft, Value
from grader.networks.keras_options import Options, is_size
from grader.networks.picture import picture_of
from grader.networks.shapes import Pair

NEAREST: dict[str, Attribute] = {
    "mode": "nearest",
    "nearest_mode": "floor",
    "coordinate_transformation_mode": "asymmetric",
}
BETWEEN: dict[str, Attribute] = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}


def flatten(options: Options, draft: Draft, value: Value) -> Value:
    """Flatten. With channels first, Keras puts them last before it flattens."""
    rank = len(value.shape)
    if options.channels_last() or rank == 1:
        return draft.flat(value)
    order = (*range(2, rank + 1), 1)
    return draft.flat(_permuted(draft, value, order))


def permute(options: Options, draft: Draft, value: Value) -> Value:
    """Permute: the axes in another order, the batch left alone."""
    dims, rank = options.take("dims"), len(value.shape)
    if not isinstance(dims, list | tuple) or [*map(repr, sorted(dims, key=repr))] != [*map(repr, range(1, rank + 1))]:
        raise options.error(f"dims is {dims!r}; the axes 1 to {rank} in some order are needed")
    return _permuted(draft, value, tuple(dims))


def _permuted(draft: Draft, value: Value, order: tuple[int, ...]) -> Value:
    straight = draft.straight(value)
    shape = tuple(value.shape[axis - 1] for axis in order)
    return Value(draft.node("Transpose", straight.tensor, perm=(0, *order)), shape)


def reshape(options: Options, draft: Draft, value: Value) -> Value:
    """Reshape, one size of which may be -1: what is left."""
    target, size = options.take("target_shape"), prod(value.shape)
    sizes = list(target) if isinstance(target, list | tuple) else [target]
    given = [each for each in sizes if is_size(each)]
    if sizes.count(-1) == 1 and len(given) == len(sizes) - 1 and size % prod(given) == 0:
        sizes = [size // prod(given) if each == -1 else each for each in sizes]
    shape: Shape = tuple(each for each in sizes if is_size(each))
    if not shape or len(shape) != len(sizes) or prod(shape) != size:
        raise options.error(f"target_shape is {target!r}; {size} numbers do not fit into that")
    if shape == value.shape:
        return value
    straight = draft.straight(value)
    return Value(draft.node("Reshape", straight.tensor, draft.constant([0, *shape], np.int64)), shape)


def zero_padding(options: Options, draft: Draft, value: Value) -> Value:
    """ZeroPadding2D."""
    picture = picture_of(options, draft, value)
    (top, bottom), (left, right) = _sides(options, "padding", 1)
    height, width = picture.size
    pads = draft.constant([0, 0, top, left, 0, 0, bottom, right], np.int64)
    return picture.value(draft.node("Pad", picture.tensor, pads), (height + top + bottom, width + left + right))


def cropping(options: Options, draft: Draft, value: Value) -> Value:
    """Cropping2D."""
    picture = picture_of(options, draft, value)
    (top, bottom), (left, right) = _sides(options, "cropping", 0)
    height, width = picture.size
    size = (height - top - bottom, width - left - right)
    if min(size) < 1:
        raise options.error(f"nothing is left of its input of {height}x{width}")
    window = [[top, left], [top + size[0], left + size[1]], [2, 3]]
    places = [draft.constant(each, np.int64) for each in window]
    return picture.value(draft.node("Slice", picture.tensor, *places), size)


def _sides(options: Options, option: str, default: int) -> tuple[Pair, Pair]:
    """How much before and after, for rows and for columns."""
    value = options.take(option, default)
    rows, columns = value if isinstance(value, list | tuple) and len(value) == 2 else (value, value)
    top, bottom = rows if isinstance(rows, list | tuple) and len(rows) == 2 else (rows, rows)
    left, right = columns if isinstance(columns, list | tuple) and len(columns) == 2 else (columns, columns)
    sides = [side for side in (top, bottom, left, right) if is_size(side, least=0)]
    if len(sides) != 4:
        raise options.error(f"{option} is {value!r}; ((top, bottom), (left, right)) in whole numbers is needed")
    return (sides[0], sides[1]), (sides[2], sides[3])


def upsampling(options: Options, draft: Draft, value: Value) -> Value:
    """UpSampling2D: every row and column several times, or between two of them a mixture of both."""
    picture = picture_of(options, draft, value)
    down, across = options.pair("size", (2, 2))
    size = (picture.size[0] * down, picture.size[1] * across)
    if prod(size) > MAX_LAYER_SIZE:
        raise options.error(f"its output of {size[0]}x{size[1]} has more than {MAX_LAYER_SIZE} pixels")
    places = draft.constant([]), draft.constant([1, 1, down, across])
    how = NEAREST if options.choice("interpolation", "nearest", "bilinear") == "nearest" else BETWEEN
    return picture.value(draft.node("Resize", picture.tensor, *places, covers=None, **how), size)
