"""What comes of holding a file's arrays against a definition."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader import messages
from grader.errors import Finding
from grader.facts import AnyArray, Note, Slot
from grader.networks.graph import Network

MAX_NAMES = 12  # in one sentence


@dataclass(frozen=True, slots=True)
class Fit:
    """The network that a file's weights are for, None where that cannot be told, and its arrays by slot name.

    `slots` name the arrays in the network's order, or, where there is no network, as the file names them. `derived` is
    what the definition left open and no shape tells by itself, one text for each, so that it can be part of a digest.
    """

    network: Network | None
    slots: tuple[Slot, ...]
    arrays: Mapping[str, AnyArray]
    problems: tuple[Finding, ...]
    notes: tuple[Note, ...] = ()
    derived: tuple[str, ...] = ()


def cast_notes(arrays: Mapping[str, AnyArray]) -> Iterator[Note]:
    """A remark for each type of number that is not float32."""
    for kind in sorted({array.dtype.name for array in arrays.values()} - {"float32"}):
        count = sum(array.dtype.name == kind for array in arrays.values())
        yield messages.note("cast-to-float32", where=str(count), got=kind)


def names_of(names: Sequence[str]) -> str:
    """The first names in one sentence, and how many more there are."""
    more = [f"and {len(names) - MAX_NAMES} more"] if len(names) > MAX_NAMES else []
    return ", ".join([*names[:MAX_NAMES], *more])
