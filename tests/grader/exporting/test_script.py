"""What is kept of a script."""

import ast
import json

import pytest

from grader.errors import Refusal
from grader.exporting.script import Script, read


def kept(source: str) -> list[str]:
    return [ast.unparse(piece.node) for piece in read("hw13.py", source.encode()).pieces]


@pytest.mark.parametrize(
    "line",
    [
        "import torch.nn as nn",
        "from torch import *",
        "def build():\n    return train()",
        "async def build():\n    pass",
        "class Net(nn.Module):\n    size = compute()",
        "x = 1",
        "x = y = [1, 'a', {2: (3.0,)}, {4}]",
        "a, b = (1, 2)",
        "x: int = 2 ** 10",
        "x += 1",
        "act = nn.ReLU",
        "width = cfg['width'] // 2",
        "make = lambda: train()",
        "name = f'{width} wide'",
        "device = 'cuda' if torch.cuda.is_available() else 'cpu'",
        "device = torch.device('cpu')",
        "sizes = list(range(3))",
        "try:\n    import timm\nexcept ImportError:\n    timm = None",
        "if sys.version_info > (3, 11):\n    x = 1\nelse:\n    x = 2",
    ],
)
def test_imports_constants_classes_and_functions_are_kept(line: str) -> None:
    assert kept(line) == [line]


@pytest.mark.parametrize(
    "line",
    [
        "model = build()",
        "train()",
        "for epoch in range(10): step()",
        "while True: pass",
        "with open('x') as f: data = f.read()",
        "nn.Module.forward = broken",
        "cfg['x'] = 1",
        "x = [step() for _ in range(10)]",
        "x: int",
        "del x",
        "assert x",
        "raise SystemExit",
        "transform = transforms.Compose([transforms.Resize(4)])",
        "device = torch.device(pick())",
        "print('hello')",
        "if ask(): x = 1",
    ],
)
def test_everything_that_does_something_is_left_out(line: str) -> None:
    assert kept(line) == []


def test_what_trains_inside_a_branch_is_left_out_of_it() -> None:
    assert kept("if True:\n    import math\n    train()\nelse:\n    train()") == ["if True:\n    import math"]


def test_imports_from_the_future_come_first() -> None:
    cells = [{"cell_type": "code", "source": text} for text in ("x = 1", "from __future__ import annotations")]

    script = read("hw13.ipynb", json.dumps({"cells": cells}).encode())

    assert [ast.unparse(piece.node) for piece in script.pieces] == ["from __future__ import annotations", "x = 1"]


def test_lines_keep_their_numbers_where_commands_stand_between_them() -> None:
    script = read("hw13.py", b"!pip install einops\n\nx = 1\n")

    assert [piece.node.lineno for piece in script.pieces] == [3]


def test_names_of_what_was_left_out_are_known_with_their_places() -> None:
    script = read("hw13.py", b"x = 1\nmodel, other = train()\nprint(x)\n'a text'\n")

    assert script.left_out == {"model": "hw13.py, line 2", "other": "hw13.py, line 2"}
    assert script.dropped == 2


def test_a_cell_that_is_no_python_costs_the_others_nothing() -> None:
    cells = [{"cell_type": "code", "source": text} for text in ("x = = 1", "y = 2")]

    script: Script = read("hw13.ipynb", json.dumps({"cells": cells}).encode())

    assert [ast.unparse(piece.node) for piece in script.pieces] == ["y = 2"]


def test_a_script_that_is_no_python_is_refused_with_its_line() -> None:
    with pytest.raises(Refusal) as refused:
        read("hw13.py", b"x = 1\ndef build(:\n")

    assert (refused.value.findings[0].code, refused.value.findings[0].where) == ("code-syntax", "hw13.py, line 2")
