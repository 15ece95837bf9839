"""Exact numbers as people write them: `0.44364` is 11091/25000, and `492/1109` is itself."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator

MAX_DIGITS = 15
"""Significant digits that a number without quotes keeps on its way through YAML."""
_FORM = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,30})?|-?[0-9]{1,15}/[1-9][0-9]{0,14}", re.ASCII)


def exact(text: str) -> Fraction:
    """The fraction that a number was written as. Raises ValueError with what is expected."""
    found = text.strip()
    if _FORM.fullmatch(found) is None:
        raise ValueError(f"{found[:40]!r} is neither a decimal number such as 0.44364 nor a fraction such as 492/1109")
    return Fraction(found)


def as_written(value: object) -> object:
    """A number of YAML as text, so that its digits are kept. Raises ValueError where YAML may have lost some."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return value
    if isinstance(value, float):
        text = format(Decimal(repr(value)), "f")
        if len(text.replace(".", "").replace("-", "").strip("0")) > MAX_DIGITS:
            raise ValueError(f"has more than {MAX_DIGITS} digits; put it in quotes, so that none is lost")
        value = text
    exact(str(value))
    return str(value).strip()


Exact = Annotated[str, BeforeValidator(as_written)]
"""An exact number in a definition, kept as it was written; `exact` reads it."""
