"""What the lines of a plot are labelled with, and that they end where their rule does."""

from fractions import Fraction
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from app.competitions import definition
from app.leaderboard import columns, drawing
from app.leaderboard.guide_lines import levels
from app.leaderboard.guides import guides
from app.leaderboard.plots import Of, Plot, Point
from tests.app.term import at
from tests.app.world import FOLDER


def plotted(name: str, x: str, y: str, *points: tuple[float, float]) -> Plot:
    rules = definition.load(FOLDER / f"{name}.yaml")
    known = columns.known(rules.grading.grading.lower_is_better)
    made = [
        Point("Quiet Otter", 1, True, Fraction(str(a)), Fraction(str(b)), False, at("2026-11-21 14:40"), number, False)
        for number, (a, b) in enumerate(points)
    ]
    return Plot(known[x], known[y], Of.COUNTING, made, 0, known, ZoneInfo("UTC"), guides(rules, x, y))


def words(plot: Plot) -> list[str]:
    drawn = ElementTree.fromstring(drawing.svg(plot, "light", opens_all=False))
    return [text.strip() for text in drawn.itertext() if text.strip()]


def test_scores_and_bounds_are_labelled_where_they_are_in_sight() -> None:
    found = words(plotted("cmu-10605", "sparsity", "accuracy", (0.2, 0.7), (0.9, 0.75)))

    assert {"0.5", "0.6", "0.7", "0.8", "equal score", "accuracy > 0.6 for a score and for full credit"} <= set(found)


def test_a_place_where_scores_are_close_has_finer_lines() -> None:
    found = words(plotted("cmu-10605", "sparsity", "accuracy", (0.9, 0.8), (0.96, 0.82)))

    assert {"0.86", "0.88"} <= set(found)
    assert "accuracy > 0.6 for a score and for full credit" not in found


def test_where_full_credit_begins_is_a_line_of_its_own() -> None:
    found = words(plotted("cmu-10605", "sparsity", "accuracy", (0.02, 0.65), (0.3, 0.62)))

    assert "score > 0.36 for full credit" in found


@pytest.mark.parametrize(
    ("name", "x", "points"),
    [("cmu-10605", "file_bytes", [(10.0, 0.5)]), ("ntu-hw13", "parameters", [(50_000, 0.7), (60_000, 0.8)])],
)
def test_a_plot_that_does_not_tell_the_score_has_no_equal_scores(
    name: str, x: str, points: list[tuple[float, float]]
) -> None:
    assert "equal score" not in words(plotted(name, x, "accuracy", *points))


def test_a_baseline_is_labelled_with_its_name() -> None:
    assert "strong baseline" in words(plotted("ntu-hw13", "parameters", "accuracy", (50_000, 0.7), (60_000, 0.8)))


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [
        (0.79, 0.91, ["0.80", "0.82", "0.84", "0.86", "0.88", "0.90"]),
        (0.31, 0.93, ["0.4", "0.5", "0.6", "0.7", "0.8", "0.9"]),
        (-700, 2400, ["-500", "0", "500", "1,000", "1,500", "2,000"]),
    ],
)
def test_levels_are_round_and_written_with_as_many_digits_as_they_need(
    low: float, high: float, written: list[str]
) -> None:
    assert list(levels(low, high).values()) == written
