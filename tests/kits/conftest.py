"""Images that a network learns in one epoch."""

from pathlib import Path

import pytest

from tests.kits.slices import write_slice


@pytest.fixture(scope="session")
def small_slice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as the course hands it out, of 640 training and 100 test images."""
    return write_slice(tmp_path_factory.mktemp("slice") / "slice.npz", training=640, test=100)
