"""The students' document, followed to the letter: by form, command line, curl and notebook to a scored submission."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.documents import plan, walking
from tests.documents.blocks import as_served, block
from tests.documents.conftest import ALAN, Machine, needs
from tests.kits.cells import program

pytestmark = pytest.mark.only_on("sqlite", reason="what a document says is the same on each database")

Visit = Callable[..., Any]
SCORE = "0.8870"
"""Of the demo's file that the document takes."""
SHOWING = """
import ast, sys
for node in ast.parse(sys.argv[1]).body:
    exec(compile(ast.Interactive([node]), "cell", "single"))
"""
"""Runs a cell as a notebook does: what an expression comes to is shown."""


@pytest.mark.browser
def test_the_form_leads_to_a_score(visit: Visit, machine: Machine) -> None:
    visitor = visit()

    walking.follow(
        visitor, plan.FORM, {"E-mail address": ALAN, "Password": visitor.site.passwords[ALAN]}, machine.folder
    )

    assert SCORE in visitor.page.locator("main").inner_text()


@pytest.mark.browser
def test_a_token_is_made_on_the_accounts_page(visit: Visit, machine: Machine) -> None:
    visitor = visit()
    visitor.sign_in(ALAN)

    copied = walking.follow(visitor, plan.TOKEN, {"Name of a new token": "laptop"}, machine.folder)

    assert re.fullmatch(r"sec_\w+", copied["Token"])


def test_the_command_line_leads_to_a_score(machine: Machine) -> None:
    told = machine.run(*plan.COMMAND_LINE, typed=machine.token + "\n")

    assert f"Signed in at {machine.url}" in told
    assert len(re.findall(rf"(?m)^Submission (\d+): scored\n  score +{SCORE}$", told)) == 2  # submitted, and shown
    assert "(you)" in told


@needs("curl")
def test_curl_leads_to_a_score(machine: Machine) -> None:
    machine.run(*plan.CURL)

    result = json.loads((machine.folder / "result.json").read_text(encoding="utf-8"))
    assert (result["state"], f"{result['score']:.4f}") == ("scored", SCORE)
    assert (machine.folder / "mine.csv").read_text(encoding="utf-8").count("\n") > 1
    assert "<svg" in (machine.folder / "plot.svg").read_text(encoding="utf-8")


def test_a_notebooks_cell_leads_to_a_score(machine: Machine) -> None:
    cell = as_served(block(plan.NOTEBOOK).text, machine.url)

    told = machine.command(["python", "-c", SHOWING, cell], typed=machine.token + "\n")

    assert re.search(rf"^Submission \d+: scored\n  score +{SCORE}$", told, re.MULTILINE)


def test_the_starter_notebooks_last_cells_check_a_file_and_hand_it_in(machine: Machine) -> None:
    settings = {"URL": machine.url, "COMPETITION": "demo"}
    cells = program(settings, "settings", "check", "submission")
    access = {"SECATEUR_URL": machine.url, "SECATEUR_TOKEN": machine.token}

    told = machine.command(["python", "-c", cells], **access)

    assert "551,427" in told  # `secateur check` counts
    assert re.search(r"submission \d+ is scored", told)
    assert "score: 0.886999" in told
