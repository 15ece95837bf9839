"""Makes a data set's folder from an uploaded file, in a process of its own that can reach nothing else.

Run as `python -m grader.dataset_job REQUEST`; the last line of its output is JSON: the facts, or what is wrong.
"""

import json
import os
import resource
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from grader import dataset_folders, dataset_streams, limits
from grader.airlock import kernel, landlock
from grader.dataset_errors import DatasetError
from grader.dataset_request import SOURCES, Request
from grader.dataset_streams import Stream
from grader.datasets import as_json
from grader.pictures import making
from grader.pictures.preparation import Layout, Preparation


def main(text: str) -> int:
    """Makes the folder and prints what it holds; 1 where the upload is no data set."""
    request = Request(**json.loads(text))
    source, folder = Path(request.source), Path(request.folder)
    jail = _close_in(source, folder)
    try:
        with dataset_folders.written(_stream(request, source), folder) as made:
            place = folder / made.description.digest
            if not dataset_folders.is_intact(place, made.description):
                made.put_at(place)
            told: dict[str, object] = {"facts": as_json(made.description)}
    except DatasetError as error:
        where = error.where.replace(request.source, "the file")
        told = {"where": where, "expected": error.expected, "got": error.got, "advice": error.advice}
    sys.stdout.write("\n" + json.dumps(told | {"jail": jail}) + "\n")
    return 0 if "facts" in told else 1


def _stream(request: Request, source: Path) -> Stream:
    if request.layout is None:
        return dataset_streams.load(source)
    preparation = Preparation(Layout(request.layout), request.resize, request.crop)
    return making.stream(source, preparation, request.classes or None)


def _close_in(source: Path, folder: Path) -> str:
    """Lowers the limits and closes files and network; what the kernel's jail is, or why there is none."""
    for kind, most in (
        (resource.RLIMIT_CPU, limits.DATASET_CPU_SECONDS),
        (resource.RLIMIT_AS, limits.DATASET_MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, limits.MAX_DATASET_ARRAY_BYTES + limits.DATASET_PART_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))
    if sys.platform != "linux":
        return "none: not Linux"
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    try:
        return landlock.confine([source, *_libraries()], [folder])
    except OSError as error:
        return f"none: {error.strerror}"


def _libraries() -> Iterator[Path]:
    """Where Python, its libraries and the grader lie: some are loaded when they are first needed."""
    known = {
        SOURCES / "grader",
        *(Path(sysconfig.get_paths()[name]) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    }
    yield from (path for path in sorted({*known, Path("/usr/lib"), Path("/lib")}) if path.is_dir())
    yield from (path for path in (Path(os.devnull), Path("/dev/urandom")) if path.exists())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
