"""Formulas over named numbers, evaluated exactly.

A formula is one Python expression of literals, names, + - * /, comparisons, and/or/not, `a if c else b`, and calls of
min, max, abs, round, log and sqrt. It is parsed once into closures over `fractions.Fraction`; nothing is ever passed to
`eval`. Literals are read from the source text as decimals, so that 0.6 is exactly 3/5.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias

from grader.errors import DefinitionError
from grader.limits import MAX_FORMULA_CHARACTERS, MAX_FORMULA_DEPTH, MAX_LITERAL_CHARACTERS, MAX_VALUE_BITS

DIGITS = 50
"""Significant decimal digits of log and sqrt, the two functions whose values are no fractions."""

Names: TypeAlias = Mapping[str, Fraction]
Value: TypeAlias = Fraction | bool
Closure: TypeAlias = Callable[[Names], Value]

_DECIMAL = Context(prec=DIGITS)
_ARITHMETIC: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISON: dict[type[ast.cmpop], Callable[[Fraction, Fraction], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class FormulaError(DefinitionError):
    """A formula cannot be read, or has no value for the numbers given."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula: its text, the names it reads, and the function that computes it."""

    text: str
    names: frozenset[str]
    closure: Closure

    def __call__(self, values: Names) -> Fraction:
        """The exact value.

        Raises FormulaError on a division by zero, a log or sqrt outside its domain, and a value too long to be shown.
        """
        try:
            value = Fraction(self.closure(values))
        except ZeroDivisionError:
            raise FormulaError(f"the formula {self.text!r} divides by zero") from None
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_VALUE_BITS:
            raise FormulaError(f"the value of {self.text!r} is a fraction of more than {MAX_VALUE_BITS} bits; round it")
        return value


def parse(text: str, allowed: frozenset[str]) -> Formula:
    """A formula whose names are all in `allowed`. Raises FormulaError with the column, from 1, of what is not understood."""
    source = text.strip()
    if len(source) > MAX_FORMULA_CHARACTERS:
        raise FormulaError(f"a formula has at most {MAX_FORMULA_CHARACTERS} characters, this one has {len(source)}")
    for column, character in enumerate(source, start=1):
        if not character.isascii():  # names would be normalised, and columns counted in bytes
            raise FormulaError(f"{character!r} (column {column}) is not a character of a formula")
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FormulaError(f"{source!r} is not an expression") from None
    parser = _Parser(source, allowed)
    closure = parser.build(tree, 0)
    return Formula(source, frozenset(parser.used), closure)


class _Parser:
    """Turns the whitelisted nodes of one expression into closures and notes the names that it reads."""

    def __init__(self, source: str, allowed: frozenset[str]) -> None:
        self.source = source
        self.allowed = allowed
        self.used: set[str] = set()

    def build(self, node: ast.expr, depth: int) -> Closure:
        if depth > MAX_FORMULA_DEPTH:
            raise self._error(node, f"is nested deeper than {MAX_FORMULA_DEPTH}")
        match node:
            case ast.Constant():
                return self._literal(node)
            case ast.Name():
                return self._name(node)
            case ast.BinOp():
                return self._arithmetic(node, depth)
            case ast.UnaryOp():
                return self._unary(node, depth)
            case ast.Compare():
                return self._comparison(node, depth)
            case ast.BoolOp():
                return self._boolean(node, depth)
            case ast.IfExp():
                test, yes, no = (self.build(part, depth + 1) for part in (node.test, node.body, node.orelse))
                return lambda names: yes(names) if test(names) else no(names)
            case ast.Call():
                return self._call(node, depth)
        raise self._error(node, "is not allowed in a formula")

    def _error(self, node: ast.expr, why: str) -> FormulaError:
        text = ast.get_source_segment(self.source, node) or ""
        return FormulaError(f"{text[:60]!r} (column {node.col_offset + 1}) {why}")

    def _literal(self, node: ast.Constant) -> Closure:
        text = (ast.get_source_segment(self.source, node) or "").replace("_", "")
        plain = text.replace(".", "", 1).isdecimal()
        if type(node.value) not in (int, float) or not plain or len(text) > MAX_LITERAL_CHARACTERS:
            raise self._error(node, f"is not a plain decimal number of at most {MAX_LITERAL_CHARACTERS} characters")
        value = Fraction(text)
        return lambda names: value

    def _name(self, node: ast.Name) -> Closure:
        name = node.id
        if name not in self.allowed:
            raise self._error(node, f"is not a name that a formula knows; it knows {', '.join(sorted(self.allowed))}")
        self.used.add(name)
        return lambda names: names[name]

    def _arithmetic(self, node: ast.BinOp, depth: int) -> Closure:
        apply = _ARITHMETIC.get(type(node.op))
        if apply is None:
            raise self._error(node, "uses an operator other than + - * /")
        left, right = self.build(node.left, depth + 1), self.build(node.right, depth + 1)
        return lambda names: apply(Fraction(left(names)), Fraction(right(names)))

    def _unary(self, node: ast.UnaryOp, depth: int) -> Closure:
        operand = self.build(node.operand, depth + 1)
        match node.op:
            case ast.Not():
                return lambda names: not operand(names)
            case ast.USub():
                return lambda names: -Fraction(operand(names))
            case ast.UAdd():
                return lambda names: Fraction(operand(names))
        raise self._error(node, "uses an operator other than + - not")

    def _comparison(self, node: ast.Compare, depth: int) -> Closure:
        operands = [self.build(part, depth + 1) for part in (node.left, *node.comparators)]
        tests = [_COMPARISON.get(type(op)) for op in node.ops]
        if None in tests:
            raise self._error(node, "compares with something other than < <= > >= == !=")
        steps = [(test, *pair) for test, pair in zip(tests, pairwise(operands), strict=True) if test]
        return lambda names: all(test(Fraction(left(names)), Fraction(right(names))) for test, left, right in steps)

    def _boolean(self, node: ast.BoolOp, depth: int) -> Closure:
        parts = [self.build(part, depth + 1) for part in node.values]
        combine = all if isinstance(node.op, ast.And) else any
        return lambda names: combine(bool(part(names)) for part in parts)

    def _call(self, node: ast.Call, depth: int) -> Closure:
        function = _FUNCTIONS.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if function is None:
            raise self._error(node, f"calls something other than {', '.join(sorted(_FUNCTIONS))}")
        if node.keywords or not function.least <= len(node.args) <= function.most:
            raise self._error(node, f"takes {function.least} to {function.most} plain arguments")
        arguments = [self.build(part, depth + 1) for part in node.args]
        return lambda names: function.compute(*(Fraction(argument(names)) for argument in arguments))


@dataclass(frozen=True, slots=True)
class _Function:
    compute: Callable[..., Fraction]
    least: int
    most: int


def _round(value: Fraction, digits: Fraction = Fraction(0)) -> Fraction:
    """Half to even, as Python rounds."""
    if digits.denominator != 1 or not 0 <= digits <= DIGITS:
        raise FormulaError(f"round takes 0 to {DIGITS} digits, not {_short(digits)}")
    return Fraction(round(value, int(digits)))


def _decimal(value: Fraction) -> Decimal:
    """With more digits than the denominator has, so that log keeps its own for a value next to 1."""
    digits = DIGITS + value.denominator.bit_length()
    return Context(prec=digits).divide(Decimal(value.numerator), Decimal(value.denominator))


def _short(value: Fraction) -> str:
    return f"{_decimal(value):.6g}"


def _log(value: Fraction) -> Fraction:
    if value <= 0:
        raise FormulaError(f"log takes a number above 0, not {_short(value)}")
    return Fraction(_DECIMAL.ln(_decimal(value)))


def _sqrt(value: Fraction) -> Fraction:
    if value < 0:
        raise FormulaError(f"sqrt takes a number of at least 0, not {_short(value)}")
    return Fraction(_DECIMAL.sqrt(_decimal(value)))


_FUNCTIONS = {
    "abs": _Function(abs, 1, 1),
    "log": _Function(_log, 1, 1),
    "max": _Function(max, 2, 8),
    "min": _Function(min, 2, 8),
    "round": _Function(_round, 1, 2),
    "sqrt": _Function(_sqrt, 1, 1),
}
