"""No block of the documents is forgotten, and what they name is there."""

import ast
import re
import shlex
import subprocess
from importlib.util import find_spec

import click
import pytest
import yaml

from app.cli import main as operators
from client.cli import main as students
from tests.documents import plan
from tests.documents.blocks import DOCUMENTS, ROOT, Block, blocks
from tests.documents.conftest import needs

ALL = [each for document in DOCUMENTS for each in blocks(document)]
LANGUAGES = {"bash", "python", "yaml", "text"}
CODE = re.compile(r"(?m)`((?:secateur|make|python -m) [^`\n]+)`|^((?:secateur|make|python -m) .+)$")

ITALICS = re.compile(r"(?<![*\w])\*([A-Z][^*\n]+)\*(?!\*)")
HAN = "Learning both Weights and Connections for Efficient Neural Networks"
ZHU = "To prune, or not to prune: exploring the efficacy of pruning for model compression"
NO_LABELS = {"Erfc", "SequenceAt SplitToSequence Sqrt", "Sqrt", "SGDR", HAN, ZHU}
"""Operators of ONNX, and titles of papers."""


def test_every_block_says_its_language() -> None:
    assert [each.name for each in ALL if each.language not in LANGUAGES] == []


def test_every_block_of_shell_and_python_is_executed_or_says_why_not() -> None:
    code = [each.name for each in ALL if each.language in ("bash", "python")]

    planned = [*plan.EXECUTED, *plan.NOT_EXECUTED]
    assert [name for name in code if name not in planned] == []
    assert [name for name in planned if name not in code or planned.count(name) > 1] == []
    assert all(plan.NOT_EXECUTED.values())


@pytest.mark.parametrize(
    "block", [each for each in ALL if each.language in ("python", "yaml")], ids=lambda each: each.name
)
def test_a_block_that_is_not_executed_can_be_read_at_least(block: Block) -> None:
    if block.language == "yaml":
        assert isinstance(yaml.safe_load(block.text), dict)
    else:
        ast.parse(re.sub(r"(?m)^%.*$", "", block.text))


def test_labels_in_italics_stand_on_a_page() -> None:
    """A phrase in italics that begins with a capital is what a page calls something; others are stressed words."""
    pages = [path.read_text(encoding="utf-8") for path in [*ROOT.glob("app/**/*.html"), *ROOT.glob("app/**/*.py")]]
    shown = " ".join(" ".join(pages).split())
    texts = [path.read_text(encoding="utf-8") for path in DOCUMENTS.values()]
    labels = {label for text in texts for label in ITALICS.findall(text)} - NO_LABELS

    assert len(labels) > 20
    assert sorted(label for label in labels if label not in shown) == []


@needs("make")
def test_make_run_does_what_starts_the_service_of_these_tests() -> None:
    told = subprocess.run(["make", "-n", "run"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert re.findall(r"(?m)^\S*bin/secateur (\w+)$", told) == ["migrate", "demo", "run"]


def named() -> list[str]:
    """Every command that stands in the documents, in a block or in a line, without what a shell adds."""
    found = [
        one or other for document in DOCUMENTS.values() for one, other in CODE.findall(document.read_text("utf-8"))
    ]
    return sorted(set(found))


def test_the_documents_name_only_commands_and_options_that_there_are() -> None:
    commands = [shlex.split(each, comments=True)[1:] for each in named() if each.startswith("secateur ")]

    assert len(commands) > 30
    assert [(words, unknown) for words in commands if (unknown := unknown_of(words))] == []


def unknown_of(words: list[str]) -> list[str]:
    """The words of a command line of `secateur` that name neither a command nor an option of it."""
    command: click.Command = students if words[0] in students.commands else operators
    while words and isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            return words[:1]
        command, words = found, words[1:]
    known = {option for each in command.params for option in each.opts + each.secondary_opts} | {"--help"}
    return [word for word in words if word.startswith("-") and word not in known]


def test_the_documents_name_only_targets_and_modules_that_there_are() -> None:
    lines = [each.split() for each in named() if not each.startswith("secateur ")]
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))

    assert [words for words in lines if words[0] == "make" and words[1] not in targets] == []
    assert [words for words in lines if words[0] == "python" and find_spec(words[2]) is None] == []
