"""What the grader makes of an exported network, read and held against a free architecture."""

from grader.checking import free
from grader.checking.fit import Fit
from grader.checking.free import Free
from grader.facts import Shape, StoredWeights
from grader.reading import job, stored


def read(content: bytes) -> StoredWeights:
    """The graph in an ONNX file. Raises Refusal."""
    return stored.from_answer(*job.read(content, 1 << 24, "model.onnx", "onnx"))


def fitted(content: bytes, shape: Shape, classes: int) -> Fit:
    """The network in an ONNX file, with all that is wrong."""
    return free.fit(read(content), Free(shape), classes)


def codes(fit: Fit) -> list[str]:
    """The codes of the problems, in order."""
    return [problem.code for problem in fit.problems]
