"""PyTorch files by program, without PyTorch: the weights of the corpus' network, what is told about them, and the file around.

Keys of a program, all optional:

    dtype      of all tensors: float32 (the default), float16, bfloat16, float64 or int64
    names      a name for each of the base's tensors, in order; or `prefix`, a text before each
    change     name -> description that takes the tensor's place (null leaves it out); `add`: more of them
    values     name -> a number that fills the tensor, or a list of its numbers
    module     a whole module, a mapping of what differs in its state; `depth`: so many modules around it
    wrap       a list of names: the state dict lies under the last, and so on; `beside`: what lies beside the first
    pickle     a description that takes the place of everything above
    protocol   the number that the pickle begins with
    form       zip (the default), legacy, safetensors, or pickle (the bare pickle)
    entries    changes of the zip's entries, see `_changed`; `root`: its folder; `zip`: options of `zip_writer.write`
    rows       safetensors: name -> changes of a row of the table; `table`: texts for the table's beginning
    storages   legacy: key -> number of elements to write; `head`: pickles that take the place of the first three
    edits      edits of the bytes, see `edits`
"""

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from grader.facts import AnyArray
from tests.corpus.makers import edits, zip_writer
from tests.corpus.makers.pickle_writer import Tensor, Writer
from tests.corpus.makers.zip_writer import Entry

SHAPES: dict[str, tuple[int, ...]] = {
    "0.weight": (2, 1, 3, 3),
    "0.bias": (2,),
    "1.weight": (2,),
    "1.bias": (2,),
    "1.running_mean": (2,),
    "1.running_var": (2,),
    "1.num_batches_tracked": (),
    "4.weight": (3, 8),
    "4.bias": (3,),
}
STORAGES = {
    "float16": "torch.HalfStorage",
    "bfloat16": "torch.BFloat16Storage",
    "float32": "torch.FloatStorage",
    "float64": "torch.DoubleStorage",
    "int64": "torch.LongStorage",
}
TABLE_NAMES = {"float16": "F16", "bfloat16": "BF16", "float32": "F32", "float64": "F64", "int64": "I64"}
KINDS = {"0": "Conv2d", "1": "BatchNorm2d", "4": "Linear"}
LEGACY_HEAD = (
    {"hex": "8a0a6cfc9c46f9206aa85019"},
    1001,
    {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}},
)


def make(parameters: Mapping[str, Any], seed: int) -> bytes:
    """The bytes of the file."""
    arrays = arrays_of(parameters, seed)
    data = FORMS[parameters.get("form", "zip")](parameters, arrays)
    for edit in parameters.get("edits", []):
        data = edits.apply(data, edit)
    return data


def arrays_of(parameters: Mapping[str, Any], seed: int) -> dict[str, AnyArray]:
    """Multiples of a quarter, of which about a ninth is zero; variances are positive."""
    random = np.random.default_rng(seed)
    arrays: dict[str, AnyArray] = {}
    for name, shape in SHAPES.items():
        numbers = random.integers(-4, 5, shape) / 4
        arrays[name] = np.abs(numbers) + 0.5 if name.endswith("var") else np.asarray(numbers)
    for name, value in parameters.get("values", {}).items():
        arrays[name] = np.resize(np.array(value, np.float64), SHAPES[name])
    kind = parameters.get("dtype", "float32")
    return {
        name: array.astype(np.int64) if name.endswith("tracked") else as_kind(array, kind)
        for name, array in arrays.items()
    }


def as_kind(array: AnyArray, kind: str) -> AnyArray:
    """The array in a type; bfloat16 as the upper halves of float32."""
    if kind != "bfloat16":
        return array.astype(kind)
    return (array.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)


def kind_of(name: str, parameters: Mapping[str, Any]) -> str:
    return "int64" if name.endswith("tracked") else str(parameters.get("dtype", "float32"))


def writer(parameters: Mapping[str, Any], *, old: bool = False) -> Writer:
    """A writer that knows the base's tensors."""
    tensors = {
        name: Tensor(str(at), int(np.prod(shape)), shape, STORAGES[kind_of(name, parameters)])
        for at, (name, shape) in enumerate(SHAPES.items())
    }
    return Writer(tensors, old=old)


def description(parameters: Mapping[str, Any]) -> Any:
    """What the pickle holds."""
    found: Any
    if "pickle" in parameters:
        return parameters["pickle"]
    if "module" in parameters:
        found = _module(parameters["module"] or {})
        for _ in range(parameters.get("depth", 0)):
            found = {"object": "__main__.Outer", "state": {"_parameters": {}, "_buffers": {}, "_modules": {"m": found}}}
        return found
    names = dict(zip(SHAPES, parameters.get("names", SHAPES), strict=True))
    tensors: dict[str, Any] = {name: {"tensor": name} for name in SHAPES}
    tensors.update(parameters.get("change", {}))
    prefix = parameters.get("prefix", "")
    found = {prefix + names[name]: tensor for name, tensor in tensors.items() if tensor is not None}
    found = {"ordered": {**found, **parameters.get("add", {})}}
    for depth, name in enumerate(reversed(parameters.get("wrap", []))):
        outermost = depth == len(parameters["wrap"]) - 1
        found = {**(parameters.get("beside", {}) if outermost else {}), name: found}
    return found


def _module(changes: Mapping[str, Any]) -> Any:
    """nn.Sequential with three layers that have weights and two that have none."""
    layers = {
        name: _layer(
            f"torch.nn.modules.{kind}", {each: {"tensor": each} for each in SHAPES if each.startswith(f"{name}.")}
        )
        for name, kind in KINDS.items()
    }
    layers |= {"2": _layer("torch.nn.modules.ReLU", {}), "3": _layer("torch.nn.modules.Flatten", {})}
    state = {
        "training": False,
        "_parameters": {},
        "_buffers": {},
        "_modules": {"ordered": dict(sorted(layers.items()))},
    }
    return {"object": "__main__.Net", "state": {**state, **changes}}


def _layer(path: str, tensors: Mapping[str, Any]) -> Any:
    own = {name.partition(".")[2]: tensor for name, tensor in tensors.items()}
    buffers = {name: tensor for name, tensor in own.items() if name.startswith(("running", "num"))}
    parameters = {
        name: {"tensor": {"like": tensor["tensor"], "parameter": "torch._utils._rebuild_parameter"}}
        for name, tensor in own.items()
        if name not in buffers
    }
    return {"object": path, "state": {"_parameters": {"ordered": parameters}, "_buffers": buffers, "_modules": {}}}


def _zip(parameters: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> bytes:
    return zip_writer.write(entries_of(parameters, arrays), **parameters.get("zip", {}))


def entries_of(parameters: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> list[Entry]:
    """The entries of the archive, the pickle first."""
    root = parameters.get("root", "model")
    entries = [Entry(f"{root}/data.pkl", _pickle(parameters, arrays)), Entry(f"{root}/byteorder", b"little")]
    entries += [Entry(f"{root}/data/{at}", array.tobytes()) for at, array in enumerate(arrays.values())]
    entries += [Entry(f"{root}/version", b"3\n")]
    for change in parameters.get("entries", []):
        entries = _changed(entries, root, change)
    return entries


def _changed(entries: list[Entry], root: str, change: Mapping[str, Any]) -> list[Entry]:
    """One change: `add` (a whole name), `remove`, `repeat`, or `of` with what differs; names are below the root."""
    if "add" in change:
        content = edits.content_of(change["with"])
        return [*entries, Entry(change["add"], content, **change.get("options", {}))]
    which = f"{root}/{change.get('remove', change.get('repeat', change.get('of')))}"
    entry = next(entry for entry in entries if entry.name == which)
    if "remove" in change:
        return [each for each in entries if each is not entry]
    if "repeat" in change:
        return [*entries, Entry(entry.name, edits.content_of(change["with"]) if "with" in change else entry.content)]
    if "with" in change:
        entry.content = edits.content_of(change["with"])
    for option, value in change.items():
        if option not in ("of", "with"):
            setattr(entry, option, value)
    return entries


def _legacy(parameters: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> bytes:
    return b"".join(legacy_parts(parameters, arrays))


def legacy_parts(parameters: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> list[bytes]:
    """The five pickles and the storages."""
    write = writer(parameters, old=True)
    protocol = parameters.get("protocol", 2)
    told = parameters.get("storages", {})
    contents = {str(at): array for at, array in enumerate(arrays.values()) if told.get(str(at), "") is not None}
    parts = [*parameters.get("head", LEGACY_HEAD), description(parameters), parameters.get("keys", [*contents])]
    storages = [struct.pack("<q", told.get(key, array.size)) + array.tobytes() for key, array in contents.items()]
    return [*(write.pickle(each, protocol) for each in parts), *storages]


def _safetensors(parameters: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> bytes:
    table, numbers = safetensors_parts(parameters, arrays)
    return struct.pack("<Q", len(table)) + table + numbers


def safetensors_parts(parameters: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> tuple[bytes, bytes]:
    """The table and the numbers."""
    rows: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    names = dict(zip(SHAPES, parameters.get("names", SHAPES), strict=True))
    at = 0
    for name, array in arrays.items():
        kind = TABLE_NAMES[kind_of(name, parameters)]
        rows[names[name]] = {"dtype": kind, "shape": array.shape, "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    for name, changes in parameters.get("rows", {}).items():
        rows[name] = {**rows.get(name, {}), **changes}
    table = parameters.get("table", "").encode() or json.dumps(rows).encode()
    return table, b"".join(array.tobytes() for array in arrays.values())


def _pickle(parameters: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> bytes:
    return writer(parameters).pickle(description(parameters), parameters.get("protocol", 2))


FORMS = {"zip": _zip, "legacy": _legacy, "safetensors": _safetensors, "pickle": _pickle}
