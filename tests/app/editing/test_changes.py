"""How deep a change goes, and what can become of earlier submissions."""

import pytest

from app.competitions.definition import CompetitionDefinition, from_yaml
from app.editing.changes import WAYS, Change, Way, difference
from app.editing.outlooks import depth
from tests.app.world import FOLDER

TEXT = (FOLDER / "demo.yaml").read_text(encoding="utf-8")


def read(old: str = "", new: str = "") -> CompetitionDefinition:
    return from_yaml(TEXT.replace(old, new, 1) if old else TEXT, "demo.yaml", FOLDER)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("", "", Change.NONE),
        ("top: 5", "top: 3", Change.COURSE),
        ("title: Prune", "title: Cut", Change.COURSE),
        ("score > 0.36", "score > 0.4", Change.FORMULA),
        ("divide_by: 255", "divide_by: 127", Change.GRADING),
    ],
)
def test_a_change_is_as_deep_as_what_it_touches(old: str, new: str, found: Change) -> None:
    assert depth(read(), read(old, new), same_dataset=True) is found


def test_another_test_set_goes_as_deep_as_another_network() -> None:
    assert depth(read(), read(), same_dataset=False) is Change.GRADING


def test_results_are_scored_from_what_is_kept_where_formulas_alone_changed() -> None:
    assert [found for found, ways in WAYS.items() if Way.RESCORE in ways] == [Change.FORMULA]


def test_equal_texts_do_not_differ() -> None:
    assert difference("a\nb\n", "a\nb\n", "1", "2") == []
    assert difference("a\n", "b\n", "1", "2")[-2:] == ["-a", "+b"]
