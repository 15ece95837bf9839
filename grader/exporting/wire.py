"""The arrays of checkpoints as bytes, on their way into the jail."""

import json
from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np
from safetensors.numpy import load, save

from grader.facts import AnyArray

Checkpoint = Mapping[str, AnyArray]
_NAMES = "names"


def pack(checkpoints: Sequence[Checkpoint]) -> bytes:
    """Each checkpoint's arrays and their names, of which any is allowed."""
    names = np.frombuffer(json.dumps([list(arrays) for arrays in checkpoints]).encode(), np.uint8)
    arrays = chain.from_iterable(arrays.values() for arrays in checkpoints)
    return bytes(save({_NAMES: names, **{f"{at}": np.ascontiguousarray(array) for at, array in enumerate(arrays)}}))


def unpack(packed: bytes) -> list[dict[str, AnyArray]]:
    """What `pack` was given."""
    arrays = load(packed)
    names = json.loads(arrays.pop(_NAMES).tobytes())
    in_order = iter([arrays[f"{at}"] for at in range(len(arrays))])
    return [{name: next(in_order) for name in each} for each in names]
