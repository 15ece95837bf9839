"""The queue of a run."""

import pytest

from kits.reference import plan
from kits.reference.plan import DENSE, FIRST, FREEZE, GRADUAL, LAYERWISE, MASKED, ONE_THRESHOLD, Length, Step

MOST_EPOCHS = 400


@pytest.mark.parametrize("length", [plan.SHORT, plan.LONG])
def test_a_step_starts_from_steps_before_it(length: Length) -> None:
    done: set[str] = set()
    for step in plan.plan(length):
        assert set(step.start) <= done
        assert step.start or step.method == FIRST
        assert step.name not in done
        done.add(step.name)


@pytest.mark.parametrize("length", [plan.SHORT, plan.LONG])
def test_a_run_stays_below_four_hundred_epochs(length: Length) -> None:
    assert sum(step.epochs for step in plan.plan(length)) < MOST_EPOCHS


def test_both_thresholds_are_tried_at_the_same_sparsities() -> None:
    steps = plan.plan(plan.SHORT)
    tried = [[step.sparsity for step in steps if step.method == method] for method in (ONE_THRESHOLD, LAYERWISE)]

    assert tried[0] == tried[1]
    assert {0.42, 0.59, 0.95} <= set(tried[0])


def test_every_method_has_a_title_and_a_step() -> None:
    methods = {step.method for step in plan.plan(plan.SHORT)}

    assert methods == set(plan.TITLES) == {FIRST, DENSE, ONE_THRESHOLD, LAYERWISE, FREEZE, MASKED, GRADUAL}


def test_masked_retraining_starts_from_freezing_and_goes_on_in_steps() -> None:
    first, *others = [step for step in plan.plan(plan.SHORT) if step.method == MASKED]

    assert first.start
    assert all(name.startswith(FREEZE) for name in first.start)
    assert [step.start for step in others] == [(step.name,) for step in (first, *others[:-1])]
    assert "masked-97" in {step.name for step in others}


def test_a_name_tells_method_and_sparsity() -> None:
    assert [Step(DENSE).name, Step(GRADUAL, 0.985).name, Step(MASKED, 0.97).name] == [
        "dense",
        "gradual-98.5",
        "masked-97",
    ]
