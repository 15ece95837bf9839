"""Table and figure of a run."""

import csv
import re
from pathlib import Path

import pytest

from kits.reference import figure, table
from kits.reference.course import BEST_OF_STUDENTS
from kits.reference.judging import Graded
from kits.reference.plan import DENSE, GRADUAL, MASKED, ONE_THRESHOLD, TITLES
from tests.kits.records import result

RESULTS = [
    result(DENSE, 0, 3_800, epochs=20),
    result(ONE_THRESHOLD, 300_000, 3_500),
    result(MASKED, 575_145, 3_700, epochs=6),
    result(GRADUAL, 581_074, 3_720, epochs=3),
]
GRADED = [Graded(each, "ab" * 32, str(each.score), ()) for each in RESULTS]
COMMITTED = Path(__file__).resolve().parents[2] / "kits" / "cmu-10605" / "results"


def test_each_file_has_a_row(tmp_path: Path) -> None:
    table.write_csv(GRADED, tmp_path / "table.csv")

    with (tmp_path / "table.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["step"] for row in rows] == [each.name for each in RESULTS]
    assert (rows[2]["zeros"], rows[2]["test_correct"], rows[2]["equal_to_service"]) == ("575145", "3700", "yes")
    assert rows[2]["score_exact"] == str(RESULTS[2].score)


def test_a_row_tells_where_the_service_differs(tmp_path: Path) -> None:
    wrong = [Graded(RESULTS[2], "", "", ("correct: 3700 here, 3699 by the service",))]

    table.write_csv(wrong, tmp_path / "table.csv")
    table.write_markdown(wrong, tmp_path / "table.md", [])

    for name in ("table.csv", "table.md"):
        assert "3700 here, 3699 by the service" in (tmp_path / name).read_text(encoding="utf-8")


def test_the_page_compares_with_the_course_and_its_best_student(tmp_path: Path) -> None:
    table.write_markdown(GRADED, tmp_path / "table.md", ["Made by nobody."])

    text = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert "Made by nobody." in text
    assert f"Best score: **{float(RESULTS[3].score):.4f}**" in text
    assert f"{BEST_OF_STUDENTS:.4f}" in text
    assert "| 4 masked retraining | 97.0% | 0.7461 |" in text


@pytest.mark.parametrize(
    ("points", "kept"),
    [
        ([(0.0, 0.8), (0.5, 0.7), (0.9, 0.75)], [(0.0, 0.8), (0.9, 0.75)]),
        ([(0.5, 0.7), (0.5, 0.6), (0.5, 0.7)], [(0.5, 0.7)]),
        ([(0.1, 0.5), (0.2, 0.5)], [(0.2, 0.5)]),
        ([], []),
    ],
)
def test_the_frontier_is_what_nothing_beats(points: list[tuple[float, float]], kept: list[tuple[float, float]]) -> None:
    assert figure.frontier(points) == kept


def test_equal_results_give_equal_figures(tmp_path: Path) -> None:
    figure.draw(RESULTS, tmp_path / "a.svg")
    figure.draw(list(reversed(RESULTS)), tmp_path / "b.svg")

    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_the_figure_names_every_method_and_the_courses_own_points(tmp_path: Path) -> None:
    figure.draw(RESULTS, tmp_path / "pareto.svg")

    words = re.sub(r"<[^>]*>", "", (tmp_path / "pareto.svg").read_text(encoding="utf-8"))
    for each in RESULTS:
        assert TITLES[each.method] in words
    assert "the course's own run" in words


def test_the_committed_table_is_of_files_that_the_service_graded_alike() -> None:
    with (COMMITTED / "table.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))

    assert {row["method"] for row in rows} == set(TITLES)
    assert {row["equal_to_service"] for row in rows} == {"yes"}
    for row in rows:
        assert float(row["sparsity"]) == pytest.approx(int(row["zeros"]) / int(row["parameters"]), abs=1e-6)
        assert float(row["test_accuracy"]) == pytest.approx(
            int(row["test_correct"]) / int(row["test_images"]), abs=1e-4
        )
