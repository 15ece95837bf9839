"""What is held of a person: handed out to them, and forgotten, without anybody else noticing."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from app.storage import Stored
from app.submissions import products
from grader import messages
from grader.errors import Finding
from models.accounts import User
from models.artifacts import ArtifactKind
from models.audit import AuditEntry
from models.gradings import State
from models.moderation import Disqualification
from models.rosters import RosterImport
from tests.app import term
from tests.app.time_travel import Clock
from tests.app.world import World, hand_in, live_grading, rejected_report, settle, store_bytes

Open = Callable[[str | None], TestClient]


def held(client: TestClient, address: str = "/account/data") -> zipfile.ZipFile:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(answer.content))


def table(archive: zipfile.ZipFile, name: str) -> Any:
    return json.loads(archive.read(f"{name}.json"))


def erase(browser: Open, world: World, name: str) -> Any:
    address = f"/people/{world.people[name].id}/erasure"
    return browser("admin").post(address, data={"email": world.people[name].email})


@pytest.fixture
def handed_in(service: FastAPI, records: Database, world: World) -> dict[str, int]:
    """Ada leads; Ada and Grace handed in the same bytes once, and Ada others as well."""
    store = service.state.services.store
    shared, own, made = (store_bytes(store, content).sha256 for content in (b"shared", b"own", b"made"))
    numbers = {
        "shared": hand_in(records, world, "ada", sha256_hex=shared),
        "grace": hand_in(records, world, "grace", sha256_hex=shared),
        "own": hand_in(records, world, "ada", sha256_hex=own),
    }
    for name, score in (("shared", 1), ("grace", 2), ("own", 3)):
        settle(records, numbers[name], Fraction(score, 4))
    with records.write() as session:
        grading = live_grading(session, numbers["own"])
        products.keep(session, grading.id, ArtifactKind.ONNX, "small.onnx", Stored(made, 4))
    return numbers


def test_a_person_has_everything_that_is_held_of_them(browser: Open, handed_in: dict[str, int]) -> None:
    archive = held(browser("ada"))

    assert table(archive, "account")["email"] == "ada@example.org"
    assert [each["id"] for each in table(archive, "submissions")] == [handed_in["shared"], handed_in["own"]]
    files = [archive.read(name) for name in archive.namelist() if name.startswith("files/")]
    assert files == [b"shared", b"own"]
    assert table(archive, "courses")[0]["course"] == "ml"
    assert b"token_sha256" not in archive.read("tokens.json") + archive.read("browsers.json")


def test_ones_own_data_is_no_way_to_the_private_board(
    browser: Open, records: Database, world: World, tmp_path: Path, clock: Clock
) -> None:
    term.apply(records, world, tmp_path)
    term.graded(records, world, "ada", 913, 868)

    [found] = table(held(browser("ada")), "submissions")

    assert found["private_score"] is None
    assert "868" not in json.dumps(found)


def decided(program: Open, world: World) -> None:
    """Staff give points, adjust, write notes and review Ada's entry."""
    staff, base = program("instructor"), "/competitions/demo"
    entrant = staff.get(f"{base}/finalists").json()["items"][0]["entrant_id"]
    for address, form in (
        (f"grades/{world.people['ada'].id}/hand-points", {"part": "top three", "points": "0.5", "note": "well done"}),
        (f"grades/{world.people['ada'].id}/adjustments", {"kind": "add", "value": "1", "reason": "told why"}),
        ("notes", {"entrant": str(entrant), "text": "secret note"}),
        (f"finalists/{entrant}", {"verdict": "confirmed", "checks": "own data", "note": "secret finding"}),
    ):
        answer = staff.post(f"{base}/{address}", data=form)
        assert answer.status_code == 200, (address, answer.text)


@pytest.fixture
def ended(records: Database, world: World, program: Open, tmp_path: Path, clock: Clock) -> Callable[..., None]:
    """Applies the term with one piece changed; Ada has handed in, staff have decided, and the term is over."""

    def apply(old: str = "", new: str = "") -> None:
        assert old in term.COURSE
        rules = term.COURSE.replace(old, new) + "  finalists: {top: 2, checks: [own data]}\n"
        term.apply(records, world, tmp_path, rules)
        clock.travel_to(term.at("2023-03-30 12:00"))
        term.graded(records, world, "ada", 913, 868)
        decided(program, world)
        clock.travel_to(term.at("2023-04-03 00:00:01"))

    return apply


def test_points_and_verdicts_are_told_once_they_are_out_and_notes_of_staff_never(
    browser: Open, ended: Callable[..., None], clock: Clock
) -> None:
    ended()

    after = held(browser("ada"))
    clock.travel_to(term.at("2023-03-30 13:00"))
    before = held(browser("ada"))

    assert [each["points"] for each in table(after, "points")] == ["0.5"]
    assert [each["reason"] for each in table(after, "adjustments")] == ["told why"]
    assert [each["action"] for each in table(after, "acts")] == ["points.give", "points.adjust", "finalist.review"]
    assert set(table(after, "acts")[-1]["detail"]["after"]) == {"verdict", "reason"}
    assert b"secret" not in b"".join(after.read(name) for name in after.namelist())
    assert (table(before, "points"), table(before, "adjustments"), table(before, "acts")) == ([], [], [])


@pytest.mark.parametrize(("old", "new"), [("shown: true", "shown: false"), ("top: 3}\n", "top: 3, scores: staff}\n")])
def test_what_staff_keep_is_not_told_and_an_administrator_has_all_of_it(
    browser: Open, world: World, ended: Callable[..., None], old: str, new: str
) -> None:
    ended(old, new)

    own, full = held(browser("ada")), held(browser("admin"), f"/people/{world.people['ada'].id}/data")

    assert (table(own, "points"), table(own, "adjustments")) == ([], [])
    assert not [each for each in table(own, "acts") if each["action"].startswith("points.")]
    assert [each["note"] for each in table(full, "points")] == ["well done"]
    assert [each["value"] for each in table(full, "adjustments")] == ["1"]
    assert {"note.add", "finalist.review", "points.give"} <= {each["action"] for each in table(full, "acts")}
    assert "secret finding" in json.dumps(table(full, "acts"))


def test_scores_that_staff_keep_are_not_told(browser: Open, ended: Callable[..., None]) -> None:
    ended("top: 3}\n", "top: 3, scores: staff}\n")

    [found] = table(held(browser("ada")), "submissions")

    assert (found["score"], found["private_score"]) == (None, None)
    kept = ("score", "score_exact", "scores", "splits", "full_credit", "ranks")
    assert [found["report"][name] for name in kept] == [None] * len(kept)


def test_only_administrators_have_the_data_of_others(browser: Open, world: World, handed_in: dict[str, int]) -> None:
    address = f"/people/{world.people['ada'].id}/data"

    assert table(held(browser("admin"), address), "account")["name"] == "Ada"
    assert browser("instructor").get(address).status_code == 403
    assert browser("ada").post(f"/people/{world.people['grace'].id}/erasure", data={}).status_code == 403


def test_an_erased_person_has_no_name_left_and_the_board_is_as_it_was(
    browser: Open, program: Open, world: World, handed_in: dict[str, int]
) -> None:
    before = program("grace").get("/competitions/demo/leaderboard").json()["rows"]
    grades = program("instructor").get("/competitions/demo/grades").json()["items"]

    assert erase(browser, world, "ada").status_code == 303

    after = program("grace").get("/competitions/demo/leaderboard").json()["rows"]
    assert [(row["rank"], row["score_exact"]) for row in after] == [(row["rank"], row["score_exact"]) for row in before]
    assert after[0]["alias"] != before[0]["alias"]
    assert len(program("instructor").get("/competitions/demo/grades").json()["items"]) == len(grades)
    pages = [browser("instructor").get(f"/competitions/demo/{name}").text for name in ("grades", "submissions")]
    assert not any("Ada" in page or "ada@example.org" in page for page in pages)
    assert browser("ada").get("/account").status_code != 200


def test_bytes_that_another_student_handed_in_too_stay(
    browser: Open, service: FastAPI, world: World, program: Open, handed_in: dict[str, int]
) -> None:
    files = service.state.services.store._files

    erase(browser, world, "ada")

    assert sorted(path.read_bytes() for path in files.rglob("*") if path.is_file()) == [b"shared"]
    shown = program("grace").get(f"/submissions/{handed_in['grace']}").json()["files"][0]
    assert program("grace").get(shown["url"]).content == b"shared"


def test_what_was_erased_says_so_and_is_not_graded_again(
    browser: Open, program: Open, world: World, handed_in: dict[str, int]
) -> None:
    staff = program("instructor")
    url = staff.get(f"/submissions/{handed_in['own']}").json()["files"][0]["url"]

    erase(browser, world, "ada")

    assert staff.get(url).json()["code"] == "file-erased"
    again = staff.post(f"/submissions/{handed_in['own']}/gradings")
    assert (again.status_code, again.json()["code"]) == (409, "file-erased")
    assert staff.get(f"/submissions/{handed_in['own']}").json()["score"] == 0.75


def written_down(records: Database, *entries: tuple[int | None, str, dict[str, Any]]) -> None:
    with records.write() as session:
        session.add_all(
            AuditEntry(actor_id=actor, action="x", subject=subject, detail=detail) for actor, subject, detail in entries
        )


def details(records: Database) -> list[dict[str, Any]]:
    with records.read() as session:
        return list(session.scalars(select(AuditEntry.detail).order_by(AuditEntry.id)))


def test_what_was_written_down_names_the_person_no_more(
    browser: Open, records: Database, world: World, handed_in: dict[str, int]
) -> None:
    ada = world.people["ada"].id
    told = {"told": ["mail to ADA@example.org about Ada", "Adam and an ada stay"]}
    written_down(
        records,
        (None, f"user:{ada}", told),
        (ada, "course:1", told),
        (None, f"submission:{handed_in['own']}", told),
        (None, "course:1", told | {"user": ada}),
    )

    erase(browser, world, "ada")

    cleaned = {"told": ["mail to (erased) about (erased)", "Adam and an ada stay"]}
    assert details(records)[:4] == [cleaned, cleaned, cleaned, cleaned | {"user": ada}]
    with records.read() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (last.action, last.actor_id) == ("person.erase", world.people["admin"].id)


def test_a_name_that_is_a_word_changes_no_entry_about_others(browser: Open, records: Database, world: World) -> None:
    with records.write() as session:
        session.get_one(User, world.people["ada"].id).name = "live"
    others = {"before": "live", "reason": "live, may be late", "changed": [{"email": "grace@example.org", "x": "live"}]}
    hers = {"changed": [{"email": "ada@example.org", "name": ["ada@example.org", "live"]}]}
    written_down(records, (world.people["instructor"].id, "competition:1", others), (None, "course:1", hers))

    erase(browser, world, "ada")

    assert details(records)[:2] == [others, {"changed": [{"email": "(erased)", "name": ["(erased)", "(erased)"]}]}]


def test_what_staff_wrote_about_somebody_alone_goes_and_what_they_wrote_about_a_file_too(
    browser: Open, program: Open, records: Database, world: World, handed_in: dict[str, int]
) -> None:
    numbers = {"submission": str(handed_in["own"])}
    program("instructor").post("/competitions/demo/disqualifications", data=numbers | {"reason": "Ada copied"})
    refused = hand_in(records, world, "ada", file="refused")
    problem = messages.problem(Finding("shape-mismatch", "ada_lovelace.pt: conv", "(3, 3)", "(4, 4)"))
    settle(records, refused, state=State.REJECTED, report=replace(rejected_report(), problems=(problem,)))

    erase(browser, world, "ada")

    with records.read() as session:
        assert session.scalars(select(Disqualification.reason)).all() == ["(erased)"]
        report = live_grading(session, refused).report
    assert report is not None
    assert [(each["code"], each["message"]) for each in report["problems"]] == [("shape-mismatch", "(erased)")]
    assert "lovelace" not in json.dumps(report)
    assert browser("instructor").get(f"/submissions/{refused}").status_code == 200


def test_no_roster_keeps_the_name_of_somebody_who_was_dropped(
    browser: Open, program: Open, records: Database, world: World
) -> None:
    staff = program("instructor")
    staff.post("/courses/ml/rosters", files={"file": ("roster.csv", b"Name,Email\nAda,ada@example.org\n", "text/csv")})
    staff.post(f"/courses/ml/people/{world.people['ada'].id}/removal")

    erase(browser, world, "ada")

    with records.read() as session:
        assert session.scalars(select(RosterImport)).all() == []


def test_nobody_is_erased_by_a_slip_and_no_administrator_at_all(browser: Open, world: World) -> None:
    admin, ada = world.people["admin"].id, world.people["ada"].id

    slip = browser("admin").post(f"/people/{ada}/erasure", data={"email": "grace@example.org"})

    assert slip.status_code == 422
    assert erase(browser, world, "admin").status_code == 409
    assert "Type the address once more" in browser("admin").get(f"/people/{ada}/erasure").text
    assert browser("admin").get(f"/people/{admin}/erasure").status_code == 200
