"""The operators that an ONNX graph may be made of where they depend on the image, with what draws each of them.

Collected from what exporters write: see the table in docs/instructors.md.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from grader.networks import onnx_elementwise as each
from grader.networks import onnx_layers as layer
from grader.networks import onnx_norms as norm
from grader.networks import onnx_shaping as shape
from grader.networks.draft import Value
from grader.networks.onnx_nodes import Node, Stack
from grader.networks.onnx_sketch import Sketch

Draw: TypeAlias = Callable[[Sketch, Node], Value | Stack | Sequence[Value]]

DRAWN: Mapping[str, Draw] = {
    **{name: each.joined(name) for name in ("Add", "Max", "Min", "Mul", "Sub")},
    **{name: each.by(name) for name in ("Erf", "HardSwish", "Relu", "Sigmoid", "Softplus", "Softsign", "Tanh")},
    **dict.fromkeys(("Dropout", "Identity"), each.same),
    "Abs": each.magnitude,
    "AveragePool": layer.average_pool,
    "BatchNormalization": norm.batch_normalization,
    "Cast": each.cast,
    "Clip": each.clip,
    "Concat": shape.concat,
    "Conv": layer.conv,
    "Div": each.div,
    "Elu": each.by("Elu", alpha=1.0),
    "Flatten": shape.flatten,
    "Gelu": each.gelu,
    "Gemm": layer.gemm,
    "Gather": shape.gather,
    "GlobalAveragePool": shape.over_image("GlobalAveragePool"),
    "GlobalMaxPool": shape.over_image("GlobalMaxPool"),
    "HardSigmoid": each.by("HardSigmoid", alpha=0.2, beta=0.5),
    "InstanceNormalization": norm.instance_normalization,
    "LayerNormalization": norm.layer_normalization,
    "LeakyRelu": each.by("LeakyRelu", alpha=0.01),
    "MatMul": layer.matmul,
    "MaxPool": layer.max_pool,
    "Mish": each.activation("mish"),
    "Neg": each.negated,
    "PRelu": each.prelu,
    "Pad": shape.pad,
    "Pow": each.power,
    "ReduceMax": shape.reduced("GlobalMaxPool"),
    "ReduceMean": shape.reduced("GlobalAveragePool"),
    "Reshape": shape.reshape,
    "Resize": layer.resize,
    "Selu": each.by("Selu", alpha=1.67326319217681884765625, gamma=1.05070102214813232421875),
    "Slice": shape.cut,
    "Softmax": each.softmax,
    "Split": shape.split,
    "Squeeze": shape.squeeze,
    "Transpose": shape.transpose,
    "Unsqueeze": shape.unsqueeze,
}
"""Operator of an exported graph -> what draws it with the operators that we evaluate."""
