"""Everything that an upload of code names: a script, a notebook, or an archive of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from grader import limits
from grader.errors import Finding, Refusal
from grader.reading import zips
from grader.reading.signatures import ZIP
from grader.sources import notebooks
from grader.sources.mentions import Kind, Mention, is_python, mentions_of

SCRIPTS, NOTEBOOKS = (".py", ".pyw"), (".ipynb",)
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".whl", ".egg")
_COMPILED = (".pyc", ".pyo", ".so", ".pyd")


@dataclass(frozen=True, slots=True)
class Place:
    """A mention in an upload: its file, its cell from 1 in a notebook (0: none), and the mention."""

    file: str
    cell: int
    mention: Mention


@dataclass(frozen=True, slots=True)
class Looked:
    """A file of the upload, and what became of it; an empty note: read in whole."""

    file: str
    lines: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """What was looked at, and every name that was found. `cut`: there were more than are told."""

    files: Sequence[Looked]
    places: Sequence[Place]
    cut: bool


def scan(data: bytes, file_name: str) -> Scan:
    """What an upload names. Raises Refusal for an archive that contradicts itself or is too large."""
    files: list[Looked] = []
    places: list[Place] = []
    for name, content, note in _files(data, file_name):
        if content is None:
            files.append(Looked(name, 0, note))
            continue
        looked, found = _look(name, content)
        files.append(looked)
        places += _few_of_each(found)
    return Scan(files, places[: limits.SOURCE_MAX_MENTIONS], len(places) > limits.SOURCE_MAX_MENTIONS)


def _files(data: bytes, file_name: str) -> Iterator[tuple[str, bytes | None, str]]:
    """Each file with its bytes, or without them and why."""
    if not data.startswith(ZIP):
        yield file_name, data, ""
        return
    entries = [each for each in zips.read_entries(data, limits.ZIP_MAX_ENTRIES) if not each.is_folder]
    if len(entries) > limits.SOURCE_MAX_FILES:
        raise Refusal(Finding("zip-too-many-entries", "", f"{limits.SOURCE_MAX_FILES:,}", f"{len(entries):,}"))
    left = limits.SOURCE_MAX_BYTES
    for entry in entries:
        suffix = PurePosixPath(entry.name).suffix.lower()
        if note := _passed_over(entry.name, suffix, entry.size, left):
            yield entry.name, None, note
        elif suffix in SCRIPTS + NOTEBOOKS or _is_requirements(entry.name):
            left -= entry.size
            yield entry.name, bytes(zips.content(data, entry)), ""


def _passed_over(name: str, suffix: str, size: int, left: int) -> str:
    """Why a file is not read though it may hold code; an empty text for all others."""
    if suffix in _ARCHIVES:
        return "an archive within the archive is not opened"
    if suffix in _COMPILED:
        return "compiled code is not read"
    if suffix in SCRIPTS + NOTEBOOKS or _is_requirements(name):
        if size > limits.SOURCE_MAX_FILE_BYTES:
            return f"larger than {limits.SOURCE_MAX_FILE_BYTES:,} bytes"
        if size > left:
            return f"beyond {limits.SOURCE_MAX_BYTES:,} bytes of code in all"
    return ""


def _look(name: str, content: bytes) -> tuple[Looked, list[Place]]:
    text = content.decode("utf-8-sig", "replace")
    lines = text.count("\n") + 1
    suffix = PurePosixPath(name).suffix.lower()
    if _is_requirements(name):
        told = (notebooks.required(line.partition("#")[0], at) for at, line in enumerate(text.splitlines(), start=1))
        return Looked(name, lines), [Place(name, 0, each) for line in told for each in line]
    if suffix in NOTEBOOKS:
        try:
            cells = notebooks.cells_of(text)
        except ValueError:
            return Looked(name, lines, "not a notebook that can be read"), []
        return _look_into(name, cells)
    looked, found = _look_into(name, [text])
    return looked, [replace(each, cell=0) for each in found]


def _look_into(name: str, cells: Sequence[str]) -> tuple[Looked, list[Place]]:
    """The mentions of several pieces of code that follow each other."""
    aliases: dict[str, str] = {}
    found: list[Place] = []
    broken = 0
    for number, cell in enumerate(cells, start=1):
        code = cell if is_python(cell) else notebooks.as_python(cell)
        broken += not is_python(code)
        mentions = [*mentions_of(code, aliases), *notebooks.installed(cell)]
        found += [Place(name, number, each) for each in mentions]
    note = "" if not broken else "partly no valid Python 3: looked at line by line"
    return Looked(name, sum(cell.count("\n") + 1 for cell in cells), note), found


def _few_of_each(places: Sequence[Place]) -> Iterator[Place]:
    """The first places of each name: a reader needs no more, and a network names its layers a hundred times."""
    seen: dict[tuple[str, Kind], int] = {}
    for place in places:
        key = place.mention.name, place.mention.kind
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= limits.SOURCE_PLACES_OF_A_NAME:
            yield place


def _is_requirements(name: str) -> bool:
    last = PurePosixPath(name).name.lower()
    return last.startswith("requirements") and last.endswith(".txt")
