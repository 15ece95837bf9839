"""A command that is forked from a process that loaded everything does what the command itself does."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import warm


def told(arguments: list[str], environment: Mapping[str, str], path: Path, *, afresh: bool) -> tuple[int, str]:
    """Exit status and output."""
    with path.open("wb") as output:
        process = warm.start(arguments, environment, output, afresh=afresh)
    return process.wait(60), path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"), [(["run"], "run `secateur migrate` first"), (["run", "--help"], "Usage")]
)
def test_a_forked_command_ends_and_says_as_the_command_itself(arguments: list[str], said: str, tmp_path: Path) -> None:
    environment = os.environ | {"SECATEUR_DATA_DIR": str(tmp_path)}

    true = told(arguments, environment, tmp_path / "true", afresh=True)

    assert said in true[1]
    assert told(arguments, environment, tmp_path / "forked", afresh=False) == true
