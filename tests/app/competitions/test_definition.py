"""A competition's YAML, and what is said about one that is wrong."""

from collections.abc import Callable

import pytest

from app.competitions.definition import CompetitionDefinition, Scores, from_json, from_yaml
from grader.errors import DefinitionError
from tests.app.world import FOLDER

Read = Callable[[str, str], CompetitionDefinition]
TEXT = (FOLDER / "demo.yaml").read_text(encoding="utf-8")


def read(old: str = "", new: str = "") -> CompetitionDefinition:
    assert old in TEXT
    return from_yaml(TEXT.replace(old, new, 1) if old else TEXT, "demo.yaml", FOLDER)


@pytest.mark.parametrize("name", ["demo.yaml", "cmu-10605.yaml"])
def test_what_ships_is_valid(name: str) -> None:
    found = from_yaml((FOLDER / name).read_text(encoding="utf-8"), name, FOLDER)

    assert found.grading.network.parameters == 592_933


def test_the_carnegie_mellon_rules_are_those_of_the_course() -> None:
    found = from_yaml((FOLDER / "cmu-10605.yaml").read_text(encoding="utf-8"), "cmu-10605.yaml", FOLDER)

    assert found.course.submissions.per_day is None
    assert (found.course.board.select, found.course.board.scores, found.course.board.top) == ("last", Scores.SHOWN, 5)
    assert found.course.time_zone == "America/New_York"


def test_what_is_stored_reads_back_the_same() -> None:
    found = read()

    again = from_json(found.as_json())

    assert again.as_json() == found.as_json()
    assert again.grading.digest == found.grading.digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("top: 5", "top: 3"),
        ("closes: null", "closes: 2030-01-01 00:00"),
        ("title: Prune a network that tells clothes apart", "title: Prune"),
    ],
)
def test_the_digest_of_the_grading_does_not_change_with_the_courses_half(old: str, new: str) -> None:
    assert read(old, new).grading.digest == read().grading.digest


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("slug: demo", "slug: demo\ncolour: blue", "colour"),
        ("top: 5", "topp: 5", "topp"),
        ("top: 5", "top: -1", "top"),
        ("select: last", "select: first", "select"),
        ("opens: 2020-01-01 00:00", "opens: tomorrow", "opens"),
        ("opens: 2020-01-01 00:00", "opens: 2020-01-01T00:00:00+02:00", "without a zone"),
        ("closes: null", "closes: 2019-01-01 00:00", "not after it opens"),
        ("closes: null", "closes: 2026-12-18", "give the time too: 2026-12-18 23:59"),
        ("closes: null", "closes: '2026-12-18'", "give the time too: 2026-12-18 23:59"),
        ("opens: 2020-01-01 00:00", "opens: 2020-01-01", "give the time too: 2020-01-01 00:00"),
        ("  phases:", "  time_zone: Mars/Olympus\n  phases:", "not a time zone"),
        ("scores: shown", "scores: sometimes", "scores"),
        ("  board:", "  submissions:\n    per_day: 0\n  board:", "per_day"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_line(old: str, new: str, says: str) -> None:
    with pytest.raises(DefinitionError, match=says) as caught:
        read(old, new)

    assert "demo.yaml" in str(caught.value)
    assert caught.value.line is not None


def test_a_phase_that_opens_before_the_last_has_closed_is_refused() -> None:
    second = "closes: null\n    - name: again\n      opens: 2021-01-01 00:00"

    with pytest.raises(DefinitionError, match="opens before 'demo' has closed"):
        read("closes: null", second)


def test_both_halves_are_told_at_once() -> None:
    with pytest.raises(DefinitionError) as caught:
        from_yaml(TEXT.replace("top: 5", "topp: 5").replace("split: test", "split: 5"), "demo.yaml", FOLDER)

    told = [finding.message.partition(":")[0] for finding in caught.value.findings]
    assert told == ["grading.split", "course.board.topp"]
