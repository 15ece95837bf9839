from decimal import Context, Decimal
from fractions import Fraction

import pytest

from grader import formula
from grader.errors import DefinitionError
from grader.formula import FormulaError
from grader.limits import MAX_FORMULA_CHARACTERS, MAX_FORMULA_DEPTH, MAX_LITERAL_CHARACTERS

VALUES = {"accuracy": Fraction(3, 5), "sparsity": Fraction(1, 3), "zeros": Fraction(197_644)}
NAMES = frozenset(VALUES)


def value_of(text: str) -> Fraction:
    return formula.parse(text, NAMES)(VALUES)


def refusal_of(text: str) -> str:
    with pytest.raises(FormulaError) as caught:
        value_of(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.6", Fraction(3, 5)),
        ("0.1 + 0.2", Fraction(3, 10)),
        (".5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        ("1_000.25", Fraction(4001, 4)),
        ("0.333333333333333333333333333", Fraction(333333333333333333333333333, 10**27)),
    ],
)
def test_a_literal_is_the_decimal_that_is_written(text: str, value: Fraction) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("8 / 4 / 2", 1),
        ("5 - 3 - 1", 1),
        ("-2 * -3", 6),
        ("--2", 2),
        ("+accuracy * 5", 3),
        ("1 / 3 * 3", 1),
    ],
)
def test_operators_bind_as_in_python(text: str, value: int) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 < 2 < 3", 1),
        ("1 < 3 < 2", 0),
        ("1 < 2 <= 2 == 2 >= 2 != 3 > 1", 1),
        ("accuracy > 0.6", 0),
        ("accuracy >= 0.6", 1),
        ("accuracy == 0.6", 1),
        ("not accuracy > 0.6", 1),
        ("accuracy > 0.6 or sparsity > 0", 1),
        ("accuracy > 0.6 and sparsity > 0", 0),
        ("3 and 2", 1),
        ("0 or 2", 1),
        ("(1 < 2) + (2 < 3)", 2),
    ],
)
def test_comparisons_and_conditions_are_1_or_0(text: str, value: int) -> None:
    assert value_of(text) == value


def test_a_conditional_computes_only_the_branch_that_is_taken() -> None:
    assert value_of("1 / 0 if accuracy > 0.6 else 7") == 7


def test_and_and_or_stop_where_the_answer_is_known() -> None:
    assert value_of("0 and 1 / 0") == 0
    assert value_of("1 or 1 / 0") == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("min(accuracy, sparsity)", Fraction(1, 3)),
        ("max(1, 3, 2)", 3),
        ("abs(-2.5)", Fraction(5, 2)),
        ("round(0.125, 2)", Fraction(12, 100)),
        ("round(0.375, 2)", Fraction(38, 100)),
        ("round(2.5)", 2),
        ("round(sparsity, 50)", Fraction(10**50 // 3, 10**50)),
        ("sqrt(0.25)", Fraction(1, 2)),
        ("log(1)", 0),
    ],
)
def test_functions_have_exact_values(text: str, value: Fraction) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(
    "argument",
    ["2", "0.6", "sparsity", "zeros", "1 / 7", "1 + 0.0000000000000000000000000001", "1 - 1 / 9999999999999"],
)
@pytest.mark.parametrize("function", ["log", "sqrt"])
def test_log_and_sqrt_have_50_correct_digits(function: str, argument: str) -> None:
    wide, narrow = Context(prec=200), Context(prec=50)
    exact = value_of(argument)
    number = wide.divide(Decimal(exact.numerator), Decimal(exact.denominator))

    expected = narrow.plus(wide.ln(number) if function == "log" else wide.sqrt(number))

    assert value_of(f"{function}({argument})") == Fraction(expected)


@pytest.mark.parametrize("text", ["1 / 0", "1 / (accuracy - 0.6)", "min(1, 2 / (1 - 1))"])
def test_a_division_by_zero_is_an_error_that_shows_the_formula(text: str) -> None:
    assert refusal_of(text) == f"the formula {text!r} divides by zero"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("log(0)", "log takes a number above 0, not 0"),
        ("log(-sparsity)", "log takes a number above 0, not -0.333333"),
        ("sqrt(-4)", "sqrt takes a number of at least 0, not -4"),
        ("round(1, 2.5)", "round takes 0 to 50 digits, not 2.5"),
        ("round(1, 51)", "round takes 0 to 50 digits, not 51"),
        ("round(1, -1)", "round takes 0 to 50 digits, not -1"),
    ],
)
def test_a_function_outside_its_domain_names_the_number(text: str, message: str) -> None:
    assert refusal_of(text) == message


def test_an_unknown_name_is_told_with_its_column_and_the_names_there_are() -> None:
    message = refusal_of("accuracy + sparsty")

    assert message.startswith("'sparsty' (column 12) ")
    assert message.endswith("it knows accuracy, sparsity, zeros")


def test_a_formula_tells_which_names_it_reads() -> None:
    assert formula.parse("accuracy if zeros > 0 else 0", NAMES).names == {"accuracy", "zeros"}


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("accuracy.real", 1),
        ("1 + accuracy ** 2", 5),
        ("zeros // 2", 1),
        ("zeros % 2", 1),
        ("1 << 2", 1),
        ("~zeros", 1),
        ("zeros[0]", 1),
        ("1 + pow(2, 3)", 5),
        ("__import__('os')", 1),
        ("accuracy.__class__()", 1),
        ("max(1)", 1),
        ("abs()", 1),
        ("round(number=1)", 1),
        ("min(1, 2, **zeros)", 1),
        ("min(1, *zeros)", 8),
        ("lambda: 1", 1),
        ("(zeros := 1)", 2),
        ("[1, 2]", 1),
        ("{1: 2}", 1),
        ("max([1 for _ in zeros], 2)", 5),
        ("f'{zeros}'", 1),
        ("'text'", 1),
        ("b'text'", 1),
        ("2 * 3j", 5),
        ("0x10", 1),
        ("0b1", 1),
        ("1 + 1e5", 5),
        ("True", 1),
        ("None", 1),
        ("...", 1),
        ("1 in zeros", 1),
        ("1 is 1", 1),
        ("await zeros", 1),
        ("accuracy × 2", 10),
        ("accuracy − 2", 10),
        ("accuracy\u00a0+ 1", 9),
        ("ａccuracy", 1),
        ("1 + ٣", 5),
        ("5" * (MAX_LITERAL_CHARACTERS + 1), 1),
    ],
)
def test_what_is_not_allowed_is_refused_with_its_column(text: str, column: int) -> None:
    with pytest.raises(FormulaError, match=rf"\(column {column}\)"):
        formula.parse(text, NAMES)


@pytest.mark.parametrize(
    "text",
    ["", "   ", "1 +", "1; 2", "x = 1", "(1", "accuracy\x00", "\ufeff1", "\ud800", "1 2", "01", "yield", "9" * 999],
)
def test_what_is_no_expression_is_refused_as_such(text: str) -> None:
    with pytest.raises(FormulaError):
        formula.parse(text, NAMES)


def test_a_formula_has_a_longest_length() -> None:
    assert value_of(" " * 5000 + "+".join(["1"] * 20) + " " * 5000) == 20
    assert refusal_of("1 " + "+ 1" * MAX_FORMULA_CHARACTERS).startswith("a formula has at most 1000 characters")


@pytest.mark.parametrize(
    "text", ["-" * 500 + "1", "(" * 400 + "1" + ")" * 400, "+".join(["1"] * 400), "abs(" * 80 + "1" + ")" * 80]
)
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(FormulaError):
        formula.parse(text, NAMES)


def test_nesting_is_allowed_to_its_limit() -> None:
    assert value_of("-" * MAX_FORMULA_DEPTH + "1") == 1
    assert "nested deeper" in refusal_of("-" * (MAX_FORMULA_DEPTH + 1) + "1")


@pytest.mark.parametrize("text", ["*".join(["9" * 30] * 20), "/".join(["9" * 30] * 20), "*".join(["log(3)"] * 20)])
def test_a_value_that_no_float_or_page_could_show_is_an_error(text: str) -> None:
    assert "bits; round it" in refusal_of(text)


def test_numbers_that_grow_on_the_way_can_be_rounded_away() -> None:
    product = "*".join(["log(3)"] * 25)

    assert 0 < value_of(f"round(sqrt(log(({product}) * ({product}))), 50)") < 3


def test_a_formula_error_is_an_error_of_the_definition() -> None:
    assert issubclass(FormulaError, DefinitionError)
