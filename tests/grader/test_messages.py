import ast
import re
import string
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from grader import messages
from grader.errors import Finding
from grader.messages import NOTES, PROBLEMS

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for package in ("app", "grader")
    for path in sorted((ROOT / package).rglob("*.py"))
    if "messages" not in path.relative_to(ROOT).parts
]
PARTS = [(f"{code}-{part}", text) for code, sentence in PROBLEMS.items() for part, text in sentence._asdict().items()]
FOR_STAFF = {"network-file"}
"""Of a reference network, which no student uploads; its sentence is in `app/error_codes.py`."""
OTHER_WORDS = {
    "utf-8",
    "utf-16",
    "latin-1",
    "keras-legacy",
    "keras-vars",
    "keras-h5",
    "torch-state-dict",
    "torch-legacy",
    "torch-module",
}
FACTS = {"where", "expected", "got"}
NOT_OURS = re.compile(
    r"\b(invalid|illegal|error|errors|failed|failure|sorry|unfortunately|oops|please)\b|!", re.IGNORECASE
)


@cache
def nodes(path: Path) -> Sequence[ast.AST]:
    """The calls and constants of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call | ast.Constant)]


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in nodes(path) if isinstance(node, ast.Call))


def literal_codes(name: str) -> set[str]:
    """The literal first arguments of calls of a function or method of that name, both sides of a conditional."""
    codes: set[str] = set()
    for call in (call for path in SOURCES for call in calls(path) if call.args):
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if called == name:
            branches = (
                [call.args[0].body, call.args[0].orelse] if isinstance(call.args[0], ast.IfExp) else call.args[:1]
            )
            codes |= {part.value for part in branches if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    return codes


def literals(path: Path) -> set[str]:
    return {node.value for node in nodes(path) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_code_that_is_raised_has_its_sentences() -> None:
    raised = literal_codes("Finding")

    assert len(raised) > 30
    assert raised - FOR_STAFF <= PROBLEMS.keys()


def test_every_code_that_reading_and_checking_name_has_its_sentences() -> None:
    folders = ("reading", "checking")
    named = {
        text
        for path in SOURCES
        if path.parent.name in folders
        for text in literals(path)
        if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", text)
    }

    assert named - OTHER_WORDS - FOR_STAFF <= PROBLEMS.keys() | NOTES.keys()


def test_every_remark_that_is_made_has_its_sentence() -> None:
    assert literal_codes("note") <= NOTES.keys()
    assert literal_codes("note")


def test_every_sentence_is_used() -> None:
    assert (PROBLEMS.keys() | NOTES.keys()) - set().union(*map(literals, SOURCES)) == set()


def test_an_unknown_code_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        messages.problem(Finding("no-such-code"))


def test_a_finding_becomes_a_problem_with_its_facts_filled_in() -> None:
    problem = messages.problem(Finding("shape-mismatch", "conv2d_1/kernel", "(3, 3, 32, 32)", "(3, 3, 32, 64)"))

    assert problem.message == "conv2d_1/kernel has shape (3, 3, 32, 64); the assignment needs (3, 3, 32, 32)."
    assert (problem.where, problem.expected, problem.got) == ("conv2d_1/kernel", "(3, 3, 32, 32)", "(3, 3, 32, 64)")


def test_braces_in_a_name_from_a_file_are_only_text() -> None:
    problem = messages.problem(Finding("shape-mismatch", "{got.__class__}{0}", "{where}", "}{"))

    assert problem.message == "{got.__class__}{0} has shape }{; the assignment needs {where}."


def test_a_code_is_lower_case_with_hyphens() -> None:
    assert [code for code in PROBLEMS if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)] == []


def test_sentences_hold_known_facts_only_and_the_explanation_none() -> None:
    for code, sentence in PROBLEMS.items():
        assert fields(sentence.message) <= FACTS, code
        assert fields(sentence.hint) <= FACTS, code
        assert fields(sentence.explanation) == set(), code


def test_a_remark_holds_known_facts_and_ends_with_a_full_stop() -> None:
    for code, text in NOTES.items():
        assert fields(text) <= FACTS, code
        assert text.endswith("."), code


def test_a_sentence_is_one() -> None:
    for part, text in PARTS:
        assert text.endswith("."), part
        assert text[0].isupper() or text[0] == "{" or text.startswith(("torch.save", "model.save")), part
        assert "  " not in text, part
        assert len(text) <= 160, part


def test_a_sentence_tells_what_to_do_and_neither_scolds_nor_apologises() -> None:
    assert [part for part, text in (*PARTS, *NOTES.items()) if NOT_OURS.search(text)] == []


def test_a_hint_tells_something_else_than_the_message() -> None:
    for code, sentence in PROBLEMS.items():
        assert sentence.hint != sentence.message, code
        assert sentence.explanation not in (sentence.message, sentence.hint), code
