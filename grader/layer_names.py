"""How Keras numbers layers: `conv2d`, `conv2d_1`, ..., `conv2d_10`."""

import re

_NUMBERED = re.compile(r"(.+?)_([0-9]{1,9})", re.ASCII)


def numbered(name: str) -> tuple[str, int]:
    """A layer's kind and number, -1 where it has none: a key that puts `conv2d_10` after `conv2d_8`."""
    match = _NUMBERED.fullmatch(name)
    return (match[1], int(match[2])) if match else (name, -1)
