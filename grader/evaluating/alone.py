"""Whether a network judges each image by itself: alone, and among others in another order, with the same outcome.

No operator that networks are drawn with reaches over the batch; this holds it to what it is said to do.
"""

import numpy as np

from grader import limits
from grader.errors import Finding, Refusal
from grader.evaluating.deciding import Engine
from grader.evaluating.images import Images
from grader.facts import FloatArray

TOLERANCE = 1e-4
"""Of the largest logit; engines add in another order for another number of images."""


def check(engine: Engine, images: Images) -> None:
    """Raises Refusal where logits of some images depend on which other images go in with them."""
    places = np.linspace(0, len(images) - 1, min(len(images), limits.ALONE_IMAGES)).astype(np.int64)
    shuffled = np.random.default_rng(0).permutation(places)
    together = engine.logits(images.take(shuffled))
    alone = np.concatenate([engine.logits(images.take(shuffled[at : at + 1])) for at in range(len(shuffled))])
    with np.errstate(invalid="ignore"):  # infinity less infinity; such samples are wrong wherever they stand
        apart = _largest(together - alone) if together.shape == alone.shape else np.inf
    if apart > TOLERANCE * _largest(alone):
        raise Refusal(Finding("batch-dependent", expected=f"{TOLERANCE:g}", got=f"{apart:.3g}"))


def _largest(logits: FloatArray) -> float:
    """The largest magnitude of those that are finite."""
    return float(np.abs(logits[np.isfinite(logits)]).max(initial=0.0))
