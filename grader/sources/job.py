"""The job that reads students' code. Runs in the jail: nothing of the code is run, and the parser is not trusted either.

Arguments: `file_name`, whose ending says what the file is.
"""

import io
import zipfile

from grader import limits
from grader.errors import Refusal
from grader.facts import AnyArray
from grader.reading.job import content_of
from grader.sources.scanning import Scan, scan

_NOTEBOOK = '{"cells": [{"cell_type": "code", "source": ["%%time\\n", "import torch as t\\n", "!pip install a"]}]}'
_SCRIPTS = ("from torch import nn\nexec('import a')\n", "print 1\n", "\\d = 1\n", "import " + "a" * 100)


def warm() -> None:
    """Scans good and broken code of each kind, so that nothing is left to load once files can no longer be opened."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.ipynb", _NOTEBOOK)
        archive.writestr("requirements.txt", "torch\n")
    for name, content in (
        ("a.ipynb", _NOTEBOOK.encode()),
        ("a.zip", packed.getvalue()),
        ("a.zip", packed.getvalue()[:-9]),
    ):
        try:
            _head(scan(content, name))
        except Refusal:
            continue
    for script in _SCRIPTS:
        scan(script.encode(), "a.py")


def run(arguments: dict[str, object], inputs: list[int]) -> tuple[dict[str, object], dict[str, AnyArray]]:
    """What was looked at and what it names. Raises Refusal."""
    data = content_of(inputs[0], limits.SOURCE_MAX_UPLOAD_BYTES)
    return _head(scan(data, str(arguments.get("file_name", "")))), {}


def _head(found: Scan) -> dict[str, object]:
    return {
        "files": [[each.file, each.lines, each.note] for each in found.files],
        "places": [
            [each.file, each.cell, each.mention.line, each.mention.kind.value, each.mention.name, each.mention.text]
            for each in found.places
        ],
        "cut": found.cut,
    }
