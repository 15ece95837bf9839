"""The layouts of a weight file by name, for the side that reads them and the side that is told."""

from enum import StrEnum


class Layout(StrEnum):
    """The layouts of a weight file, as a report names them."""

    LEGACY = "keras-legacy"
    VARS = "keras-vars"
    VARS_2_12 = "keras-vars-2.12"
    TORCH = "torch-state-dict"
    TORCH_LEGACY = "torch-legacy"
    TORCH_MODULE = "torch-module"
    SAFETENSORS = "safetensors"
    ONNX = "onnx"

    @property
    def ordered(self) -> bool:
        """Whether the file says in which order its layers stand in the network."""
        return self in (Layout.LEGACY, Layout.TORCH, Layout.TORCH_LEGACY, Layout.TORCH_MODULE)
