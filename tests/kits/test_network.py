"""What is done to the assignment's network before it is trained."""

import numpy as np
import pytest

pytestmark = pytest.mark.keras


def test_dropout_is_that_of_a_network_that_has_lost_so_much() -> None:
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    from kits.reference.network import build

    rates = [
        [layer.rate for layer in build(sparsity=sparsity).layers if isinstance(layer, keras.layers.Dropout)]
        for sparsity in (0.0, 0.91)
    ]

    np.testing.assert_allclose(rates, [[0.25, 0.25, 0.5], [0.075, 0.075, 0.15]])


def test_decay_adds_the_squares_of_the_kernels_and_of_nothing_else() -> None:
    pytest.importorskip("keras", reason="Keras is not installed")
    from kits.reference.network import build, decaying

    model = decaying(build(), 0.5)
    model.set_weights([np.full(array.shape, 0.1, np.float32) for array in model.get_weights()])

    kernels = sum(array.size for array in model.get_weights() if array.ndim > 1)
    assert float(sum(model.losses)) == pytest.approx(0.5 * kernels * 0.01, rel=1e-5)
    assert sum(build().losses) == 0
