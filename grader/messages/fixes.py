"""The lines of Keras or PyTorch that mend a file, by the code of its problem."""

from collections.abc import Mapping

KERAS_SAVE = 'model.save_weights("my_model_weights.h5")    # Keras 3: "my_model_weights.weights.h5"'
TORCH_SAVE = 'torch.save(model.state_dict(), "model.pt")'
ONNX_SAVE = """torch.onnx.export(model.eval(), torch.zeros(1, 3, 224, 224), "model.onnx",    # your image's shape
                  dynamo=False, opset_version=17, do_constant_folding=False,
                  training=torch.onnx.TrainingMode.PRESERVE)"""
KERAS_MASK = """for layer in model.layers:                       # set weights to zero; keep every array at its full size
    weights = layer.get_weights()
    masks = [abs(array) > threshold for array in weights]
    layer.set_weights([array * mask for array, mask in zip(weights, masks)])"""
TORCH_MASK = """with torch.no_grad():                            # set weights to zero; keep every tensor at its full size
    for tensor in model.parameters():
        tensor *= tensor.abs() > threshold"""
TORCH_PRUNE = (
    """from torch.nn.utils import prune
for module in model.modules():
    for name in [each[:-5] for each, _ in module.named_parameters(recurse=False) if each.endswith("_orig")]:
        prune.remove(module, name)
"""
    + TORCH_SAVE
)
KERAS_FLOAT = """import numpy as np
assert all(np.isfinite(array).all() for array in model.get_weights())    # else load an earlier epoch"""
TORCH_FLOAT = (
    "assert all(torch.isfinite(tensor).all() for tensor in model.state_dict().values())    # else load an earlier epoch"
)
TORCH_FLOATS_ALONE = """state = {name: tensor.float() for name, tensor in model.state_dict().items() if tensor.is_floating_point()}
torch.save(state, "model.pt")                    # what holds whole numbers is left out: it is no weight"""
TORCH_BEFORE = "# before convert() or quantize_dynamic(), which leave no weights that are floats\n" + TORCH_SAVE
TORCH_DENSE = (
    'state = {name: tensor.to_dense() for name, tensor in model.state_dict().items()}\ntorch.save(state, "model.pt")'
)
KERAS_STRIP = (
    "import tensorflow_model_optimization as tfmot\nmodel = tfmot.sparsity.keras.strip_pruning(model)\n" + KERAS_SAVE
)
KERAS_LOOK = "model.summary()    # compare with the network on the competition's page, layer by layer"
TORCH_LOOK = """for name, tensor in model.state_dict().items():
    print(name, tuple(tensor.shape))             # compare with the competition's page"""

_SAVE = {"keras-h5": KERAS_SAVE, "pytorch": TORCH_SAVE, "onnx": ONNX_SAVE}
_LOOK = {"keras-h5": KERAS_LOOK, "pytorch": TORCH_LOOK}
_SAVED_OTHERWISE = (
    *("empty-file", "git-lfs-pointer", "html-page", "text-file", "compressed-file", "zip-archive", "keras-archive"),
    *("pytorch-checkpoint", "python-pickle", "numpy-file", "other-model", "tensorflow-checkpoint", "saved-model"),
    *("not-hdf5", "keras-weights", "not-pytorch", "pytorch-not-text", "pytorch-not-compressed", "pytorch-not-keras"),
    *("pytorch-not-pickle", "pytorch-not-numpy", "pytorch-not-other-model", "pytorch-not-tensorflow"),
    *("pytorch-not-saved-model", "pytorch-tar", "torchscript", "no-state-dict", "several-state-dicts", "not-onnx"),
    *(
        "onnx-instead",
        "onnx-external-data",
        "h5-truncated",
        "h5-damaged",
        "h5-layout",
        "h5-no-weights",
        "pickle-damaged",
    ),
    "order-untold",
    *("checkpoint-packed", "legacy-truncated", "safetensors-truncated", "h5-filter", "onnx-training", "module-odd"),
)
_OTHER_NETWORK = (
    "layer-count",
    "missing-layer",
    "extra-layer",
    "layer-order",
    "missing-array",
    "extra-array",
    "unknown-layer",
)

FIXES: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(_SAVED_OTHERWISE, _SAVE),
    **dict.fromkeys(_OTHER_NETWORK, _LOOK),
    "shape-mismatch": {"keras-h5": KERAS_MASK, "pytorch": TORCH_MASK},
    "not-finite": {"keras-h5": KERAS_FLOAT, "pytorch": TORCH_FLOAT, "onnx": TORCH_FLOAT},
    "pruning-wrapper": {"keras-h5": KERAS_STRIP},
    "torch-pruned": {"pytorch": TORCH_PRUNE},
    "tensor-dtype": {"pytorch": TORCH_FLOATS_ALONE},
    "tensor-quantised": {"pytorch": TORCH_BEFORE},
    "tensor-sparse": {"pytorch": TORCH_DENSE},
}
"""Code -> format of the competition's file -> lines. What has none is mended by what its hint says."""


def fix(code: str, file_format: str) -> str:
    """The lines for a problem, empty where there are none."""
    return FIXES.get(code, {}).get(file_format, "")
