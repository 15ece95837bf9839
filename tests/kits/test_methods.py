"""The methods that train, on Keras itself: what must not move does not, and the rest does."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kits.reference import data as images
from kits.reference import masks
from kits.reference.data import Data
from kits.reference.masks import Arrays
from kits.reference.plan import FREEZE, GRADUAL, MASKED, Step

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def sets(small_slice: Path) -> Data:
    return images.load(small_slice, seed=1)


@pytest.fixture(scope="module")
def start() -> Arrays:
    """The weights of a network that has learnt nothing; biases are numbers, so that none is zero by itself."""
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    from kits.reference.network import build

    keras.utils.set_random_seed(1)
    random = np.random.default_rng(1)
    arrays: Arrays = build().get_weights()
    return [a if a.ndim > 1 else random.normal(0, 0.05, a.shape).astype(np.float32) for a in arrays]


def make(step: Step, start: Arrays, sets: Data, folder: Path, **recipe: Any) -> Arrays:
    import keras

    from kits.reference import methods
    from kits.reference.training import Recipe

    keras.utils.set_random_seed(int(recipe.get("seed", 1)))
    weights, _ = methods.make(step, start, sets, Recipe(step.epochs, **recipe), folder)
    return weights


def test_masked_retraining_keeps_every_zero_and_trains_the_rest(sets: Data, start: Arrays, tmp_path: Path) -> None:
    pruned = masks.applied(start, masks.by_one_threshold(start, 0.9))

    after = make(Step(MASKED, 0.9, epochs=1), start, sets, tmp_path)

    assert masks.zeros_of(after) == masks.zeros_of(pruned)
    for before, trained in zip(pruned, after, strict=True):
        np.testing.assert_array_equal(trained == 0, before == 0)
    kernels = [(b, t) for b, t in zip(pruned, after, strict=True) if b.ndim > 1]
    assert all((b[b != 0] != t[b != 0]).any() for b, t in kernels)


def test_freezing_keeps_the_layers_that_were_pruned_and_trains_the_others(
    sets: Data, start: Arrays, tmp_path: Path
) -> None:
    pruned = masks.applied(start, masks.by_one_threshold(start, 0.3))

    after = make(Step(FREEZE, 0.3, epochs=1), start, sets, tmp_path)

    from kits.reference import methods
    from kits.reference.network import build

    model = build()
    model.set_weights(pruned)
    frozen = methods.freeze_pruned(model)
    assert "dense" in frozen
    names = [weight.path.split("/")[-2] for weight in model.weights]
    assert set(frozen) < set(names)
    for name, before, trained in zip(names, pruned, after, strict=True):
        assert np.array_equal(before, trained) is (name in frozen), name


def test_gradual_pruning_ends_at_its_sparsity(sets: Data, start: Arrays, tmp_path: Path) -> None:
    after = make(Step(GRADUAL, 0.9, epochs=2, ramp=1), start, sets, tmp_path, batch=16, counts_from=1)

    assert masks.zeros_of(after) / masks.size_of(after) == pytest.approx(0.9, abs=1e-5)
