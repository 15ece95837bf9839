import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader import yaml_source
from grader.errors import DefinitionError
from grader.limits import MAX_DEFINITION_BYTES

TEXT = """\
slug: tiny
grading:
  names:
    - one
    - two: 2
  size: 5
"""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    size: int = Field(gt=0)
    names: list[str]


def error_of(text: str) -> DefinitionError:
    with pytest.raises(DefinitionError) as caught:
        yaml_source.parse(text, "rules.yaml")
    return caught.value


def test_a_mapping_is_read() -> None:
    assert yaml_source.parse(TEXT, "rules.yaml").data["grading"]["size"] == 5


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("slug",), 1),
        (("grading",), 2),
        (("grading", "names"), 3),
        (("grading", "names", 1), 5),
        (("grading", "names", 1, "two"), 5),
        (("grading", "size"), 6),
        (("grading", "absent"), 2),
        (("grading", "names", 7), 3),
    ],
)
def test_a_path_has_the_line_of_its_deepest_part(path: tuple[str | int, ...], line: int) -> None:
    assert yaml_source.parse(TEXT, "rules.yaml").line(path) == line


def test_an_error_names_file_and_line() -> None:
    error = yaml_source.parse(TEXT, "rules.yaml").error("is too small", ("grading", "size"))

    assert str(error) == "rules.yaml, line 6: is too small"
    assert error.line == 6


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "the key 'a' stands twice"),
        ("a:\n  - b: 1\n    b: 2\n", 3, "the key 'b' stands twice"),
        ("a: &x 1\nb: *x\n", 2, "aliases are not used here"),
        ("a: 1\n\tb: 2\n", 2, "this is not YAML"),
        ("a: 1\nb: [1, 2\n", 3, "this is not YAML"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("a: !!python/object/apply:os.getcwd []\n", 1, "could not determine a constructor"),
        ("? [a]\n: b\n", 1, "unhashable"),
        ("- a\n- b\n", 1, "a definition is a mapping"),
        ("just text", 1, "a definition is a mapping"),
        ("", 1, "a definition is a mapping"),
    ],
)
def test_what_is_no_plain_mapping_is_refused_with_its_line(text: str, line: int, part: str) -> None:
    error = error_of(text)

    assert part in str(error)
    assert error.line == line


@pytest.mark.parametrize("text", ["a: \x00", "a: 2026-13-45", "[" * 1_000, "a: " + "{b: " * 1_000])
def test_what_yaml_itself_cannot_take_is_refused(text: str) -> None:
    assert "this is not YAML" in str(error_of(text))


def test_an_alias_that_would_grow_without_end_is_never_expanded() -> None:
    bomb = "a: &a [1, 1]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(50))

    assert error_of(bomb).line == 2


def test_a_definition_has_a_largest_size() -> None:
    assert "is longer than 65,536 bytes" in str(error_of("a: " + "é" * (MAX_DEFINITION_BYTES // 2)))


def test_all_findings_of_a_validation_stand_in_one_error_by_line() -> None:
    source = yaml_source.parse(TEXT, "rules.yaml")
    with pytest.raises(ValidationError) as caught:
        Part.model_validate(source.data["grading"] | {"size": -1, "sice": 2})

    error = source.validation_error(caught.value, ("grading",))

    assert error.line == 2
    assert str(error) == (
        "rules.yaml, line 2: grading.sice: this key is not known here, got '2'; "
        "line 5: grading.names.1: Input should be a valid string, got \"{'two': 2}\"; "
        "line 6: grading.size: Input should be greater than 0, got '-1'"
    )


@pytest.mark.parametrize(
    ("path", "column"), [((), 1), (("grading",), 1), (("grading", "names"), 3), (("grading", "names", 1, "two"), 7)]
)
def test_a_path_has_the_column_of_its_deepest_part(path: tuple[str | int, ...], column: int) -> None:
    assert yaml_source.parse(TEXT, "rules.yaml").place(path)[1] == column


@pytest.mark.parametrize(("text", "place"), [("a: 1\nb: [1, 2\n", (3, 1)), ("ab: 1\ncd: 2\nab: 3\n", (3, 1))])
def test_what_is_no_mapping_has_a_column(text: str, place: tuple[int, int]) -> None:
    [finding] = error_of(text).findings

    assert (finding.line, finding.column) == place


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("a: 1 # one\nb: 2\n", "a: x # one\nb: 2\n"),
        ("a:\n  c: 1\n  d: [1]\n\n# two\nb: 2\n", "a:\n  x\n\n# two\nb: 2\n"),
        ("a: {c: 1} # one\nb: 2\n", "a: {x} # one\nb: 2\n"),
        ("é: é\na:\n  - 1\n  - c: 2\nb: 2\n", "é: é\na:\n  x\nb: 2\n"),
    ],
)
def test_a_value_is_replaced_and_everything_around_it_stays(text: str, changed: str) -> None:
    assert yaml_source.parse(text, "rules.yaml").replaced(("a",), "x", text) == changed


def test_a_value_that_is_not_there_cannot_be_replaced() -> None:
    with pytest.raises(DefinitionError, match=r"a\.c is missing"):
        yaml_source.parse("a: {b: 1}", "rules.yaml").replaced(("a", "c"), "x", "a: {b: 1}")
