"""Every sentence about a weight file that a student can read, by code.

The help page is generated from this table. `problem` fills a sentence with its facts; an unknown code is our own mistake.
"""

from dataclasses import replace

from grader.errors import Finding
from grader.facts import Note, Problem
from grader.messages import (
    archives,
    checkpoints,
    code,
    families,
    hdf5,
    layouts,
    limits,
    mixed_up,
    mixed_up_torch,
    networks,
    onnx,
    series,
    tensors,
)
from grader.messages.notes import NOTES
from grader.messages.sentence import Sentence

__all__ = ["NOTES", "PROBLEMS", "Sentence", "in_file", "note", "problem"]

PROBLEMS: dict[str, Sentence] = {
    **limits.PROBLEMS,
    **mixed_up.PROBLEMS,
    **mixed_up_torch.PROBLEMS,
    **hdf5.PROBLEMS,
    **layouts.PROBLEMS,
    **archives.PROBLEMS,
    **checkpoints.PROBLEMS,
    **tensors.PROBLEMS,
    **networks.PROBLEMS,
    **series.PROBLEMS,
    **families.PROBLEMS,
    **onnx.PROBLEMS,
    **code.PROBLEMS,
}


def problem(finding: Finding) -> Problem:
    """The finding in words. Raises KeyError for a code that the table lacks."""
    sentence = PROBLEMS[finding.code]
    facts = {"where": finding.where, "expected": finding.expected, "got": finding.got}
    words = Problem(
        code=finding.code, **facts, message=sentence.message.format(**facts), hint=sentence.hint.format(**facts)
    )
    return in_file(finding.file, words) if finding.file else words


def in_file(name: str, problem: Problem) -> Problem:
    """A problem that says in which file of an archive it is; one about the file itself says so already."""
    if problem.where == name:
        return problem
    where = f"{name}: {problem.where}" if problem.where else name
    return replace(problem, where=where, message=f"{name}: {problem.message}")


def note(code: str, *, where: str = "", expected: str = "", got: str = "") -> Note:
    """A remark in words. Raises KeyError for a code that the table lacks."""
    return Note(code, NOTES[code].format(where=where, expected=expected, got=got))
