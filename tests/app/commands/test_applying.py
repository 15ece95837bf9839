"""`secateur competition apply` says where the server takes smaller files than the definition."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from tests.app.world import FOLDER, write_images

pytestmark = pytest.mark.only_on("sqlite", reason="no database is asked about it")


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def test_a_competition_that_wants_larger_files_than_the_server_takes_is_told_the_setting(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECATEUR_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SECATEUR_DATABASE_URL", database_url)
    run("course", "create", "ml", "--title", "Machine Learning", "--time-zone", "UTC")
    run("dataset", "add", "hidden", str(write_images(tmp_path / "images.npz", 20)))
    apply = ("competition", "apply", str(FOLDER / "demo.yaml"), "--course", "ml", "--dataset", "hidden")
    assert "SECATEUR" not in run(*apply)

    monkeypatch.setenv("SECATEUR_MAX_UPLOAD_BYTES", "1000")

    assert "the web server takes 1,000: raise SECATEUR_MAX_UPLOAD_BYTES there" in run(*apply)
