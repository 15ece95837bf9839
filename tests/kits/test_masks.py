"""The arithmetic of magnitude pruning."""

import numpy as np
import pytest

from kits.reference import masks
from kits.reference.masks import Arrays

SMALL, LARGE = np.float32(0.1), np.float32(10)


def arrays() -> Arrays:
    """One array of small and one of large weights, six of each, of either sign."""
    steps = np.arange(1, 7, dtype=np.float32) * np.array([1, -1, 1, -1, 1, -1], np.float32)
    return [(SMALL * steps).reshape(2, 3), LARGE * steps]


def kept(found: Arrays) -> list[int]:
    return [int(mask.sum()) for mask in found]


def test_one_threshold_takes_the_smallest_of_all_arrays_together() -> None:
    found = masks.by_one_threshold(arrays(), 0.5)

    assert kept(found) == [0, 6]


def test_a_threshold_for_each_array_takes_the_smallest_of_each() -> None:
    found = masks.layer_by_layer(arrays(), 0.5)

    assert kept(found) == [3, 3]
    np.testing.assert_array_equal(found[0], [[0, 0, 0], [1, 1, 1]])


def test_a_mask_does_not_look_at_the_sign() -> None:
    turned = [-array for array in arrays()]

    for method in (masks.by_one_threshold, masks.layer_by_layer):
        for ours, theirs in zip(method(arrays(), 0.7), method(turned, 0.7), strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("sparsity", [0.0, 0.1, 0.42, 0.59, 0.9, 0.97, 0.999])
def test_the_share_that_was_asked_for_becomes_zero(sparsity: float) -> None:
    random = np.random.default_rng(3)
    many = [random.normal(0, scale, size).astype(np.float32) for scale, size in ((1, 7_001), (0.1, 2_999))]

    for method in (masks.by_one_threshold, masks.layer_by_layer):
        pruned = masks.applied(many, method(many, sparsity))
        assert abs(masks.zeros_of(pruned) - sparsity * masks.size_of(many)) <= len(many)


def test_weights_as_large_as_the_threshold_stay() -> None:
    equal = [np.full(8, 0.5, np.float32)]

    assert kept(masks.by_one_threshold(equal, 0.75)) == [8]


def test_zeros_are_the_first_to_go_and_none_comes_back() -> None:
    [few] = masks.applied([arrays()[1]], [np.array([0, 0, 1, 1, 1, 1], np.float32)])

    [again] = masks.applied([few], masks.by_one_threshold([few], 0.5))

    assert masks.zeros_of([again]) == 3
    assert not again[:2].any()


def test_what_is_pruned_is_plus_zero_and_the_rest_is_untouched() -> None:
    before = np.array([-1, -2, 3], np.float32)

    [after] = masks.applied([before], [np.array([0, 1, 1], np.float32)])

    assert not np.signbit(after[0])
    np.testing.assert_array_equal(after, [0, -2, 3])
    assert after.dtype == np.float32


def test_the_mask_of_a_pruned_network_is_what_is_not_zero() -> None:
    [mask] = masks.of_nonzero([np.array([0.0, -0.0, 1e-30, -2], np.float32)])

    np.testing.assert_array_equal(mask, [0, 0, 1, 1])


@pytest.mark.parametrize("sparsity", [-0.1, 1.0, 97])
def test_a_sparsity_is_a_share(sparsity: float) -> None:
    with pytest.raises(ValueError, match="at least 0 and below 1"):
        masks.by_one_threshold(arrays(), sparsity)


def test_the_sparsity_grows_along_the_cubic_of_zhu_and_gupta() -> None:
    assert masks.gradual(0.2, 0.9, 0) == pytest.approx(0.2)
    assert masks.gradual(0.2, 0.9, 0.5) == pytest.approx(0.9 - 0.7 / 8)
    assert masks.gradual(0.2, 0.9, 1) == 0.9
    assert masks.gradual(0.2, 0.9, 7) == 0.9


def test_the_sparsity_never_falls_on_its_way() -> None:
    way = [masks.gradual(0.0, 0.97, progress) for progress in np.linspace(0, 1, 50)]

    assert way == sorted(way)
    assert way[10] - way[0] > way[-1] - way[-11]
