"""Zips with code and weights by program: a script that builds the network of the corpus' checkpoints, and what it does besides.

Keys, all optional:

    top        lines at the top of the script
    build      lines in `build`, before it returns the network
    forward    lines in the network's `forward`, which has `self` and `x`
    script     the whole script in place of that
    notebook   true: the script as the one cell of a notebook; a list: its cells
    name       what the script is called; the default is hw13.py, or hw13.ipynb
    checkpoint a program of the maker `checkpoint`; null: no checkpoint
    copies     how many checkpoints there are, student_best_0.ckpt and so on
    files      other files of the archive, see the maker `archive`
"""

import json
import textwrap
from collections.abc import Mapping
from typing import Any

from tests.corpus.makers import archive

NETWORK = """
class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3))

    def forward(self, x):
{forward}
        return super().forward(x)


def build():
{build}
    return Net()
"""


def make(parameters: Mapping[str, Any], seed: int) -> bytes:
    """The bytes of the archive."""
    source = script_of(parameters)
    name = parameters.get("name", "hw13.ipynb" if parameters.get("notebook") else "hw13.py")
    files: list[dict[str, Any]] = [{"name": name, "text": source}, *parameters.get("files", [])]
    checkpoint = parameters.get("checkpoint", {})
    if checkpoint is not None:
        copies = parameters.get("copies")
        names = ["student_best.ckpt"] if copies is None else [f"student_best_{at}.ckpt" for at in range(copies)]
        files += [{"name": each, "checkpoint": checkpoint} for each in names]
    return archive.make({"files": files}, seed)


def script_of(parameters: Mapping[str, Any]) -> str:
    """The text of the script or notebook."""
    source = parameters.get("script")
    if source is None:
        parts = {
            key: textwrap.indent(parameters.get(key, "pass"), " " * wide)
            for key, wide in (("build", 4), ("forward", 8))
        }
        source = f"import torch\nfrom torch import nn\n{parameters.get('top', '')}\n{NETWORK.format(**parts)}"
    notebook = parameters.get("notebook")
    if not notebook:
        return str(source)
    cells = notebook if isinstance(notebook, list) else [source]
    return json.dumps({"cells": [{"cell_type": "code", "source": cell.splitlines(True)} for cell in cells]})
