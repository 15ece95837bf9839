"""Numbers that are read exactly as they are written."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.competitions.exact import as_written, exact


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.44364", Fraction(11091, 25000)),
        (0.44364, Fraction(11091, 25000)),
        (0.6844, Fraction(1711, 2500)),
        (10, Fraction(10)),
        ("492/1109", Fraction(492, 1109)),
        ("-0.5", Fraction(-1, 2)),
        (0.00001, Fraction(1, 100_000)),
        ("0.123456789012345678901234", Fraction("0.123456789012345678901234")),
    ],
)
def test_a_number_is_the_fraction_that_was_written(written: Any, value: Fraction) -> None:
    assert exact(str(as_written(written))) == value


@pytest.mark.parametrize("text", ["", "half", "1e-3", "1/0", "0.5.1", "١", "0x1", "1" * 16, "nan", " / ", "1/2/3"])
def test_what_is_no_number_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"neither a decimal number such as 0\.44364 nor a fraction"):
        exact(text)


def test_a_decimal_that_yaml_may_have_cut_short_belongs_in_quotes() -> None:
    with pytest.raises(ValueError, match="in quotes"):
        as_written(0.44363841298467087)


@given(st.integers(-(10**6), 10**6), st.integers(0, 8))
def test_every_short_decimal_survives_yaml(digits: int, places: int) -> None:
    text = f"{digits / 10**places:.{places}f}"

    assert exact(str(as_written(float(text)))) == Fraction(text)
