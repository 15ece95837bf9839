"""Lines that mend a file: for codes that there are, in code that can be read."""

import ast

import pytest

from grader.messages import PROBLEMS
from grader.messages.fixes import FIXES, fix


def test_every_code_is_one_of_a_problem() -> None:
    assert set(FIXES) <= set(PROBLEMS)


@pytest.mark.parametrize("text", sorted({text for formats in FIXES.values() for text in formats.values()}))
def test_the_lines_are_python(text: str) -> None:
    ast.parse(text)


def test_a_code_without_lines_has_none() -> None:
    assert fix("too-heavy", "pytorch") == ""
    assert "prune.remove" in fix("torch-pruned", "pytorch")
