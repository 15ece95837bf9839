"""No file makes HDF5 look for a filter plugin."""

import os
import subprocess
import sys
from pathlib import Path

import h5py

READ = """
import sys
import h5py
try:
    h5py.File(sys.argv[1])["x"][:]
except OSError as error:
    print(error)
"""


def test_no_file_makes_hdf5_look_for_a_filter_plugin(tmp_path: Path) -> None:
    path, plugins = tmp_path / "w.h5", tmp_path / "plugins"
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("x", (4,), "u1", chunks=(4,), compression=32004, allow_unknown_filter=True)
        dataset.id.write_direct_chunk((0,), b"abcd")

    def complaint(prelude: str) -> str:
        environment = {**os.environ, "HDF5_PLUGIN_PATH": str(plugins)}
        environment.pop("HDF5_PLUGIN_PRELOAD", None)
        command = [sys.executable, "-c", prelude + READ, str(path)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert str(plugins) in complaint("")
    assert "filter plugins disabled" in complaint("import grader.reading.hdf5\n")
