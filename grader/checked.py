"""One weight file against the rules: its arrays in their places, canonical, and counted."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from grader import counting, flops, limits, messages
from grader.checking import values
from grader.compaction.compacting import Compacted, Outline, compact, outline
from grader.competition import Definition
from grader.errors import Finding
from grader.facts import AnyArray, Counts, Macs, Note, Problem, Shrunk, StoredWeights, Weights
from grader.networks.graph import Network
from grader.report import Report, Status
from grader.series.plan import Plan


@dataclass(frozen=True)
class Accepted:
    """A weight file that may be evaluated: its network, its canonical weights, and what was counted of them."""

    network: Network
    weights: Weights
    counts: Counts
    names: Mapping[str, str]
    """Slot name -> the name that the array has in the student's file, its layer's and its own with a dot between."""

    @cached_property
    def outline(self) -> Outline:
        """What is left without the units that do nothing, in numbers."""
        return outline(self.network, self.weights)

    @cached_property
    def macs(self) -> Macs:
        """Multiply-accumulates for one sample."""
        return flops.macs(self.network, self.counts, self.outline)

    @cached_property
    def compacted(self) -> Compacted:
        """The network and its weights without the units that do nothing."""
        return compact(self.network, self.weights)


@dataclass(frozen=True, slots=True)
class Known:
    """What an earlier check of a file found out: SHA-256 of the file, and of its canonical weights."""

    file: str
    weights: str


@dataclass(frozen=True, slots=True)
class Checked:
    """An upload after checking: its report so far and, unless it was rejected, what was accepted.

    Of an archive that is its final weight file; `plan` says what the others are for, and `attachments` holds what is
    kept for the staff, by name.
    """

    report: Report
    accepted: Accepted | None = None
    plan: Plan | None = None
    attachments: Mapping[str, bytes] = field(default_factory=dict)


def check_weights(found: StoredWeights, definition: Definition, report: Report, *, in_full: bool = True) -> Checked:
    """A weight file's arrays after checking, with every problem at once.

    Without `in_full` nothing is found out beyond that and the counts; what is told beside them takes as long again.
    """
    fitted = definition.fit(found)
    network = fitted.network
    report = replace(report, layout=found.layout, notes=(*found.notes, *fitted.notes))
    weights, findings = values.canonical(fitted.arrays, fitted.slots)
    heavy = definition.grading.limits.findings(network) if network and definition.exact is None else ()
    problems = [*fitted.problems, *findings, *heavy]
    if problems or network is None:
        if network is not None and not fitted.problems and not findings:
            # a network that is only too large or too heavy: its table tells where
            report = replace(report, counts=counting.count(network.slots, weights))
        return Checked(reject(report, problems))
    counts = counting.count(network.slots, weights)
    accepted = Accepted(network, weights, counts, _names(found, fitted.arrays))
    digests = replace(report.digests, weights=digest_of_weights(weights, fitted.derived))
    report = replace(
        report, digests=digests, counts=counts, notes=(*report.notes, *_remarks(network, counts.zeros, weights))
    )
    return Checked(_in_full(report, accepted) if in_full else report, accepted)


def _in_full(report: Report, accepted: Accepted) -> Report:
    """The report with what the network costs, what is left of it without its zeros, and how large its weights are."""
    left = accepted.outline
    shrunk = Shrunk(left.parameters, left.removed, left.folded)
    magnitudes = counting.magnitudes(accepted.network.slots, accepted.weights)
    most = f"{limits.MAX_FOLLOWED_BYTES >> 20} MiB or {limits.MAX_FOLLOWED_NUMBERS:,} numbers"
    notes = report.notes if left.followed else (*report.notes, messages.note("not-followed", expected=most))
    return replace(report, macs=accepted.macs, shrunk=shrunk, magnitudes=magnitudes, notes=notes)


def reject(report: Report, findings: Sequence[Finding]) -> Report:
    """The report with more problems, rejected."""
    return with_problems(report, [messages.problem(finding) for finding in findings])


def with_problems(report: Report, problems: Sequence[Problem]) -> Report:
    """The report with more problems that are already in words, rejected."""
    return replace(report, status=Status.REJECTED, problems=(*report.problems, *problems))


def digest_of_weights(weights: Weights, derived: Sequence[str] = ()) -> str:
    """SHA-256 of canonical weights: for each slot in network order its name, shape and little-endian float32 bytes.

    `derived` is what was told by the shapes and stands in none of them, so that equal digests are of equal networks.
    """
    digest = hashlib.sha256("".join(f"{text}\n" for text in derived).encode())
    for name, array in weights.items():
        digest.update(f"{name} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _names(found: StoredWeights, arrays: Mapping[str, AnyArray]) -> Mapping[str, str]:
    """Where each array that found its slot stood in the file; in a graph, slots are called as its arrays are."""
    stood = {id(array): f"{layer.name}.{name}" for layer in found.layers for name, array in layer.arrays.items()}
    return {slot: stood.get(id(array), slot) for slot, array in arrays.items()}


def _remarks(network: Network, zeros: int, weights: Weights) -> Iterator[Note]:
    """The usual reason for a sparsity of 0: weights that were made small, and not zero."""
    small = counting.count_below(limits.ALMOST_ZERO, network.slots, weights) - zeros
    if small > zeros:
        yield messages.note("almost-zero", got=f"{small:,}", expected=f"{zeros:,}")
