"""The messages of an ONNX file, each with the fields that are read, passed over, or refused.

Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, IR version 13. What is no field here is refused, too.
"""

from grader.reading.protobuf import Field, Forbidden, Kind, Message

SKIPPED = Field("notes", Kind.SKIPPED)
"""Documentation, and what tools say about themselves: neither read nor kept."""

TENSOR: Message = {
    1: Field("dims", Kind.INTS),
    2: Field("data_type", Kind.INT),
    3: Field("segment", Forbidden("onnx-segment")),
    4: Field("float_data", Kind.FLOATS),
    5: Field("int32_data", Kind.INTS),
    6: Field("string_data", Forbidden("onnx-strings")),
    7: Field("int64_data", Kind.INTS),
    8: Field("name", Kind.TEXT),
    9: Field("raw_data", Kind.BYTES),
    10: Field("double_data", Kind.DOUBLES),
    11: Field("uint64_data", Kind.INTS),
    12: SKIPPED,
    13: Field("external_data", Forbidden("onnx-external-data")),
    14: Field("data_location", Kind.INT),
    16: SKIPPED,
}

ATTRIBUTE: Message = {
    1: Field("name", Kind.TEXT),
    2: Field("f", Kind.FLOAT),
    3: Field("i", Kind.INT),
    4: Field("s", Kind.BYTES),
    5: Field("t", TENSOR),
    6: Field("g", Forbidden("onnx-subgraph")),
    7: Field("floats", Kind.FLOATS),
    8: Field("ints", Kind.INTS),
    9: Field("strings", Forbidden("onnx-strings")),
    10: Field("tensors", Forbidden("onnx-subgraph")),
    11: Field("graphs", Forbidden("onnx-subgraph")),
    13: SKIPPED,
    14: Field("tp", Forbidden("onnx-subgraph")),
    15: Field("type_protos", Forbidden("onnx-subgraph")),
    20: Field("type", Kind.INT),
    21: Field("ref_attr_name", Forbidden("onnx-functions")),
    22: Field("sparse_tensor", Forbidden("onnx-sparse")),
    23: Field("sparse_tensors", Forbidden("onnx-sparse")),
}

NODE: Message = {
    1: Field("input", Kind.TEXT, many=True),
    2: Field("output", Kind.TEXT, many=True),
    3: Field("name", Kind.TEXT),
    4: Field("op_type", Kind.TEXT),
    5: Field("attribute", ATTRIBUTE, many=True),
    6: SKIPPED,
    7: Field("domain", Kind.TEXT),
    8: Field("overload", Kind.TEXT),
    9: SKIPPED,
    10: SKIPPED,
}

DIMENSION: Message = {
    1: Field("dim_value", Kind.INT),
    2: Field("dim_param", Kind.SKIPPED),
    3: SKIPPED,
}

VALUE: Message = {
    1: Field("name", Kind.TEXT),
    2: Field(
        "type",
        {
            1: Field(
                "tensor_type",
                {
                    1: Field("elem_type", Kind.INT),
                    2: Field("shape", {1: Field("dim", DIMENSION, many=True)}),
                },
            ),
            4: Field("sequence_type", Forbidden("onnx-no-image")),
            5: Field("map_type", Forbidden("onnx-no-image")),
            6: SKIPPED,
            8: Field("sparse_tensor_type", Forbidden("onnx-no-image")),
            9: Field("optional_type", Forbidden("onnx-no-image")),
        },
    ),
    3: SKIPPED,
    4: SKIPPED,
}

GRAPH: Message = {
    1: Field("node", NODE, many=True),
    2: Field("name", Kind.SKIPPED),
    5: Field("initializer", TENSOR, many=True),
    10: SKIPPED,
    11: Field("input", VALUE, many=True),
    12: Field("output", VALUE, many=True),
    13: SKIPPED,
    14: Field("quantization_annotation", Forbidden("onnx-quantised")),
    15: Field("sparse_initializer", Forbidden("onnx-sparse")),
    16: SKIPPED,
}

MODEL: Message = {
    1: Field("ir_version", Kind.INT),
    2: SKIPPED,
    3: SKIPPED,
    4: SKIPPED,
    5: SKIPPED,
    6: SKIPPED,
    7: Field("graph", GRAPH),
    8: Field("opset_import", {1: Field("domain", Kind.TEXT), 2: Field("version", Kind.INT)}, many=True),
    14: SKIPPED,
    20: Field("training_info", Forbidden("onnx-training")),
    25: Field("functions", Forbidden("onnx-functions")),
    26: SKIPPED,
}
