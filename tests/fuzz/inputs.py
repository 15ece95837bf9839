"""What the grader makes of one input: everything between the bytes of a file and its canonical weights."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grader.checking import architecture, values
from grader.errors import Refusal
from grader.reading import job, storage, stored
from grader.reading.signatures import HDF5
from tests.corpus.cases import definition_of

MAX_BYTES = 1 << 22


@dataclass(frozen=True, slots=True)
class Outcome:
    """`accepted`, the code of the first problem, `memory`, or what else went wrong; and how far the input came."""

    name: str
    is_hdf5: bool
    reached_arrays: bool

    @property
    def is_our_fault(self) -> bool:
        """Whether something was raised that is neither a refusal nor a want of memory."""
        return self.name.startswith("exception")


def examine(data: bytes) -> Outcome:
    """The outcome for one file, with the jail's own steps done in this process."""
    reached = [False]
    original = storage.read_arrays
    storage.read_arrays = _telling(original, reached)
    try:
        name = _judge(data)
    finally:
        storage.read_arrays = original
    return Outcome(name, data.startswith(HDF5), reached[0])


def _judge(data: bytes) -> str:
    try:
        found = stored.from_answer(*job.read(data, MAX_BYTES))
        network = definition_of("corpus").network
        matched = architecture.match(found, network.layers)
        _, findings = values.canonical(matched.arrays, network.slots)
    except Refusal as refusal:
        return refusal.findings[0].code
    except MemoryError:
        return "memory"
    except Exception as error:
        return f"exception {type(error).__name__}: {error}"[:200].replace("\n", " ")
    problems = [*matched.problems, *findings]
    return problems[0].code if problems else "accepted"


def _telling(read: Callable[..., Any], reached: list[bool]) -> Callable[..., Any]:
    def read_arrays(*arguments: Any) -> Any:
        reached[0] = True
        return read(*arguments)

    return read_arrays
