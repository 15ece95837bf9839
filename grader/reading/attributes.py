"""The lists of names that Keras keeps as attributes. No other attribute of a file is ever read."""

import math
from typing import Any

import numpy as np

from grader import limits
from grader.errors import Finding, Refusal
from grader.reading.hdf5 import Group
from grader.reading.library import DAMAGE, h5a, h5s, h5t


def has_attribute(group: Group, name: str) -> bool:
    """Whether the group carries an attribute of that name, which is not opened. Raises Refusal where that is damaged."""
    try:
        return bool(h5a.exists(group.handle, name.encode()))
    except DAMAGE as error:
        raise Refusal(Finding("h5-damaged", group.path or "/")) from error


def read_names(group: Group, name: str) -> list[str] | None:
    """The names listed in an attribute, None where it is absent. Raises Refusal where it is not a short list of texts.

    Keras splits a list of more than 64,512 bytes into attributes `name0`, `name1` and so on.
    """
    try:
        if has_attribute(group, name):
            return _read(group, name)
        if not has_attribute(group, f"{name}0"):
            return None
        names: list[str] = []
        part = 0
        while has_attribute(group, f"{name}{part}"):
            names += _read(group, f"{name}{part}")
            part += 1
    except DAMAGE as error:
        raise Refusal(_unusable(group, name)) from error
    return names


def _read(group: Group, name: str) -> list[str]:
    attribute = h5a.open(group.handle, name.encode())
    shape = attribute.shape
    if shape == (0,):  # Keras writes an empty list as an array of no floats
        return []
    kind = attribute.get_type()
    count = math.prod(shape)
    simple = attribute.get_space().get_simple_extent_type() == h5s.SIMPLE
    if not simple or len(shape) != 1 or kind.get_class() != h5t.STRING or count > limits.H5_MAX_OBJECTS:
        raise Refusal(_unusable(group, name))
    if count * kind.get_size() > limits.H5_MAX_ATTRIBUTE_BYTES:
        raise Refusal(_unusable(group, name))
    texts: Any = np.empty(shape, attribute.dtype)
    attribute.read(texts)
    return [_text(group, name, text) for text in texts]


def _text(group: Group, name: str, text: object) -> str:
    raw = text.encode() if isinstance(text, str) else text
    if not isinstance(raw, bytes) or len(raw) > limits.MAX_NAME_CHARACTERS:
        raise Refusal(_unusable(group, name))
    decoded = raw.decode("utf-8")
    if not decoded.isprintable():
        raise Refusal(_unusable(group, name))
    return decoded


def _unusable(group: Group, name: str) -> Finding:
    return Finding("h5-name-list", group.path or "/", expected=name)
