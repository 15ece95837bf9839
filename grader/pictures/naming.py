"""Which class a picture belongs to, and where it stands, by its name alone."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from grader.dataset_errors import DatasetError
from grader.pictures import class_names

_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
_LEFT_BY_SYSTEMS = {"__MACOSX", "Thumbs.db", "desktop.ini"}
_FLAT = re.compile(r"(?P<word>.+)_(?P<number>[0-9]+)\.[^.]+")
_SHOWN = 3
_BOTH_WAYS = "Name the pictures <class>_<number>.jpg in one folder, or sort them into one folder for each class."


class Named(NamedTuple):
    """A picture: its path in the folder or archive, with `/` between the parts, and its label."""

    path: str
    label: int


def label(paths: Iterable[str], source: str, classes: Sequence[str] | None = None) -> list[Named]:
    """The pictures among `paths` in their order, each with its label; what operating systems leave behind is none.

    The order is that of the paths with numbers by their value, so that `0_9.jpg` comes before `0_10.jpg`. `classes` are
    the classes' names in the order of the labels, as files or folders bear them. Raises DatasetError naming `source`.
    """
    pictures = sorted((path for path in paths if not _left_behind(path)), key=_in_order)
    _check_pictures(pictures, source)
    words = _words(pictures, source)
    labels = class_names.numbered(set(words.values()), source, None if classes is None else [*map(_composed, classes)])
    return [Named(path, labels[word]) for path, word in words.items()]


def _left_behind(path: str) -> bool:
    return any(part in _LEFT_BY_SYSTEMS or part.startswith(".") for part in path.split("/"))


def _in_order(path: str) -> tuple[list[tuple[int, int, str]], str]:
    """A key that does not depend on the machine: one form of each letter, and numbers by length, then by digits."""
    composed = _composed(path)
    parts = re.split(r"([0-9]+)", composed)
    texts = [part if place % 2 == 0 else part.lstrip("0") for place, part in enumerate(parts)]
    return [(place % 2, len(text) * (place % 2), text) for place, text in enumerate(texts)], composed


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _check_pictures(paths: Sequence[str], source: str) -> None:
    others = [path for path in paths if not path.lower().endswith(_SUFFIXES)]
    if others or not paths:
        raise DatasetError(
            source,
            expected=f"pictures alone ({' '.join(_SUFFIXES)})",
            got=f"{len(others):,} other files: {_some(others)}" if others else "no file",
            advice="Remove what is no picture." if others else _BOTH_WAYS,
        )


def _words(paths: Sequence[str], source: str) -> dict[str, str]:
    """For each picture the word for its class: its folder, or what stands before the number in its name."""
    split = {path: path.split("/") for path in paths}
    while len({parts[0] for parts in split.values()}) == 1 and all(len(parts) > 1 for parts in split.values()):
        split = {path: parts[1:] for path, parts in split.items()}  # a folder around everything says nothing
    alone = [path for path, parts in split.items() if len(parts) == 1]
    if not alone:
        return {path: _composed(parts[0]) for path, parts in split.items()}
    if len(alone) != len(paths):
        raise DatasetError(
            source,
            expected="all pictures in folders, or none",
            got=f"{len(alone):,} beside folders ({_some(alone)}) and {len(paths) - len(alone):,} in them",
            advice=_BOTH_WAYS,
        )
    return _words_of_names({path: parts[0] for path, parts in split.items()}, source)


def _words_of_names(names: Mapping[str, str], source: str) -> dict[str, str]:
    matches = {path: _FLAT.fullmatch(name) for path, name in names.items()}
    if others := [path for path, match in matches.items() if match is None]:
        raise DatasetError(
            source,
            expected="names such as 3_17.jpg: the class, _ and a number",
            got=f"{len(others):,} other names: {_some(others)}",
            advice=_BOTH_WAYS,
        )
    found = {path: (match["word"], match["number"].lstrip("0")) for path, match in matches.items() if match}
    if (most := Counter(found.values()).most_common(1)[0])[1] > 1:
        raise DatasetError(
            source,
            expected="one picture for each class and number",
            got=f"{most[1]} of the same: {_some([path for path, both in found.items() if both == most[0]])}",
            advice="Remove one of them, or give it a number of its own.",
        )
    return {path: _composed(word) for path, (word, _) in found.items()}


def _some(paths: Sequence[str]) -> str:
    shown = ", ".join(repr(path) for path in paths[:_SHOWN])
    return f"{shown} ..." if len(paths) > _SHOWN else shown
