"""The rules of a term in a definition, and what is said about those that are wrong."""

import pytest

from app.competitions.definition import CompetitionDefinition, from_json, from_yaml
from grader.errors import DefinitionError
from tests.app import term
from tests.app.world import FOLDER
from tests.documents.blocks import block

TEXT = term.text()


def read(old: str = "", new: str = "") -> CompetitionDefinition:
    assert old in TEXT
    return from_yaml(TEXT.replace(old, new, 1), "term.yaml", FOLDER)


def test_what_is_stored_reads_back_the_same() -> None:
    found = read()

    assert from_json(found.as_json()).as_json() == found.as_json()


def test_decimals_are_kept_as_they_are_written() -> None:
    found = read().course.baselines

    assert [each.public for each in found] == ["0.44364", "0.68440", "0.78268", "0.82326"]
    assert [each.private for each in read().course.baselines] == ["0.44364", "0.68440", "0.78268", "0.82326"]


def test_the_example_of_the_documentation_is_a_definition() -> None:
    rules, _, course = block("instructors.md#the-rules-of-a-term-1").text.partition("course:\n")
    head = term.text("").replace(term.GRADING, rules.removeprefix("grading:\n"))

    found = from_yaml(head + "course:\n" + course, "ntu.yaml", FOLDER)

    assert found.grading.grading.splits is not None
    assert found.grading.grading.splits.mismatch(2218) == ""
    assert (found.course.board.choose, found.course.submissions.per_day) == (2, 5)
    assert found.course.points is not None
    assert len(found.course.points.parts) == 4


@pytest.mark.parametrize(
    ("old", "new", "says", "at"),
    [
        ("choose: 2, ", "", "`select: chosen` and `choose` belong together", "board:"),
        ("select: chosen, ", "", "belong together", "board:"),
        ("choose: 2", "choose: 0", "choose", "board:"),
        ("until: 2023-04-02 23:59", "until: 2023-03-31 12:00", "after the last phase closes", "late:"),
        ("until: 2023-04-02 23:59", "until: 2023-04-02", "give the time too: 2023-04-02 23:59", "late:"),
        ("per_day: 0.1,", "per_day: 1.5,", "a share from 0 to 1", "late:"),
        ("per_day: 0.1,", "per_day: ten,", "neither a decimal number", "late:"),
        ("top: 3}\n", "top: 3, private_from: 2023-04-02 12:00}\n", "before the last submission is taken", "board:"),
        ("private: 0.44364", "score: 0.44364", "needs public and private, got score, public", "- {name: simple"),
        ("public: 0.44364", "public: 0.44363841298467087", "put it in quotes", "- {name: simple"),
        ("refused_per_day: 3", "refused_per_day: 0", "refused_per_day", "submissions:"),
        ("public_baselines +", "public_base +", "'public_base' (column 8) is not a name", "- {name: baselines"),
        ("code, by_hand: 2", "code, by_hand: 0", "above 0", "- {name: code"),
        ("code, by_hand: 2", "code", "either a `formula` or points `by_hand`", "- {name: code"),
        ("name: code", "name: report", "the name of two parts", "points:"),
        ("name: top three", "name: code", "the name of two parts", "points:"),
        ("    maximum: 10", "    maximum: plenty", "neither a decimal number", "maximum:"),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, says: str, at: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read(old, new)

    assert says in str(caught.value)
    changed = TEXT.replace(old, new, 1).splitlines()
    assert caught.value.line == next(number for number, line in enumerate(changed, 1) if line.strip().startswith(at))


@pytest.mark.parametrize(
    ("course", "says"),
    [
        (term.COURSE, "choosing needs a private part"),
        (
            term.COURSE.replace("select: chosen, choose: 2", "select: best, private_from: 2023-05-01 00:00"),
            "there is no private part",
        ),
        (term.COURSE.replace("select: chosen, choose: 2", "select: best"), "needs score, got public, private"),
    ],
)
def test_what_needs_a_private_part_says_so(course: str, says: str) -> None:
    without = term.text(course).replace(term.GRADING, "  score: accuracy\n")

    with pytest.raises(DefinitionError, match=says) as caught:
        from_yaml(without, "term.yaml", FOLDER)

    assert caught.value.line is not None


def test_late_submissions_need_an_end_to_be_late_for() -> None:
    with pytest.raises(DefinitionError, match="after the last phase closes, at None"):
        read("closes: 2023-03-31 23:59", "closes: null")
