"""Any two columns over HTTP: the four forms, who sees what, and the ETag."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from grader.facts import Macs, SplitResult
from models.gradings import Grading
from tests.app.world import World, change_rules, hand_in, live_grading, scored_report, settle

Open = Callable[[str | None], TestClient]
PARETO = "/competitions/demo/pareto"
FLOPS = f"{PARETO}?x=flops_effective&y=accuracy"
SVG = "{http://www.w3.org/2000/svg}"


def graded(records: Database, world: World, name: str, macs: int | None, correct: int) -> int:
    """A submission of so many effective multiply-accumulates and so many correct of 100 images."""
    number = hand_in(records, world, name, file=f"{name} {macs} {correct}")
    report = replace(
        scored_report(Fraction(1, 2)), macs=Macs(1000, 900, macs), splits={"test": SplitResult(100, correct)}
    )
    settle(records, number, Fraction(1, 2), report=report)
    return number


def declare(records: Database, number: int, **declared: float | str) -> None:
    with records.write() as session:
        grading = live_grading(session, number)
        grading.report = {**(grading.report or {}), "series": {"declared": declared}}


def ask(client: TestClient, path: str = FLOPS) -> dict[str, Any]:
    response = client.get(path)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def test_points_come_from_the_best_x_on_with_their_frontier(program: Open, records: Database, world: World) -> None:
    for name, macs, correct in (("ada", 300, 90), ("grace", 100, 80), ("alan", 200, 70)):
        graded(records, world, name, macs, correct)

    found = ask(program("ada"))

    assert [(each["x"], each["y"], each["on_frontier"]) for each in found["points"]] == [
        (200, 0.8, True),
        (400, 0.7, False),
        (600, 0.9, True),
    ]
    assert [each["y_exact"] for each in found["points"]] == ["4/5", "7/10", "9/10"]
    assert (found["x"]["better"], found["y"]["better"], found["left_out"]) == ("low", "high", 0)


def test_the_good_end_of_a_column_may_be_turned_round(program: Open, records: Database, world: World) -> None:
    graded(records, world, "ada", 300, 90)
    graded(records, world, "grace", 100, 80)

    found = ask(program("ada"), FLOPS + "&x_better=high")

    assert [each["on_frontier"] for each in found["points"]] == [True, False]


def test_without_columns_it_is_what_the_score_is_about(program: Open, records: Database, world: World) -> None:
    graded(records, world, "ada", 300, 90)

    found = ask(program("ada"), PARETO)

    assert (found["x"]["name"], found["y"]["name"]) == ("sparsity", "accuracy")


def test_a_submission_that_lacks_a_number_is_left_out_and_counted(
    program: Open, records: Database, world: World
) -> None:
    graded(records, world, "ada", None, 90)
    graded(records, world, "grace", 100, 80)

    found = ask(program("ada"))

    assert (len(found["points"]), found["left_out"]) == (1, 1)


@pytest.mark.parametrize("name", ["speed", "declared.speed", "__class__"])
def test_an_unknown_column_is_told_with_those_that_there_are(program: Open, name: str) -> None:
    response = program("ada").get(f"{PARETO}?x={name}")

    assert (response.status_code, response.json()["code"]) == (422, "column-unknown")
    assert response.headers["content-type"] == "application/problem+json"
    assert {"score", "accuracy", "flops_effective", "received_at"} <= set(response.json()["known"])


@pytest.mark.parametrize("column", ["score", "correct", "zeros", "parameters", "macs_dense", "macs_nonzero", "flops"])
def test_each_measured_column_can_be_plotted(program: Open, records: Database, world: World, column: str) -> None:
    graded(records, world, "ada", 100, 90)

    [point] = ask(program("ada"), f"{PARETO}?x={column}&y=file_bytes")["points"]

    values = {"score": 0.5, "correct": 90, "zeros": 300_000, "parameters": 592_933, "macs_dense": 1000, "flops": 2000}
    assert point["x"] == values.get(column, 900)
    assert point["y"] == 1000


def test_time_is_a_column_too(program: Open, records: Database, world: World) -> None:
    graded(records, world, "ada", 100, 90)

    [point] = ask(program("ada"), f"{PARETO}?x=received_at")["points"]

    assert point["x"] == point["received_at"]


def test_numbers_that_students_declare_are_columns_and_marked(
    program: Open, browser: Open, records: Database, world: World
) -> None:
    declare(records, graded(records, world, "ada", 100, 90), training_seconds=812.0, method="L1 norm")

    found = ask(program("grace"), f"{PARETO}?x=declared.training_seconds")

    assert (found["points"][0]["x"], found["x"]["is_declared"]) == (812, True)
    assert "declared.method" not in found["columns"]
    assert "(self-declared)" in browser("grace").get(f"{PARETO}?x=declared.training_seconds").text


def test_mine_are_all_of_ones_own_and_nobody_elses(program: Open, records: Database, world: World) -> None:
    own = [graded(records, world, "ada", macs, 90) for macs in (300, 200)]
    graded(records, world, "grace", 100, 80)

    found = ask(program("ada"), FLOPS + "&of=mine")

    assert [each["submission_id"] for each in found["points"]] == own[::-1]
    assert ask(program("alan"), FLOPS + "&of=mine")["points"] == []


def test_staff_plot_what_they_tried(program: Open, records: Database, world: World) -> None:
    number = graded(records, world, "instructor", 300, 90)

    assert ask(program("instructor"))["points"] == []
    assert [each["submission_id"] for each in ask(program("instructor"), FLOPS + "&of=mine")["points"]] == [number]


def test_others_are_aliases_without_numbers_except_to_staff(
    program: Open, browser: Open, records: Database, world: World
) -> None:
    graded(records, world, "grace", 100, 80)

    [point] = ask(program("ada"))["points"]
    texts = [client.get(FLOPS).text for client in (program("ada"), browser("ada"))]
    texts.append(program("ada").get(FLOPS + "&format=csv").text)

    assert (point["submission_id"], point["is_own"]) == (None, False)
    assert not any("grace" in text.lower() or "/submissions/1" in text for text in texts)
    assert ask(program("instructor"))["points"][0]["submission_id"] == 1


def test_csv_has_a_row_for_each_point(program: Open, records: Database, world: World) -> None:
    graded(records, world, "ada", 100, 80)
    with records.write() as session:
        session.scalars(select(Grading)).one().submission.entrant.alias = "=1+1"

    response = program("ada").get(FLOPS, headers={"Accept": "text/csv"})

    [row] = csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"), newline=""))
    assert (row["name"], row["flops_effective"], row["accuracy"]) == ("'=1+1", "200", "0.8")
    assert (row["rank"], row["you"], row["on_frontier"], row["submission"]) == ("1", "yes", "yes", "1")
    assert response.headers["content-type"].startswith("text/csv")
    assert response.headers["content-disposition"] == 'attachment; filename="demo-pareto.csv"'


def test_the_drawing_is_the_same_for_the_same_points(program: Open, records: Database, world: World) -> None:
    graded(records, world, "ada", 100, 80)
    graded(records, world, "grace", 90_000, 90)

    light, again, dark = (
        program("ada").get(FLOPS + f"&format=svg&theme={theme}") for theme in ("light", "light", "dark")
    )

    assert light.content == again.content != dark.content
    assert light.headers["content-type"] == "image/svg+xml"
    assert light.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-top-navigation-by-user-activation; "
        "frame-ancestors 'self'"
    )
    words = " ".join(ElementTree.fromstring(light.content).itertext())
    assert "FLOPs, effective (low is better)" in words
    assert "yours" in words


@pytest.mark.parametrize("x", ["received_at", "sparsity", "score", "declared.costs"])
def test_every_kind_of_column_can_be_drawn(program: Open, records: Database, world: World, x: str) -> None:
    for cost, name in enumerate(("ada", "grace"), start=1):
        declare(records, graded(records, world, name, 100, 80), costs=10.0**cost)

    response = program("ada").get(f"{PARETO}?x={x}&format=svg")

    assert response.status_code == 200
    assert ElementTree.fromstring(response.content).tag == f"{SVG}svg"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("image/svg+xml", "image/svg+xml"),
        ("text/csv;q=0.9, application/json;q=0.1", "text/csv; charset=utf-8"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("*/*", "application/json"),
        ("application/pdf", "application/json"),
    ],
)
def test_without_a_format_it_is_what_the_caller_takes(program: Open, accept: str, kind: str) -> None:
    response = program("ada").get(FLOPS, headers={"Accept": accept})

    assert response.headers["content-type"] == kind
    assert "Accept" in response.headers["vary"]


@pytest.mark.parametrize(("name", "opened"), [("ada", 1), ("instructor", 2)])
def test_a_point_tells_its_entry_and_opens_what_one_may_see(
    program: Open, records: Database, world: World, name: str, opened: int
) -> None:
    numbers = [graded(records, world, "ada", 100, 80), graded(records, world, "grace", 90, 70)]

    drawn = ElementTree.fromstring(program(name).get(FLOPS + "&format=svg").content)

    told = [each.text or "" for each in drawn.iter(f"{SVG}title")][1:]  # the first is the drawing's own
    assert [each.partition(", rank")[2] for each in told] == [
        " 1, FLOPs, effective 180, Accuracy 70.00 %",
        " 1, FLOPs, effective 200, Accuracy 80.00 %",
    ]
    links = {each.get("href") for each in drawn.iter(f"{SVG}a")}
    assert links == {f"/submissions/{number}" for number in numbers[:opened]}


def test_a_drawing_without_points_is_empty(program: Open) -> None:
    drawn = program("ada").get(FLOPS + "&format=svg")

    assert (drawn.status_code, ElementTree.fromstring(drawn.content).tag) == (200, f"{SVG}svg")


def test_students_words_are_never_mathematics_or_markup(program: Open, records: Database, world: World) -> None:
    declare(records, graded(records, world, "ada", 100, 80), **{"$\\frac{<b>": 1.0})

    drawn = program("ada").get(PARETO, params={"x": "declared.$\\frac{<b>", "format": "svg"})

    assert "$\\frac{<b> (self-declared)" in " ".join(ElementTree.fromstring(drawn.content).itertext())


def test_the_page_has_the_drawing_and_every_figure(browser: Open, records: Database, world: World) -> None:
    graded(records, world, "ada", 2_347_048, 80)

    page = browser("ada").get(FLOPS).text

    assert page.count("format=svg&amp;theme=") == 2
    assert "4,694,096</span>" in page
    assert '<option value="flops_effective" selected>' in page
    assert "Pareto</abbr>" in page


def test_the_board_marks_its_frontier(program: Open, browser: Open, records: Database, world: World) -> None:
    graded(records, world, "ada", 100, 80)
    graded(records, world, "grace", 100, 70)

    found = ask(program("ada"), "/competitions/demo/leaderboard")
    page = browser("ada").get("/competitions/demo/leaderboard").text

    assert sorted((row["accuracy"], row["on_frontier"]) for row in found["rows"]) == [(0.7, False), (0.8, True)]
    assert page.count("Pareto</abbr>") == 1
    assert "/competitions/demo/pareto?of=counting&amp;format=svg" in page


def test_it_answers_304_until_something_changes(program: Open, records: Database, world: World) -> None:
    graded(records, world, "ada", 100, 80)
    client = program("ada")
    etag = client.get(FLOPS).headers["etag"]

    def status(path: str = FLOPS) -> int:
        return client.get(path, headers={"If-None-Match": etag}).status_code

    assert status() == 304
    drawn = client.get(FLOPS + "&format=svg").headers
    kept = client.get(FLOPS + "&format=svg", headers={"If-None-Match": drawn["etag"]})
    assert (kept.status_code, kept.headers["content-security-policy"]) == (304, drawn["content-security-policy"])
    assert status(FLOPS + "&format=csv") == status(FLOPS + "&of=mine") == status(FLOPS + "&x_better=high") == 200
    graded(records, world, "grace", 100, 70)
    assert status() == 200


def test_what_staff_tried_changes_the_etag_of_their_own_plot(program: Open, records: Database, world: World) -> None:
    graded(records, world, "instructor", 100, 80)
    client = program("instructor")
    etag = client.get(FLOPS + "&of=mine").headers["etag"]

    graded(records, world, "instructor", 100, 70)

    assert client.get(FLOPS + "&of=mine", headers={"If-None-Match": etag}).status_code == 200


def test_a_hidden_board_has_no_plot(program: Open, records: Database, world: World) -> None:
    change_rules(records, world, "scores: shown", "scores: staff")

    response = program("ada").get(FLOPS)

    assert (response.status_code, response.json()["code"]) == (403, "board-hidden")
    assert program("instructor").get(FLOPS).status_code == 200
