"""ONNX files: what is not read, what is not evaluated, and what to do instead."""

from collections.abc import Mapping

from grader.messages.sentence import Sentence

EXPORT = "Export the trained network with torch.onnx.export, as the help page shows, for one image of the assignment's shape."
_PLAIN = "Leave it out of the network, and export again."

INSTEAD: Mapping[str, str] = {
    **dict.fromkeys(("ArgMax", "TopK", "Hardmax"), "end the network with its logits; the grader takes the largest"),
    **dict.fromkeys(("If", "Loop", "Scan"), "export a network without branches and loops that depend on its input"),
    **dict.fromkeys(("LSTM", "GRU", "RNN"), "use convolutions and dense layers"),
    **dict.fromkeys(
        ("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"),
        "call model.eval() before the export; a network must give the same answer each time",
    ),
    **dict.fromkeys(
        ("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul", "ConvInteger"),
        "export the network in float32, before it is quantised",
    ),
    **dict.fromkeys(
        ("BitShift", "BitwiseAnd", "BitwiseOr", "Mod", "Floor", "Round", "Ceil"), "keep weights as they are"
    ),
    **dict.fromkeys(
        ("SplitToSequence", "SequenceAt", "ConcatFromSequence"),
        "write slices, x[:, :8], in place of chunk or split, or export with optimize=True",
    ),
    **dict.fromkeys(("ReduceSum", "Mean", "Sum", "ReduceProd", "ReduceL2"), "use a mean over height and width, or +"),
    "LogSoftmax": "it is left out at the end; elsewhere use Softmax",
    "Scatter": "use convolutions, pooling and concatenation",
}
"""Operator -> what to do without it."""


def advice(operator: str) -> str:
    """What to do instead of an operator that is not supported."""
    return INSTEAD.get(operator, "use layers of the list in the students' guide")


PROBLEMS = {
    "not-onnx": Sentence(
        message="The file does not begin as an ONNX model does.",
        hint=EXPORT,
        explanation="A file may be called .onnx and hold something else, or it was damaged on its way.",
    ),
    "onnx-instead": Sentence(
        message="The file is {got}; the assignment needs the network as an ONNX model.",
        hint=EXPORT,
        explanation="Where the architecture is free, the file has to hold the network together with its weights; ONNX does.",
    ),
    "onnx-damaged": Sentence(
        message="The file is no ONNX model throughout: {where}: {got}.",
        hint="Export it again; if it was copied, compare the sizes of both files.",
        explanation="Every byte of an ONNX file belongs to a field that the format knows.",
    ),
    "onnx-segment": Sentence(
        message="The tensor {where} is split into segments, which are not read.",
        hint="Export the network again, into one file.",
        explanation="No exporter of today splits tensors.",
    ),
    "onnx-too-many-fields": Sentence(
        message="The file has more than {expected} fields.",
        hint="Export the network without notes and without shapes of all tensors.",
        explanation="A network of a thousand nodes has some twenty thousand.",
    ),
    "onnx-too-many-nodes": Sentence(
        message="The graph has {got} nodes; at most {expected} are read.",
        hint="Export with a fixed image size, so that shapes are numbers and not computed.",
        explanation="Each node is drawn again and evaluated for every image.",
    ),
    "onnx-too-many-tensors": Sentence(
        message="The file has more than {expected} tensors.",
        hint="Export with do_constant_folding=True, so that constants are put together.",
        explanation="Weights and constants are counted one by one.",
    ),
    "onnx-name": Sentence(
        message="A name in {where} cannot be shown: {got}; at most {expected} printable characters are read.",
        hint="Give layers short names in plain letters.",
        explanation="Names of tensors and nodes are shown in reports.",
    ),
    "onnx-duplicate": Sentence(
        message="The name {where} stands for two tensors.",
        hint="Export the network again; if you edited the file, give each tensor its own name.",
        explanation="Which of the two is meant would be anybody's guess.",
    ),
    "onnx-opset": Sentence(
        message="The model is of operator set {got}; {expected} are read.",
        hint="Export with opset_version=17.",
        explanation="The meaning of some operators has changed over the years; these versions are understood.",
    ),
    "onnx-domain": Sentence(
        message="The node {where} is of another domain: {got}.",
        hint="Export with the standard operators; tools that optimise for one engine write their own.",
        explanation="Only ONNX's own operators are evaluated the same everywhere.",
    ),
    "onnx-external-data": Sentence(
        message="The tensor {where} lies in another file.",
        hint="Export into one file: external_data=False in torch.onnx.export.",
        explanation="A single file is handed in, and nothing beside it is ever opened.",
    ),
    "onnx-sparse": Sentence(
        message="{where} is stored as a sparse tensor.",
        hint="Store it in full, zeros included.",
        explanation="Zeros are counted in arrays that are written out.",
    ),
    "onnx-functions": Sentence(
        message="The model defines functions of its own ({where}).",
        hint="Export with dynamo=False, or inline them: onnx.inliner.inline_local_functions(model).",
        explanation="Only the operators of the list are evaluated.",
    ),
    "onnx-training": Sentence(
        message="The model holds what training needs ({where}).",
        hint="Export the network for inference, after model.eval().",
        explanation="Nothing is trained here.",
    ),
    "onnx-subgraph": Sentence(
        message="The attribute {where} holds a graph, or a list of tensors.",
        hint="Export a network without branches and loops that depend on its input.",
        explanation="If, Loop and Scan hold graphs of their own; a loop need not end.",
    ),
    "onnx-strings": Sentence(
        message="{where} holds text.",
        hint=_PLAIN,
        explanation="Networks compute with numbers.",
    ),
    "onnx-quantised": Sentence(
        message="The graph is annotated for quantised numbers ({where}).",
        hint="Export the network in float32, before it is quantised.",
        explanation="Weights are counted and evaluated as float32.",
    ),
    "onnx-element-type": Sentence(
        message="The tensor {where} holds numbers of type {got}; {expected} are read.",
        hint="Export the network in float32.",
        explanation="Packed and quantised numbers would hide how many weights there are.",
    ),
    "onnx-integers": Sentence(
        message="The tensor {where} has {got}; whole numbers are read up to {expected}.",
        hint="Keep weights as floats; whole numbers are for shapes and axes.",
        explanation="Weights packed into whole numbers would not be counted.",
    ),
    "onnx-long-list": Sentence(
        message="{where} has {got}; at most {expected} are read.",
        hint="Keep numbers in weights; attributes are for sizes and axes.",
        explanation="Weights hidden in attributes would not be counted.",
    ),
    "onnx-tensor-size": Sentence(
        message="The tensor {where} has {got}; its shape and type need {expected}.",
        hint="Export it again; if it was copied, compare the sizes of both files.",
        explanation="A tensor's shape, its type and its bytes have to agree.",
    ),
    "onnx-empty": Sentence(
        message="The graph has no nodes.",
        hint=EXPORT,
        explanation="A graph without nodes computes nothing.",
    ),
    "onnx-inputs": Sentence(
        message="The graph has {got} inputs that are no weights; it needs one, the images.",
        hint="Export a network that takes a batch of images and nothing else.",
        explanation="The grader has images to give, and nothing beside them.",
    ),
    "onnx-outputs": Sentence(
        message="The graph has {got} outputs; it needs one, the logits.",
        hint="Return one tensor from forward, with one number for each class.",
        explanation="Of several outputs nobody could tell which one is to be judged.",
    ),
    "onnx-no-image": Sentence(
        message="The input {where} is no float32 tensor.",
        hint="Export with float32 images: torch.zeros(1, 3, 224, 224).",
        explanation="Images are scaled and go in as float32.",
    ),
    "onnx-input-shape": Sentence(
        message="The input {where} has shape {got}; a batch of 1 or of any size, and three fixed sizes are needed.",
        hint="Export with one image of the assignment's size; leave only the first axis open.",
        explanation="Channels, height and width have to be fixed, so that the work can be counted before it is done.",
    ),
    "onnx-other-images": Sentence(
        message="The input {where} takes images of shape {got}; the assignment's are {expected}: channels, height, width.",
        hint="Export for one image of that shape; from Keras with tf2onnx and --inputs-as-nchw.",
        explanation="Every network gets the same images; what it wants to shrink, it can shrink itself.",
    ),
    "onnx-operator": Sentence(
        message="The node {where} is of the operator {got}, which is not supported.",
        hint="Instead: {expected}.",
        explanation="Networks are drawn again with operators that are known to give the same answer everywhere.",
    ),
    "onnx-node": Sentence(
        message="{where}: {got}.",
        hint="Change the network at this place, and export it again with a fixed image size.",
        explanation="Each operator is supported as exporters write it for networks that judge each image by itself.",
    ),
    "onnx-unused": Sentence(
        message="Arrays that are used nowhere: {got}, with {expected} numbers; the first is {where}.",
        hint="Export the network again, without weights that it does not use.",
        explanation="Weights that do nothing would make a network look sparser than it is.",
    ),
    "onnx-classes": Sentence(
        message="The network gives {got} numbers for each image; the assignment has {expected} classes.",
        hint="Give the last layer one output for each class.",
        explanation="The largest of the outputs says which class an image is taken for.",
    ),
    "onnx-singles": Sentence(
        message="The graph holds {got} different single numbers beside its weights; at most {expected} are free.",
        hint="Use the same limits, slopes and scales throughout, or make them parameters, which are counted.",
        explanation="A number in an attribute or a constant is not counted as a parameter, so there may only be a few.",
    ),
    "batch-dependent": Sentence(
        message="Images give other logits alone than among others: they differ by {got}, and {expected} of the largest is allowed.",
        hint="Let each image be judged by itself; call model.eval() before the export.",
        explanation="A network that looks at a whole batch could tell images by each other.",
    ),
    "too-many-operations": Sentence(
        message="The network computes {got} numbers for one image beside its kernels; at most {expected} are evaluated.",
        hint="Use fewer layers where the image is still large, and smaller windows of pooling.",
        explanation="Activations and pooling take time, too; a pooling window counts once for each of its places.",
    ),
}
