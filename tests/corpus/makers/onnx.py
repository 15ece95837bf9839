"""ONNX files by program, without onnx: a small network, what differs in it, and anything beside it.

The network is Conv(1 to 2 filters of 3x3), Relu, Flatten, Gemm(8 to 3): 47 parameters, for images of 1 x 4 x 4.

Keys of a program, all optional:

    nodes      the nodes in place of the network's, each `[operator, inputs, outputs, attributes, more]`; `more` may have
               `name`, `domain` and `extra`
    then       nodes that follow the network's logits, `[operator, attributes, inputs beside]`, one after the other
    times      how often those nodes follow
    before     the same, before the first node
    tensors    name -> what is changed of an array or added: `dims`, `type` (a number), `values` (one for all, or a list),
               `as` (raw, floats, ints32, ints, doubles, nothing), `name`, `extra`; null leaves it out
    opsets     pairs of domain and version; the default is ["", 17]
    inputs     `[name, type, sizes]` of each input; a size of null is named
    outputs    names
    extra      fields beside the others: of the `model`, the `graph`; each `[number, value]`, or `[number, {hex: ...}]`
    edits      edits of the bytes, see `edits`
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from grader.facts import AnyArray
from tests.corpus.makers import edits
from tests.corpus.makers.onnx_wire import Fields, message, packed

SHAPES = {"conv.weight": (2, 1, 3, 3), "conv.bias": (2,), "fc.weight": (3, 8), "fc.bias": (3,)}
NODES: list[list[Any]] = [
    ["Conv", ["images", "conv.weight", "conv.bias"], ["convolved"], {"kernel_shape": [3, 3]}],
    ["Relu", ["convolved"], ["rectified"]],
    ["Flatten", ["rectified"], ["features"], {"axis": 1}],
    ["Gemm", ["features", "fc.weight", "fc.bias"], ["logits"], {"transB": 1}],
]
TYPES: Mapping[int, str] = {1: "<f4", 2: "<u1", 3: "<i1", 6: "<i4", 7: "<i8", 9: "?", 10: "<f2", 11: "<f8", 13: "<u8"}


def make(parameters: Mapping[str, Any], seed: int) -> bytes:
    """The bytes of the file."""
    data = message(model_of(parameters, seed))
    for edit in parameters.get("edits", []):
        data = edits.apply(data, edit)
    return data


def model_of(parameters: Mapping[str, Any], seed: int) -> list[tuple[int, Any]]:
    """The model as nested lists of fields."""
    opsets = parameters.get("opsets", [["", 17]])
    fields: list[tuple[int, Any]] = [(1, 8), (2, "corpus"), (7, _graph(parameters, seed))]
    fields += [(8, [(1, domain), (2, version)]) for domain, version in opsets]
    return [*fields, *_fields(parameters.get("extra", {}).get("model", []))]


def _graph(parameters: Mapping[str, Any], seed: int) -> Fields:
    nodes, output = _around(parameters)
    inputs = parameters.get("inputs", [["images", 1, [None, 1, 4, 4]]])
    fields: list[tuple[int, Any]] = []
    seen: Counter[str] = Counter()
    for operator, *rest in nodes:  # named as torch names them
        name = f"/{operator}_{seen[operator]}" if seen[operator] else f"/{operator}"
        fields.append((1, _node(name, operator, *rest)))
        seen[operator] += 1
    fields.append((2, "network"))
    fields += [(5, tensor) for tensor in _tensors(parameters.get("tensors", {}), seed)]
    fields += [(11, _value(*each)) for each in inputs]
    fields += [(12, _value(name, 1, [None, 3])) for name in parameters.get("outputs", [output])]
    return [*fields, *_fields(parameters.get("extra", {}).get("graph", []))]


def _around(parameters: Mapping[str, Any]) -> tuple[list[list[Any]], str]:
    """The nodes with those before and after them, and the name of what comes out."""
    nodes = [list(node) for node in parameters.get("nodes", NODES)]
    last = nodes[-1][2][0] if nodes else "logits"
    first: list[list[Any]] = []
    taken = "images"
    for number, (operator, *rest) in enumerate(parameters.get("before", [])):
        first.append([operator, [taken, *(rest[1] if len(rest) > 1 else [])], [f"before{number}"], *rest[:1]])
        taken = f"before{number}"
    for node in nodes if first else []:
        node[1] = [taken if name == "images" else name for name in node[1]]
    for number, (operator, *rest) in enumerate(parameters.get("then", []) * parameters.get("times", 1)):
        nodes.append([operator, [last, *(rest[1] if len(rest) > 1 else [])], [f"then{number}"], *rest[:1]])
        last = f"then{number}"
    return [*first, *nodes], last


def _node(
    name: str,
    operator: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    attributes: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Fields:
    more = more or {}
    fields: list[tuple[int, Any]] = [(1, name) for name in inputs] + [(2, name) for name in outputs]
    fields += [(3, more.get("name", name)), (4, operator)]
    fields += [(5, _attribute(key, value)) for key, value in (attributes or {}).items()]
    fields += [(7, more["domain"])] if "domain" in more else []
    return [*fields, *_fields(more.get("extra", []))]


def _attribute(name: str, value: Any) -> Fields:
    if isinstance(value, Mapping) and "tensor" in value:
        return [(1, name), (5, _tensor("", value["tensor"], np.random.default_rng(0))), (20, 4)]
    if isinstance(value, Mapping):
        return [(1, name), *_fields(value["fields"])]
    if isinstance(value, list):
        whole = all(isinstance(each, int) for each in value)
        return [(1, name), *((8 if whole else 7, each) for each in value), (20, 7 if whole else 6)]
    kinds: dict[type, tuple[int, int]] = {int: (3, 2), float: (2, 1), str: (4, 3)}
    number, kind = kinds[type(value)]
    return [(1, name), (number, value), (20, kind)]


def _tensors(changes: Mapping[str, Any], seed: int) -> Iterable[Fields]:
    random = np.random.default_rng(seed)
    told: dict[str, Any] = {name: {"dims": list(shape)} for name, shape in SHAPES.items()}
    for name, change in changes.items():
        told[name] = None if change is None else {**told.get(name, {}), **change}
    return [_tensor(name, each, random) for name, each in told.items() if each is not None]


def _tensor(name: str, told: Mapping[str, Any], random: np.random.Generator) -> Fields:
    """A tensor; its numbers are multiples of a quarter, of which about a ninth is zero, unless `values` are given."""
    dims, kind = told.get("dims", []), told.get("type", 1)
    drawn = (
        random.integers(-4, 5, int(np.prod(dims, dtype=np.int64)) if 0 <= np.prod(dims, dtype=float) < 1e5 else 1) / 4
    )
    numbers = np.resize(np.asarray(told["values"], np.float64), len(drawn)) if "values" in told else drawn
    fields: list[tuple[int, Any]] = [(1, size) for size in dims]
    fields += [(2, kind), (8, told.get("name", name))]
    with np.errstate(all="ignore"):  # a file may say that infinity is a whole number
        content = _content(numbers, kind, told.get("as", "raw"))
    return [*fields, *content, *_fields(told.get("extra", []))]


def _content(numbers: AnyArray, kind: int, way: str) -> Fields:
    if way == "raw":
        return [(9, _raw(numbers, kind))]
    ways: dict[str, Fields] = {
        "nothing": [],
        "floats": [(4, numbers.astype("<f4").tobytes())],
        "ints32": [(5, packed(numbers.astype(np.int64).tolist()))],
        "ints": [(7, packed(numbers.astype(np.int64).tolist()))],
        "doubles": [(10, numbers.astype("<f8").tobytes())],
    }
    return ways[way]


def _raw(numbers: AnyArray, kind: int) -> bytes:
    if kind == 16:  # the upper half of each float32
        return (numbers.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
    return numbers.astype(TYPES.get(kind, "<f4")).tobytes()


def _value(name: str, kind: int, sizes: Sequence[int | None]) -> Fields:
    dims = [(1, [(2, "n") if size is None else (1, size)]) for size in sizes]
    return [(1, name), (2, [(1, [(1, kind), (2, dims)])])]


def _fields(told: Iterable[Sequence[Any]]) -> list[tuple[int, Any]]:
    """Fields as a case writes them: a number and a value, which is a list for a message within."""
    return [(int(number), _told(value)) for number, value in told]


def _told(value: Any) -> Any:
    if isinstance(value, Mapping):
        return edits.content_of(value)
    return _fields(value) if isinstance(value, list) else value
