"""Formulas that nobody wrote: agreement with Python's fractions, and nothing but a refusal for any other text."""

import contextlib
import string
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import formula
from grader.formula import FormulaError

VALUES = {"accuracy": Fraction(3, 5), "sparsity": Fraction(1, 3), "zeros": Fraction(197_644)}


def value_of(text: str) -> Fraction:
    return formula.parse(text, frozenset(VALUES))(VALUES)


Term = tuple[str, Fraction | None]
"""A formula's text and its value by Python's own fractions, None where it divides by zero."""


def combine(left: Term, symbol: str, right: Term) -> Term:
    text = f"({left[0]} {symbol} {right[0]})"
    a, b = left[1], right[1]
    if a is None or b is None or (symbol == "/" and b == 0):
        return text, None
    return text, {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}[symbol]()


literals = st.from_regex(r"[1-9][0-9]{0,3}(\.[0-9]{1,4})?|0\.[0-9]{1,4}", fullmatch=True).map(
    lambda t: (t, Fraction(t))
)
names = st.sampled_from(sorted(VALUES.items()))
terms: st.SearchStrategy[Term] = st.recursive(
    st.one_of(literals, names),
    lambda inner: st.builds(combine, inner, st.sampled_from("+-*/"), inner),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(terms)
def test_arithmetic_agrees_with_fractions(term: Term) -> None:
    text, value = term
    if value is None:
        with pytest.raises(FormulaError, match="divides by zero"):
            value_of(text)
    else:
        assert value_of(text) == value


TOKENS = "accuracy|zeros|0.6|7| |+|-|*|/|**|(|)|,|<|==| if | else | and | or |not |max(|round(|log(|sqrt(|.|[|]|:|:=|lambda |'|\n|\\|#|e"
tokens = st.sampled_from(TOKENS.split("|"))
fuzz = st.one_of(
    st.lists(tokens, max_size=25).map("".join), st.text(max_size=40), st.text(string.printable, max_size=40)
)


@settings(max_examples=300, deadline=None)
@given(fuzz)
def test_any_text_has_a_value_or_is_refused(text: str) -> None:
    with contextlib.suppress(FormulaError):
        assert type(value_of(text)) is Fraction
