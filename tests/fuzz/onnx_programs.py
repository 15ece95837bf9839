"""Random programs for the corpus' maker of ONNX files: networks that chain, and networks with something that is not so."""

import random
from typing import Any

from grader.networks.onnx_drawing import SUPPORTED

NUMBERS = (0, 1, 2, 3, 4, 8, 9, 24, 64, 65, 1 << 20, (1 << 31) - 1, 1 << 31, (1 << 63) - 1, -1, -2, -(1 << 63))
FLOATS = (0.0, -0.0, 0.5, -1.0, 6.0, 1e-42, 3e38, float("inf"), float("-inf"), float("nan"))
TYPES = (0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 13, 16, 17, 99)
WAYS = ("raw", "floats", "ints", "ints32", "doubles", "nothing")
NAMES = (
    *("axis", "axes", "perm", "kernel_shape", "pads", "strides", "dilations", "group", "alpha", "epsilon", "keepdims"),
    *(
        "transA",
        "transB",
        "to",
        "mode",
        "auto_pad",
        "ceil_mode",
        "value",
        "value_float",
        "value_ints",
        "split",
        "start",
    ),
)
UNKNOWN = ("If", "Loop", "Sin", "Sqrt", "LSTM", "BitShift", "RandomNormal", "DequantizeLinear", "NoSuchOperator")
IMAGE: list[tuple[str, dict[str, Any], list[str]]] = [
    ("Relu", {}, []),
    ("LeakyRelu", {"alpha": 0.25}, []),
    ("Elu", {"alpha": 0.5}, []),
    ("HardSwish", {}, []),
    ("Gelu", {"approximate": "tanh"}, []),
    ("Sigmoid", {}, []),
    ("Neg", {}, []),
    ("Abs", {}, []),
    ("Clip", {}, ["onnx::least", "onnx::most"]),
    ("Mul", {}, ["by.weight"]),
    ("Add", {}, ["onnx::half"]),
    ("Sub", {}, ["by.weight"]),
    ("Div", {}, ["onnx::half"]),
    ("Pow", {}, ["onnx::two"]),
    ("PRelu", {}, ["slope.weight"]),
    ("BatchNormalization", {"epsilon": 0.001}, ["bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"]),
    ("InstanceNormalization", {}, ["bn.weight", "bn.bias"]),
    ("LayerNormalization", {"axis": -1}, ["ln.weight", "ln.bias"]),
    ("MaxPool", {"kernel_shape": [1, 1]}, []),
    ("AveragePool", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}, []),
    ("Transpose", {"perm": [0, 1, 3, 2]}, []),
    ("Pad", {}, ["pads"]),
    ("Slice", {}, ["from", "to", "axis"]),
    ("Reshape", {}, ["target"]),
    ("Squeeze", {}, []),
    ("Unsqueeze", {}, ["axis"]),
    ("Cast", {"to": 1}, []),
    ("Identity", {}, []),
    ("Softmax", {"axis": 1}, []),
]
"""Operators that keep an image what it is, mostly, with what they take beside it."""
BESIDE: dict[str, dict[str, Any]] = {
    "onnx::least": {"dims": [], "values": 0},
    "onnx::most": {"dims": [], "values": 6},
    "onnx::half": {"dims": [], "values": 0.5},
    "onnx::two": {"dims": [], "values": 2},
    "by.weight": {"dims": [1, 4, 4]},
    "slope.weight": {"dims": [1, 1, 1]},
    **{f"bn.{name}": {"dims": [1]} for name in ("weight", "bias", "running_mean")},
    "bn.running_var": {"dims": [1], "values": 1.5},
    "ln.weight": {"dims": [4]},
    "ln.bias": {"dims": [4]},
    "pads": {"dims": [8], "type": 7, "values": [0, 0, 1, 0, 0, 0, -1, 0]},
    "from": {"dims": [1], "type": 7, "values": 0},
    "to": {"dims": [1], "type": 7, "values": 4},
    "axis": {"dims": [1], "type": 7, "values": 2},
    "target": {"dims": [4], "type": 7, "values": [-1, 1, 4, 4]},
}


def draw(chance: random.Random) -> dict[str, Any]:
    """A program; about half of them are honest."""
    chosen = [chance.choice(IMAGE) for _ in range(chance.choice((0, 0, 1, 1, 2, 3, 6)))]
    before = [[operator, dict(attributes), list(beside)] for operator, attributes, beside in chosen]
    program: dict[str, Any] = {
        "before": before,
        "tensors": {name: dict(BESIDE[name]) for each in before for name in each[2]},
    }
    if chance.random() < 0.2:
        program["then"] = [[chance.choice(("Softmax", "LogSoftmax", "Identity", "Relu", "Flatten")), {}]]
    for _ in range(chance.choice((0, 0, 1, 1, 2, 4))):
        chance.choice(LIES)(program, chance)
    return program


def _another_attribute(program: dict[str, Any], chance: random.Random) -> None:
    if program["before"]:
        attributes = chance.choice(program["before"])[1]
        name = chance.choice((*NAMES, *attributes))
        attributes[name] = chance.choice(
            (
                chance.choice(NUMBERS),
                float(chance.choice(FLOATS)),
                [chance.choice(NUMBERS) for _ in range(chance.randrange(6))],
                chance.choice(("linear", "SAME_UPPER", "reflect", "\0")),
                {"tensor": {"dims": [chance.choice(NUMBERS[:6])], "type": chance.choice(TYPES)}},
            )
        )


def _another_tensor(program: dict[str, Any], chance: random.Random) -> None:
    name = chance.choice((*program["tensors"], "conv.weight", "conv.bias", "fc.weight", "fc.bias", "another"))
    told = program["tensors"].setdefault(name, {})
    way = chance.randrange(5)
    if way == 0:
        told["dims"] = [chance.choice(NUMBERS) for _ in range(chance.randrange(6))]
    elif way == 1:
        told["type"] = chance.choice(TYPES)
    elif way == 2:
        told["as"] = chance.choice(WAYS)
    elif way == 3:
        told["values"] = chance.choice((*FLOATS, 0, 1, 2, 3))
    else:
        told["name"] = chance.choice((*program["tensors"], "images", "", "convolved", "new"))


def _another_operator(program: dict[str, Any], chance: random.Random) -> None:
    node = [chance.choice((*SUPPORTED, *UNKNOWN)), {}, chance.sample([*program["tensors"], "images", ""], 1)]
    program["before"].insert(chance.randrange(len(program["before"]) + 1), node)


def _another_input(program: dict[str, Any], chance: random.Random) -> None:
    if program["before"]:
        chance.choice(program["before"])[2].append(chance.choice(("images", "fc.weight", "fc.bias", "nobody", "")))


def _another_frame(program: dict[str, Any], chance: random.Random) -> None:
    way = chance.randrange(4)
    if way == 0:
        program["inputs"] = [["images", chance.choice(TYPES), [chance.choice((None, 1, 4, 16, -1)) for _ in range(4)]]]
    elif way == 1:
        program["outputs"] = chance.sample(["logits", "images", "convolved", "fc.bias"], chance.randrange(3))
    elif way == 2:
        program["opsets"] = [[chance.choice(("", "ai.onnx", "x")), chance.choice((7, 13, 17, 24, 25))]]
    else:
        where = chance.choice(("model", "graph"))
        program["extra"] = {where: [[chance.randrange(1, 30), chance.choice(("", 7, "text", [[1, "a"]]))]]}


LIES = (
    *(_another_attribute, _another_attribute, _another_tensor, _another_tensor),
    *(_another_operator, _another_input, _another_frame),
)
