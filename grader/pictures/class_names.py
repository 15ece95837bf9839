"""From the words that stand for classes, in names of files or folders, to labels."""

import re
from collections.abc import Sequence

from grader import limits
from grader.dataset_errors import DatasetError

_NUMBER = re.compile(r"[0-9]{1,6}")
_SPLITS = {"train", "training", "val", "valid", "validation", "dev", "test", "testing", "eval", "evaluation"}
_SHOWN = 12


def numbered(words: set[str], source: str, classes: Sequence[str] | None) -> dict[str, int]:
    """The label of each word: its place among `classes` where they are given.

    Else numbers stand for themselves and must be 0, 1, 2 ... without a gap, and other words are numbered in the order
    of their letters, as torchvision's ImageFolder numbers folders. Raises DatasetError naming `source`.
    """
    found = sorted(words)
    if classes is not None:
        return _listed(found, source, classes)
    numbers = [word for word in found if _NUMBER.fullmatch(word)]
    if len(numbers) == len(found):
        return _without_gap({word: int(word) for word in found}, source)
    if numbers or _are_splits(found):
        raise DatasetError(
            source,
            expected="numbers as classes, or names",
            got="both: " + _some(found) if numbers else f"what looks like the parts of a whole: {_some(found)}",
            advice="Say which is which, in the order of the labels: --classes NAME,NAME,..."
            if numbers
            else "Give the folder of one part, such as the one with the test set.",
        )
    return {word: place for place, word in enumerate(found)}


def _listed(found: Sequence[str], source: str, classes: Sequence[str]) -> dict[str, int]:
    repeated = sorted({name for name in classes if classes.count(name) > 1})
    if repeated:
        raise DatasetError(
            "--classes",
            expected="each class once",
            got=f"{_some(repeated)} again",
            advice="Name the classes in the order of their labels, with commas between.",
        )
    if unknown := [word for word in found if word not in classes]:
        raise DatasetError(
            source,
            expected=f"the classes that --classes names: {_some(classes)}",
            got=f"{len(unknown):,} others: {_some(unknown)}",
            advice="Add them where they belong in the order of the labels, or leave out their pictures.",
        )
    return {word: classes.index(word) for word in found}


def _without_gap(labels: dict[str, int], source: str) -> dict[str, int]:
    highest = max(labels.values())
    missing = [number for number in range(min(highest, limits.MAX_DATASET_CLASSES)) if number not in labels.values()]
    if missing:
        raise DatasetError(
            source,
            expected="classes from 0 on without a gap",
            got=f"classes up to {highest:,}, and no picture of {_some([str(number) for number in missing])}",
            advice="If that is right, say which number each has: --classes with all of them in the order of the labels.",
        )
    return labels


def _are_splits(words: Sequence[str]) -> bool:
    return len(words) > 1 and all(word.casefold() in _SPLITS for word in words)


def _some(words: Sequence[str]) -> str:
    shown = ", ".join(words[:_SHOWN])
    return f"{shown} ..." if len(words) > _SHOWN else shown
