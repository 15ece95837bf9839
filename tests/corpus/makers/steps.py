"""The steps of an HDF5 program: each is a mapping with `do`, the name of a function below, and its arguments.

Paths are those of the file; `at` is what a step makes or changes. Adding a step is adding a function to `STEPS`.
"""

import zlib
from collections.abc import Callable, Mapping
from typing import Any

import h5py
import numpy as np

from grader.facts import AnyArray
from tests.corpus.makers import kinds

Step = Mapping[str, Any]


def apply(file: h5py.File, step: Step) -> None:
    """Does one step. Raises KeyError for a step that does not exist, TypeError for arguments that it does not take."""
    arguments = {name.replace("-", "_"): value for name, value in step.items() if name != "do"}
    STEPS[step["do"]](file, **arguments)


def add(
    file: h5py.File, at: str, shape: list[int], dtype: str = "<f4", value: float | None = 1, **storage: Any
) -> None:
    """A new dataset full of `value`; None writes nothing. `storage` are options of h5py's create_dataset."""
    options = {name: tuple(size) if isinstance(size, list) else size for name, size in storage.items()}
    dataset = file.create_dataset(at, tuple(shape), kinds.dtype(dtype), **options)
    if value is not None:
        dataset[...] = value


def group(file: h5py.File, at: str) -> None:
    file.create_group(at)


def remove(file: h5py.File, at: str) -> None:
    del file[at]


def rename(file: h5py.File, at: str, to: str) -> None:
    file.move(at, to)


def copy(file: h5py.File, at: str, to: str) -> None:
    """A copy of a group or dataset, an object of its own."""
    file.copy(at, to)


def soft_link(file: h5py.File, at: str, to: str) -> None:
    file[at] = h5py.SoftLink(to)


def external_link(file: h5py.File, at: str, file_name: str, to: str) -> None:
    file[at] = h5py.ExternalLink(file_name, to)


def hard_link(file: h5py.File, at: str, to: str) -> None:
    file[at] = file[to]


def tracked_group(file: h5py.File, at: str) -> None:
    """A group that keeps its links as messages, in the order in which they were made."""
    plan = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
    plan.set_link_creation_order(h5py.h5p.CRT_ORDER_TRACKED)
    h5py.h5g.create(file.id, at.encode(), gcpl=plan)


def deep(file: h5py.File, at: str, depth: int) -> None:
    """Groups within groups, each called g."""
    here = file.require_group(at)
    for _ in range(depth):
        here = here.create_group("g")


def many_groups(file: h5py.File, at: str, count: int) -> None:
    parent = file.require_group(at)
    for number in range(count):
        h5py.h5g.create(parent.id, f"g{number}".encode())


def many_arrays(file: h5py.File, at: str, count: int) -> None:
    parent = file.require_group(at)
    for number in range(count):
        parent[f"{number}"] = np.float32(number)


def many_attributes(file: h5py.File, at: str, count: int) -> None:
    for number in range(count):
        file[at].attrs[f"a{number}"] = number


def attribute(file: h5py.File, at: str, name: str, value: Any = None, dtype: str | None = None) -> None:
    """An attribute; texts are written as Keras does, None removes it."""
    attributes = file[at].attrs
    if value is None:
        del attributes[name]
    elif isinstance(value, list) and value and isinstance(value[0], str) and dtype is None:
        attributes[name] = [text.encode() for text in value]
    else:
        attributes.create(name, value, dtype=None if dtype is None else kinds.dtype(dtype))


def empty_attribute(file: h5py.File, at: str, name: str) -> None:
    file[at].attrs[name] = h5py.Empty("f4")


def reference_attribute(file: h5py.File, at: str, name: str, to: str) -> None:
    file[at].attrs[name] = np.array([file[to].ref], dtype=h5py.ref_dtype)


def set_number(file: h5py.File, at: str, value: float, index: list[int] | None = None) -> None:
    """One number of a dataset, or all of them."""
    file[at][... if index is None else tuple(index)] = value


def scale(file: h5py.File, at: str, by: float) -> None:
    file[at][...] = file[at][...] * np.float32(by)


def store_as(file: h5py.File, at: str, dtype: str | None = None, **storage: Any) -> None:
    """The same numbers stored otherwise: in another type, in chunks, behind filters."""
    options = {name: tuple(size) if isinstance(size, list) else size for name, size in storage.items()}
    array: AnyArray = file[at][...]
    del file[at]
    file.create_dataset(at, data=array.astype(kinds.dtype(dtype or "<f4")), **options)


def reshape(file: h5py.File, at: str, shape: list[int]) -> None:
    array = np.resize(file[at][...], tuple(shape))
    del file[at]
    file[at] = array


def transpose(file: h5py.File, at: str, axes: list[int]) -> None:
    array = file[at][...].transpose(axes)
    del file[at]
    file[at] = array


def compact(file: h5py.File, at: str) -> None:
    """The same numbers inside the object's header."""
    array = file[at][...]
    del file[at]
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_layout(h5py.h5d.COMPACT)
    kinds.create(file, at, array.shape, h5py.h5t.IEEE_F32LE, plan)[...] = array


def unwritten(file: h5py.File, at: str, shape: list[int], fill: float | None = None, **storage: Any) -> None:
    """A dataset of which nothing is written, with a fill value or without."""
    options = {name: tuple(size) if isinstance(size, list) else size for name, size in storage.items()}
    file.create_dataset(at, tuple(shape), "<f4", fillvalue=fill, **options)


def partly(file: h5py.File, at: str, shape: list[int], chunks: list[int], until: list[int]) -> None:
    """A chunked dataset that is written up to an index on each axis."""
    dataset = file.create_dataset(at, tuple(shape), "<f4", chunks=tuple(chunks))
    dataset[tuple(slice(0, end) for end in until)] = 1


def external(file: h5py.File, at: str, shape: list[int], parts: list[list[Any]]) -> None:
    """A dataset whose bytes lie in other files: name, offset and length of each part."""
    file.create_dataset(at, tuple(shape), "<f4", external=[tuple(part) for part in parts])


def virtual(file: h5py.File, at: str, shape: list[int], source: str, path: str) -> None:
    """A dataset that stands for one of another file, or of this one (`.`)."""
    layout = h5py.VirtualLayout(tuple(shape), "<f4")
    layout[...] = h5py.VirtualSource(source, path, tuple(shape))
    file.create_virtual_dataset(at, layout)


def chunk(file: h5py.File, at: str, zeros: int, times: int = 1, mask: int = 0, keep: int | None = None) -> None:
    """The first chunk of a dataset, replaced by so many zeros that are deflated so many times, then cut."""
    packed = bytes(zeros)
    for _ in range(times):
        packed = zlib.compress(packed, 9)
    file[at].id.write_direct_chunk((0,) * file[at].ndim, packed[:keep], mask)


def filtered(file: h5py.File, at: str, shape: list[int], filters: list[int], optional: bool = False) -> None:
    """A chunked dataset behind filters by number; one that this machine lacks is named and writes nothing."""
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk(tuple(shape))
    flag = h5py.h5z.FLAG_OPTIONAL
    for number in filters:
        values = (4,) if number in (1, 2) else ()  # deflate's level, the size of what is shuffled
        plan.set_filter(number, flag if optional or not h5py.h5z.filter_avail(number) else 0, values)
    dataset = kinds.create(file, at, tuple(shape), h5py.h5t.IEEE_F32LE, plan)
    dataset[...] = 1


def strange(file: h5py.File, at: str, kind: str, shape: list[int]) -> None:
    """A dataset of a type that holds no weights, see `kinds.TYPES`."""
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_layout(h5py.h5d.COMPACT)  # so that its bytes are there without being written
    kinds.create(file, at, tuple(shape), kinds.TYPES[kind](), plan)


def named_type(file: h5py.File, at: str, used_by: str | None = None, shape: list[int] | None = None) -> None:
    """A named datatype, and a dataset that uses it."""
    file[at] = np.dtype("<f4")
    if used_by is not None:
        file.create_dataset(used_by, tuple(shape or ()), file[at])[...] = 1


def no_shape(file: h5py.File, at: str) -> None:
    file[at] = h5py.Empty("<f4")


STEPS: dict[str, Callable[..., None]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        *(add, group, remove, rename, copy, soft_link, external_link, hard_link, tracked_group, deep, many_groups),
        *(many_arrays, many_attributes, attribute, empty_attribute, reference_attribute, set_number, scale, store_as),
        *(reshape, transpose, compact, unwritten, partly, external, virtual, chunk, filtered, strange, named_type),
        no_shape,
    )
}
