"""Points as other systems read them."""

from fractions import Fraction

DIGITS = 4


def decimal(value: Fraction) -> str:
    """The number with at most four decimals, rounded half to even, without zeros at the end: 15/2 as 7.5."""
    scaled = round(value * 10**DIGITS)
    sign, (whole, rest) = "-" if scaled < 0 else "", divmod(abs(scaled), 10**DIGITS)
    return f"{sign}{whole}.{rest:0{DIGITS}d}".rstrip("0").rstrip(".")


def plain(value: Fraction) -> int | float:
    """The same as a number, for a cell that has to stay one."""
    return value.numerator if value.denominator == 1 else float(decimal(value))


def is_same(text: str, value: Fraction) -> bool:
    """Whether a text already says the number, whatever zeros it has."""
    try:
        return Fraction(text.strip()) == Fraction(decimal(value))
    except (ValueError, ZeroDivisionError):
        return False
