"""Operators and their data folders."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import Settings
from tests.databases import Backend


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data folder of an operator, empty."""
    monkeypatch.setenv("SECATEUR_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("SECATEUR_ARGON2_MEMORY_KIB", "8192")
    monkeypatch.setenv("SECATEUR_ARGON2_PASSES", "1")
    umask = os.umask(0o022)
    yield tmp_path / "var"
    os.umask(umask)


@pytest.fixture
def newcomer(backend: Backend, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """An operator with an empty data folder and an empty database."""
    with backend.empty(folder) as url:
        monkeypatch.setenv("SECATEUR_DATABASE_URL", url)
        yield Settings()


@pytest.fixture
def operator(backend: Backend, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """An operator who has run `secateur migrate`."""
    with backend.copied(backend.migrated(), folder) as url:
        monkeypatch.setenv("SECATEUR_DATABASE_URL", url)
        yield Settings()
