"""Wide networks with dead units are compacted to the narrow ones that they were made of."""

import numpy as np
import pytest

from grader.compaction.compacting import compact, outline
from grader.flops import dense_macs
from tests.grader.compaction.comparing import check_same
from tests.grader.compaction.plans import twins

FEW = range(40)
MANY = range(40, 640)


def _check(seed: int) -> None:
    both = twins(seed)

    found = compact(both.wide, both.large)

    assert [slot.shape for slot in found.network.slots] == [slot.shape for slot in both.narrow.slots]
    assert found.network.layers == both.narrow.layers
    assert not found.folded
    for name, array in both.small.items():
        assert found.weights[name].dtype == np.float32
        assert np.array_equal(found.weights[name], array), name
    assert outline(both.wide, both.large).macs == outline(both.narrow, both.small).macs == dense_macs(both.narrow)
    check_same(both.wide, both.large, found)


def _check_folding(seed: int) -> None:
    both = twins(seed, constants=True)

    folded, plain = compact(both.wide, both.large), compact(both.wide, both.large, fold=False)

    assert dense_macs(both.narrow) <= dense_macs(folded.network) <= dense_macs(plain.network) <= dense_macs(both.wide)
    assert not plain.folded
    check_same(both.wide, both.large, folded)
    check_same(both.wide, both.large, plain)


@pytest.mark.parametrize("seed", FEW)
def test_constants_are_folded_without_changing_a_logit(seed: int) -> None:
    _check_folding(seed)


@pytest.mark.parametrize("seed", FEW)
def test_a_wide_network_is_compacted_to_the_narrow_one(seed: int) -> None:
    _check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
def test_many_are_too(seed: int) -> None:
    _check(seed)
    _check_folding(seed)


def test_the_random_networks_have_something_to_fold_and_to_remove() -> None:
    found = [compact(both.wide, both.large) for both in (twins(seed, constants=True) for seed in FEW)]

    assert sum(each.folded for each in found) > len(FEW) // 4
    assert sum(bool(each.removed) for each in found) > len(FEW) // 2
