"""What the grader makes of one input: everything between the bytes of a file and its canonical weights."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from types import ModuleType
from typing import Any

import numpy as np

from grader.checking import values
from grader.errors import GraderFault, Refusal
from grader.evaluating.exact import ExactNetwork
from grader.evaluating.onnx_runtime import Engine
from grader.facts import Shape
from grader.networks.graph import bind
from grader.reading import job, onnx_files, storage, stored, torch_files
from grader.reading.signatures import is_archive, recognise
from tests.corpus.cases import definition_of
from tests.fuzz import mutations, onnx_mutations, torch_mutations

MAX_BYTES = 1 << 22


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of input: how it is made from a seed and a number, whose rules it must meet, and what reads its arrays."""

    name: str
    make: Callable[[int, int], bytes]
    file_format: str
    competition: str
    arrays: tuple[ModuleType, str]


KINDS = {
    "h5": Kind("h5", mutations.make, "keras-h5", "corpus", (storage, "read_arrays")),
    "torch": Kind("torch", torch_mutations.make, "pytorch", "corpus-torch", (torch_files, "read_arrays")),
    "onnx": Kind("onnx", onnx_mutations.make, "onnx", "corpus-onnx", (onnx_files, "read_arrays")),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """`accepted`, the code of the first problem, `memory`, or what else went wrong; and how far the input came."""

    name: str
    is_known: bool
    reached_arrays: bool

    @property
    def is_our_fault(self) -> bool:
        """Whether something was raised that is neither a refusal nor a want of memory."""
        return self.name.startswith("exception")


def examine(data: bytes, kind: Kind) -> Outcome:
    """The outcome for one file, with the jail's own steps done in this process."""
    with _watched(kind) as reached:
        name = _judge(data, kind)
    return Outcome(name, recognise(data, "", kind.file_format) is None, bool(reached))


def _judge(data: bytes, kind: Kind) -> str:
    try:
        arguments: dict[str, object] = {"format": kind.file_format}
        if kind.file_format == "pytorch" and is_archive(data):
            contents = stored.contents_from_answer(*job.answer(data, MAX_BYTES, {**arguments, "task": "contents"}))
            arguments |= {"member": contents.members[0].name} if contents.members else {}
        found = stored.from_answer(*job.answer(data, MAX_BYTES, arguments))
        rules = definition_of(kind.competition)
        fitted = rules.fit(found)
        weights, findings = values.canonical(fitted.arrays, fitted.slots)
        problems = [*fitted.problems, *findings]
        if fitted.network is not None and found.graph is not None:
            problems += rules.grading.limits.findings(fitted.network)
            if not problems:
                run(bind(fitted.network, weights), rules.input_shape, rules.classes)
    except Refusal as refusal:
        return refusal.findings[0].code
    except MemoryError:
        return "memory"
    except Exception as error:
        return f"exception {type(error).__name__}: {error}"[:200].replace("\n", " ")
    return problems[0].code if problems else "accepted"


def run(model: bytes, shape: Shape, classes: int) -> None:
    """Raises where an engine does not take a network that was drawn, or the float64 pass gives it another shape."""
    image = np.linspace(-1, 1, 2 * prod(shape), dtype=np.float32).reshape(2, *shape)
    for logits in (Engine(model).logits(image), ExactNetwork(model).logits(image)):
        if logits.shape != (2, classes):
            raise GraderFault(f"logits of shape {logits.shape}")


@contextmanager
def _watched(kind: Kind) -> Iterator[list[bool]]:
    """A list that is no longer empty once arrays are read."""
    module, name = kind.arrays
    original: Callable[..., Any] = getattr(module, name)
    reached: list[bool] = []

    def read_arrays(*arguments: Any) -> Any:
        reached.append(True)
        return original(*arguments)

    setattr(module, name, read_arrays)
    try:
        yield reached
    finally:
        setattr(module, name, original)
