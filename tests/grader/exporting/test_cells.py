"""The cells of notebooks and scripts."""

import json
from typing import Any

import pytest

from grader.errors import Refusal
from grader.exporting.cells import Cell, cells_of, without_commands


def notebook(*cells: dict[str, Any]) -> bytes:
    return json.dumps({"cells": cells}).encode()


def test_a_script_is_one_cell_without_its_byte_order_mark() -> None:
    assert cells_of("hw13.py", b"\xef\xbb\xbfx = 1\n") == (Cell("hw13.py", "x = 1\n"),)


def test_cells_of_code_are_numbered_as_they_stand_in_the_notebook() -> None:
    told = notebook(
        {"cell_type": "markdown", "source": "# title"},
        {"cell_type": "code", "source": ["x = 1\n", "y = 2"]},
        {"cell_type": "code", "source": "z = 3"},
    )

    assert cells_of("hw13.ipynb", told) == (
        Cell("hw13.ipynb, cell 2", "x = 1\ny = 2"),
        Cell("hw13.ipynb, cell 3", "z = 3"),
    )


def test_a_notebook_of_the_format_before_version_4_is_read() -> None:
    told = json.dumps({"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"]}]}]}).encode()

    assert cells_of("hw13.ipynb", told) == (Cell("hw13.ipynb, cell 1", "x = 1"),)


@pytest.mark.parametrize(
    "content",
    [b"", b"x = 1", b"[]", b'{"cells": 1}', b'{"cells": [1]}', b'{"cells": [{"source": ""}]}', b"[" * 100_000],
)
def test_what_is_no_notebook_is_refused(content: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        cells_of("hw13.ipynb", content)

    assert refused.value.findings[0].code == "code-notebook"


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        cells_of("hw13.py", b"x = '\xe9'")

    assert refused.value.findings[0].code == "code-syntax"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("if x:\n    !nvidia-smi\nelse:\n    y = 1", "if x:\n    pass\nelse:\n    y = 1"),
        ("files = !ls\nx = 2", "pass\nx = 2"),
        ("torch.nn?\nx = 1", "pass\nx = 1"),
        ("%%time\nx = 1", "pass\nx = 1"),
        ("%%bash\nls", ""),
        ("x = 7 % 2", "x = 7 % 2"),
        ("x = y != 2", "x = y != 2"),
    ],
)
def test_commands_to_a_notebook_become_nothing(text: str, expected: str) -> None:
    assert without_commands(text) == expected
