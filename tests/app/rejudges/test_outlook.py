"""Who would gain and who would lose by other rules, before they are applied."""

from fractions import Fraction

import pytest

from app.competitions import definition
from app.competitions.definition import CompetitionDefinition
from app.competitions.stored import Definitions
from app.database import Database
from app.rejudges.comparing import Comparison, Turn
from app.rejudges.outlook import outlook
from app.storage import Store
from models.competitions import CompetitionVersion
from models.gradings import State
from tests.app.rejudges.doing import entered
from tests.app.world import FOLDER, World, hand_in, settle

SCORE = "(accuracy + num_zero_weights / total_parameters) / 2 if accuracy > 0.6 and sparsity > 0 else 0"


def rules(*changes: tuple[str, str]) -> CompetitionDefinition:
    """The demo's rules with pieces of their text changed."""
    text = (FOLDER / "demo.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return definition.from_yaml(text, "demo.yaml", FOLDER)


def told(queue: Database, world: World, new: CompetitionDefinition) -> Comparison:
    with queue.read() as session:
        entry = entered(session, world)
        dataset = session.get_one(CompetitionVersion, world.version_id).dataset
        assert dataset is not None
        return outlook(
            session, Definitions(), Store(world.folder), entry.competition.id, entry.definition, new, dataset
        )


def test_scores_under_another_formula_are_exact(queue: Database, world: World) -> None:
    settle(queue, hand_in(queue, world, "ada"), Fraction(1, 2))

    [change] = told(queue, world, rules((SCORE, "accuracy"))).changes

    assert (change.before.score, change.after.score, change.turn) == (Fraction(1, 2), Fraction(3, 4), Turn.BETTER)


def test_nothing_is_written(queue: Database, world: World) -> None:
    number = hand_in(queue, world, "ada")
    settle(queue, number, Fraction(1, 2))

    told(queue, world, rules((SCORE, "accuracy")))

    [change] = told(queue, world, rules()).changes
    assert change.before.score == Fraction(1, 2)


def test_a_rejected_file_stays_rejected_and_a_failed_one_failed(queue: Database, world: World) -> None:
    for name, state in (("ada", State.REJECTED), ("grace", State.FAILED)):
        settle(queue, hand_in(queue, world, name), state=state)

    found = told(queue, world, rules((SCORE, "accuracy")))

    assert found.turns == {Turn.SAME: 2}


def test_what_is_being_graded_is_not_known(queue: Database, world: World) -> None:
    hand_in(queue, world, "ada")

    [change] = told(queue, world, rules((SCORE, "accuracy"))).changes

    assert (change.turn, change.why) == (Turn.UNKNOWN, "it is being graded")


def test_rules_that_need_an_evaluation_say_so(queue: Database, world: World) -> None:
    settle(queue, hand_in(queue, world, "ada"), Fraction(1, 2))

    [change] = told(queue, world, rules(("divide_by: 255", "divide_by: 127"))).changes

    assert change.turn is Turn.UNKNOWN
    assert change.why == "it has to be evaluated again: `input` changed"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ((SCORE, "1 / (file_bytes - 1000)"), "divides by zero"),
        (("  split: test\n", "  splits: {seed: 1, parts: {public: 12, private: 8}}\n"), "predictions"),
    ],
)
def test_what_has_no_value_says_why(queue: Database, world: World, change: tuple[str, str], why: str) -> None:
    settle(queue, hand_in(queue, world, "ada"), Fraction(1, 2))

    [found] = told(queue, world, rules(change)).changes

    assert found.turn is Turn.UNKNOWN
    assert why in found.why
