"""Lines that mend a file: for codes that there are, in code that can be read."""

import ast
from pathlib import Path

import pytest

from grader.messages import PROBLEMS
from grader.messages.fixes import FIXES, fix
from grader.reading.stored import read_own


def test_every_code_is_one_of_a_problem() -> None:
    assert set(FIXES) <= set(PROBLEMS)


@pytest.mark.parametrize("text", sorted({text for formats in FIXES.values() for text in formats.values()}))
def test_the_lines_are_python(text: str) -> None:
    ast.parse(text)


def test_lines_that_cast_leave_out_what_holds_whole_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch, whose lines they are")
    model = torch.nn.Sequential(torch.nn.Linear(2, 2))
    model.register_buffer("table", torch.arange(3))
    model.register_buffer("small", torch.ones(2).to(torch.float8_e4m3fn))
    monkeypatch.chdir(tmp_path)

    exec(fix("tensor-dtype", "pytorch"), {"torch": torch, "model": model})

    [top, layer] = read_own(tmp_path / "model.pt", "pytorch").layers
    assert ([*top.arrays], [*layer.arrays]) == (["small"], ["weight", "bias"])


def test_no_line_claims_to_cast_what_is_quantised() -> None:
    assert "before convert()" in fix("tensor-quantised", "pytorch")
    assert ".float()" not in fix("tensor-quantised", "pytorch")


def test_a_code_without_lines_has_none() -> None:
    assert fix("too-heavy", "pytorch") == ""
    assert "prune.remove" in fix("torch-pruned", "pytorch")
