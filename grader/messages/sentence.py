"""The form of an entry in the table of messages."""

from typing import NamedTuple


class Sentence(NamedTuple):
    """`message` and `hint` may hold {where}, {expected} and {got}; `explanation` is for the help page."""

    message: str
    hint: str
    explanation: str
