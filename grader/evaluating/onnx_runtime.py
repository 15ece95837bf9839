"""onnxruntime as an engine: float32 on the processor, on one thread unless asked for more."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read once, at import: else a thread is started that reports to its maker

import numpy as np
import onnxruntime

from grader.errors import GraderFault
from grader.facts import FloatArray
from grader.networks.graph import IMAGES

ENGINE = f"onnxruntime {onnxruntime.__version__} cpu float32"

FATAL_ONLY = 4

REWRITES_WEIGHTS = ["ConvAddFusion", "ConvBNFusion", "ConvMulFusion", "MatMul_BatchNormalization_Fusion"]
"""Optimisations that are off, since they compute another network: a product that overflows could vanish in a weight."""

TAKES_PADS = ["Pad_Fusion"]
"""Off, too: it makes a Pad the padding of the pooling behind it, where a zero is no longer among the largest numbers."""


class Engine:
    """A network that is ready to run. Raises GraderFault where onnxruntime does not take the graph."""

    def __init__(self, model: bytes, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = FATAL_ONLY
        options.add_session_config_entry("session.set_denormal_as_zero", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                model, options, providers=["CPUExecutionProvider"], disabled_optimizers=REWRITES_WEIGHTS + TAKES_PADS
            )
        except Exception as error:  # its exceptions have no common base but Exception
            raise GraderFault(f"onnxruntime does not load the network: {error}") from error

    def logits(self, images: FloatArray) -> FloatArray:
        """The logits of some images: float32, shape (images, classes)."""
        (answer,) = self._session.run(None, {IMAGES: images})
        return np.asarray(answer, np.float32)
