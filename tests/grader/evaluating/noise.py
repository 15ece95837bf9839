"""Images of noise for engines."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from grader.facts import FloatArray, Shape


class ImagesOfNoise:
    """So many images, each number between -1 and 1."""

    def __init__(self, shape: Shape, examples: int) -> None:
        self._pixels = np.random.default_rng(0).uniform(-1, 1, (examples, *shape)).astype(np.float32)

    def __len__(self) -> int:
        return len(self._pixels)

    def take(self, indices: Sequence[int] | npt.NDArray[np.int64]) -> FloatArray:
        taken: FloatArray = self._pixels[np.asarray(indices)]
        return taken
