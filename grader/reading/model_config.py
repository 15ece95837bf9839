"""The configuration of a network in a model that Keras saved whole: the text of one attribute, and no weight."""

from typing import Any

import numpy as np

from grader import limits
from grader.errors import Finding, Refusal
from grader.reading.attributes import has_attribute
from grader.reading.hdf5 import open_tree
from grader.reading.library import DAMAGE, h5a, h5s, h5t

ATTRIBUTE = "model_config"


def read(data: bytes) -> bytes:
    """The JSON text. Raises Refusal where there is none, as in a file of weights alone."""
    root = open_tree(data)
    if not has_attribute(root, ATTRIBUTE):
        raise _unusable("the file holds weights and no network; save the whole model with model.save('model.h5')")
    try:
        attribute = h5a.open(root.handle, ATTRIBUTE.encode())
        kind = attribute.get_type()
        scalar = attribute.get_space().get_simple_extent_type() == h5s.SCALAR
        if not scalar or kind.get_class() != h5t.STRING or attribute.get_storage_size() > limits.MAX_REFERENCE_BYTES:
            raise _unusable(f"its attribute {ATTRIBUTE} is not one text")
        text: Any = np.empty((), attribute.dtype)
        attribute.read(text)
        found = text[()]
    except DAMAGE as error:
        raise Refusal(Finding("h5-damaged", ATTRIBUTE)) from error
    raw = found.encode() if isinstance(found, str) else bytes(found)
    if len(raw) > limits.MAX_REFERENCE_BYTES:
        raise _unusable(f"its configuration has {len(raw):,} bytes; at most {limits.MAX_REFERENCE_BYTES:,} are taken")
    return raw


def _unusable(why: str) -> Refusal:
    return Refusal(Finding("network-file", got=why))
