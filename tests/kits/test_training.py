"""Training that is stopped, and the epoch that is kept, on a network of one layer."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kits.reference import data as images
from kits.reference.data import Data

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def sets(small_slice: Path) -> Data:
    pytest.importorskip("keras", reason="Keras is not installed")
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    return images.load(small_slice, seed=1)


def network() -> Any:
    """One that depends on random numbers while it trains."""
    import keras

    keras.utils.set_random_seed(1)
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((25, 25, 3)), layers.Flatten(), layers.Dropout(0.5), layers.Dense(5, "softmax")]
    )


class StoppedError(Exception):
    """Somebody pressed Ctrl-C."""


def stop_at(last: int, epoch: int) -> list[Any]:
    if epoch == last:
        raise StoppedError
    return []


def test_a_training_that_was_stopped_goes_on_where_it_was(sets: Data, tmp_path: Path) -> None:
    from kits.reference.training import Recipe, train

    recipe = Recipe(epochs=3)
    whole, stopped = tmp_path / "whole" / "step", tmp_path / "stopped" / "step"
    for folder in (whole, stopped):
        folder.mkdir(parents=True)

    straight = train(network(), sets, recipe, whole)
    with pytest.raises(StoppedError):
        train(network(), sets, recipe, stopped, lambda epoch: stop_at(2, epoch))
    resumed = train(network(), sets, recipe, stopped)

    assert (resumed.epoch, resumed.best_epoch) == (straight.epoch, straight.best_epoch)
    for ours, theirs in zip(resumed.best, straight.best, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_the_best_epoch_is_kept_and_none_before_it_may_count(
    sets: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kits.reference import training

    told = iter([40, 10, 30, 20])
    monkeypatch.setattr(training, "correct", lambda model, images: next(told))
    model, seen = network(), []

    def keep_weights(epoch: int) -> list[Any]:
        seen.append(model.get_weights())
        return []

    progress = training.train(model, sets, training.Recipe(epochs=4, counts_from=1), tmp_path, keep_weights)

    assert (progress.best_epoch, progress.best_accuracy) == (2, 30 / len(sets.validation.labels))
    for ours, theirs in zip(progress.best, seen[3], strict=True):
        np.testing.assert_array_equal(ours, theirs)
