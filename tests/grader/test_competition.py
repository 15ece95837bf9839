import json
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import competition
from grader.competition import Definition, Grading
from grader.errors import DefinitionError

BUILT_IN = sorted((Path(__file__).resolve().parents[2] / "competitions").glob("*.yaml"))
Write = Callable[..., Path]


@pytest.fixture
def write(tiny: Path, tmp_path: Path) -> Write:
    """The tiny definition with some texts replaced, beside its network."""

    def write_it(*replacements: tuple[str, str]) -> Path:
        text = (tiny / "tiny.yaml").read_text(encoding="utf-8")
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "tiny.keras.json").write_bytes((tiny / "tiny.keras.json").read_bytes())
        (tmp_path / "tiny.yaml").write_text(text, encoding="utf-8")
        return tmp_path / "tiny.yaml"

    return write_it


def error_of(path: Path) -> DefinitionError:
    with pytest.raises(DefinitionError) as caught:
        competition.load(path)
    return caught.value


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_a_built_in_competition_loads(path: Path) -> None:
    definition = competition.load(path)

    assert definition.slug == path.stem
    assert len(definition.grading.classes) == definition.classes
    assert definition.exact is None or definition.exact.parameters == 592_933


def test_a_network_that_is_too_heavy_is_told_with_its_line(write: Write) -> None:
    error = error_of(write(("  score: ", "  limits:\n    max_macs: 1\n  score: ")))

    assert "multiply-accumulates, `max_macs` allows 1" in str(error)
    assert "grading.limits" in str(error)
    assert error.line is not None


def test_there_are_built_in_competitions() -> None:
    assert {path.stem for path in BUILT_IN} >= {"cmu-10605", "cs6886", "demo"}


@pytest.mark.parametrize(
    ("old", "new", "line", "part"),
    [
        ("    names:", "    nmaes: 1\n    names:", 5, "grading.file.nmaes: this key is not known here"),
        ("slug: tiny\n", "", 1, "the key 'slug' is missing"),
        ("slug: tiny", "slug: Tiny!", 1, "slug: String should match pattern"),
        ("slug: tiny", "slug: -tiny", 1, "slug: String should match pattern"),
        ("slug: tiny", "slug: [tiny]", 1, "slug: Input should be a valid string"),
        ("keras-h5", "pickle", 4, "grading.file.format: Input should be 'keras-h5', 'pytorch' or 'onnx', got 'pickle'"),
        ('["my_*.h5"]', "[]", 5, "grading.file.names: Tuple should have at least 1 item"),
        ('["my_*.h5"]', "my_*.h5", 5, "grading.file.names: Input should be a valid tuple"),
        ("20000", "0", 6, "grading.file.max_bytes: Input should be greater than 0"),
        ("20000", "999999999999", 6, "grading.file.max_bytes: Input should be less than or equal to"),
        ("20000", "many", 6, "grading.file.max_bytes: Input should be a valid integer"),
        ("divide_by: 255", "divide_by: 0", 10, "grading.input.divide_by: Input should be greater than 0"),
        ("divide_by: 255", "divide_by: .inf", 10, "grading.input.divide_by: Input should be a finite number"),
        ("divide_by: 255", "mean: [.nan]", 10, "grading.input.mean.0: Input should be a finite number"),
        ("divide_by: 255", "std: [0]", 10, "grading.input.std.0: Input should be greater than 0"),
        ("divide_by: 255", "mean: [1, 2, 3]", 9, "`mean` has 3 numbers, the network's input 1 channels"),
        ("[red, green, blue]", "[red, green]", 11, "the network has 3 outputs, `classes` names 2"),
        ("[red, green, blue]", "[red, green, '']", 11, "grading.classes.2: String should have at least 1 character"),
        ("else 0", "else zero", 12, "'zero' (column 67) is not a name that a formula knows"),
        ("else 0", "", 12, "is not an expression"),
        ("score > 0.36", "rank > 0.36", 13, "'rank' (column 1) is not a name that a formula knows"),
        ("(accuracy", "(score", 12, "'score' (column 2) is not a name that a formula knows"),
        ("tiny.keras.json", "absent.json", 8, "absent.json cannot be read: "),
        ("tiny.keras.json", "../tiny.keras.json", 8, "lies in the folder of the definition"),
        ("tiny.keras.json", "..", 8, "cannot be read: "),
        ("tiny.keras.json", '""', 8, "cannot be read: "),
        ("tiny.keras.json", '"a\\0b"', 8, "cannot be read: "),
        ("tiny.keras.json", "tiny.yaml", 8, "tiny.yaml cannot be read: "),
        ("tiny.keras.json", "[1]", 8, "grading.network.keras_config: Input should be a valid dictionary"),
        ("tiny.keras.json", "{class_name: Other}", 7, "supported: 'Sequential' and 'Functional'"),
        ("keras_config: ", "torch: ", 8, "grading.network.torch: this key is not known here"),
    ],
)
def test_a_mistake_is_told_with_its_line(write: Write, old: str, new: str, line: int, part: str) -> None:
    error = error_of(write((old, new)))

    assert part in str(error)
    assert str(error).startswith("tiny.yaml, line ")
    assert error.line == line


@pytest.mark.parametrize("absent", ["file", "network", "classes", "score"])
def test_a_section_that_is_needed_is_told(write: Write, absent: str) -> None:
    error = error_of(write((f"  {absent}:", f"  x-{absent}:")))

    assert f"grading.{absent}: this key is missing" in str(error)
    assert f"grading.x-{absent}: this key is not known here" in str(error)


def test_all_mistakes_are_told_at_once(write: Write) -> None:
    error = error_of(write(("20000", "0"), ("divide_by", "divide"), ("else 0", "else nil")))

    assert [part in str(error) for part in ("grading.file.max_bytes", "grading.input.divide", "'nil'")] == [True] * 3


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")

    assert "absent.yaml: cannot be read" in str(error_of(tmp_path / "absent.yaml"))
    assert "binary.yaml: cannot be read" in str(error_of(tmp_path / "binary.yaml"))


def test_grading_is_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("slug: x\ngrading: 3\n", encoding="utf-8")

    assert str(error_of(tmp_path / "x.yaml")) == "x.yaml, line 2: `grading` is a mapping of keys to values"


def test_a_network_without_a_parameter_is_refused(write: Write) -> None:
    norm = {"name": "n", "scale": False, "center": False, "axis": [1], "epsilon": 0.001, "batch_input_shape": [None, 3]}
    network = {"class_name": "Sequential", "config": [{"class_name": "BatchNormalization", "config": norm}]}

    error = error_of(write(("tiny.keras.json", json.dumps(network))))

    assert "the network has no parameters; there is nothing to prune" in str(error)


def test_the_network_may_stand_in_the_definition_itself(tiny: Path, write: Write) -> None:
    inline = (tiny / "tiny.keras.json").read_text(encoding="utf-8")

    assert competition.load(write(("tiny.keras.json", inline))).digest == competition.load(tiny / "tiny.yaml").digest


def test_a_definition_stored_as_json_is_the_same_when_read_back(cmu: Definition) -> None:
    stored = json.loads(json.dumps(cmu.grading.model_dump(mode="json")))

    again = Definition(cmu.slug, Grading.model_validate(stored))

    assert again.digest == cmu.digest
    assert again.network == cmu.network
    assert again.score.text == cmu.score.text


def test_the_digest_is_the_same_in_another_folder_and_layout(tiny: Path, write: Write) -> None:
    moved = write(
        ("slug: tiny\n", "# a remark\nslug: tiny\n\n"), ("[red, green, blue]", "\n  - red\n  - green\n  - blue")
    )

    assert competition.load(moved).digest == competition.load(tiny / "tiny.yaml").digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("20000", "20001"),
        ('"my_*.h5"', '"my_*.h5", "x.h5"'),
        ("divide_by: 255", "divide_by: 256"),
        ("divide_by: 255", "divide_by: 255\n    mean: [0.5]"),
        ("divide_by: 255", "divide_by: 255\n    std: [0.5]"),
        ("[red, green, blue]", "[red, blue, green]"),
        ("accuracy > 0.6", "accuracy > 0.61"),
        ("score > 0.36", "score > 0.37"),
        ("  full_credit: score > 0.36\n", ""),
        ("  score: ", "  split: validation\n  score: "),
        ("  score: ", "  limits:\n    max_macs: 1000\n  score: "),
    ],
)
def test_the_digest_changes_with_any_rule(tiny: Path, write: Write, old: str, new: str) -> None:
    assert competition.load(write((old, new))).digest != competition.load(tiny / "tiny.yaml").digest


def test_the_digest_changes_with_the_network(tiny: Path, write: Write) -> None:
    path = write()
    network = (path.parent / "tiny.keras.json").read_text(encoding="utf-8")
    (path.parent / "tiny.keras.json").write_text(network.replace("softmax", "relu"), encoding="utf-8")

    assert competition.load(path).digest != competition.load(tiny / "tiny.yaml").digest


def test_rules_never_change_once_they_are_read(cmu: Definition) -> None:
    with pytest.raises(ValueError, match="frozen"):
        cmu.grading.file.max_bytes = 1  # type: ignore[misc]  # that it cannot be assigned is what is tested
