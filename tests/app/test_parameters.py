"""What values in addresses and forms may be."""

from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from app.parameters import Blankable, Day, Printable

DAY: TypeAdapter[Any] = TypeAdapter(Blankable[Day])
LINE: TypeAdapter[str] = TypeAdapter(Printable)


@pytest.mark.parametrize(("given", "meant"), [("2026-11-21", date(2026, 11, 21)), ("", None), (None, None)])
def test_a_day_is_written_as_iso_8601_writes_it_or_left_empty(given: object, meant: object) -> None:
    assert DAY.validate_python(given) == meant


@pytest.mark.parametrize("given", ["0", "1700000000", "20261121", "2026-11-21T10:00", "2026-13-01", "today"])
def test_nothing_else_is_a_day(given: str) -> None:
    with pytest.raises(ValidationError):
        DAY.validate_python(given)


@pytest.mark.parametrize("given", ["", "Ada Lovelace", "李华", "naïve – 100 %", "\u20f9"])
def test_a_line_may_hold_what_has_a_shape_and_what_was_not_assigned_yet(given: str) -> None:
    assert LINE.validate_python(given) == given


@pytest.mark.parametrize("given", ["a\0b", "two\nlines", "\u202eabc", "\u2028", "\x7f", "\ue000"])
def test_it_holds_no_controls(given: str) -> None:
    with pytest.raises(ValidationError):
        LINE.validate_python(given)
