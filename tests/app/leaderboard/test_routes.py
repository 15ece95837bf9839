"""The board over HTTP: who stands on it, what each reader sees, and the ETag."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.clock import db_now
from app.courses import service as courses
from app.database import Database
from app.leaderboard import ranking
from app.leaderboard.ranking import Candidate, Rule
from app.leaderboard.standings import standings
from models.accounts import User
from models.competitions import Competition
from models.courses import Course, Role
from models.gradings import Grading, State
from models.submissions import Submission, Via
from tests.app.world import STUDENTS, World, change_rules, hand_in, scored_report, settle

Open = Callable[[str | None], TestClient]
BOARD = "/competitions/demo/leaderboard"


def scored(records: Database, world: World, name: str, score: Fraction) -> int:
    number = hand_in(records, world, name)
    settle(records, number, score)
    return number


def become(records: Database, world: World, name: str, role: Role) -> None:
    with records.write() as session:
        courses.add_member(session, world.course_id, world.people[name].id, role)


def rows(client: TestClient) -> list[dict[str, Any]]:
    response = client.get(BOARD)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["rows"]
    return found


def test_an_empty_board_is_a_board(program: Open, browser: Open) -> None:
    assert rows(program("ada")) == []
    assert browser("ada").get(BOARD).status_code == 200


def test_equal_scores_share_a_rank(program: Open, records: Database, world: World) -> None:
    for name, score in {"ada": Fraction(3, 4), "grace": Fraction(3, 4), "alan": Fraction(1, 2)}.items():
        scored(records, world, name, score)

    assert [row["rank"] for row in rows(program("ada"))] == [1, 1, 3]
    assert [row["score_exact"] for row in rows(program("ada"))] == ["3/4", "3/4", "1/2"]


def test_scores_that_are_equal_as_floats_alone_rank_apart(program: Open, records: Database, world: World) -> None:
    less, more = Fraction(2**80, 2**81 - 1), Fraction(2**80 + 1, 2**81 - 1)
    assert float(less) == float(more)
    scored(records, world, "ada", less)
    scored(records, world, "grace", more)

    found = rows(program("ada"))

    assert [row["rank"] for row in found] == [1, 2]
    assert [row["is_own"] for row in found] == [False, True]


def test_the_last_scored_submission_counts(program: Open, records: Database, world: World) -> None:
    scored(records, world, "ada", Fraction(9, 10))
    scored(records, world, "ada", Fraction(1, 10))

    [row] = rows(program("ada"))

    assert (row["score_exact"], row["entries"]) == ("1/10", 2)


@pytest.mark.parametrize("state", [State.REJECTED, State.FAILED, None])
def test_what_is_not_scored_displaces_nothing(
    program: Open, records: Database, world: World, state: State | None
) -> None:
    scored(records, world, "ada", Fraction(1, 2))
    later = hand_in(records, world, "ada")
    if state is not None:
        settle(records, later, state=state)

    assert [row["score_exact"] for row in rows(program("ada"))] == ["1/2"]


@pytest.mark.parametrize("name", ["instructor", "admin"])
def test_staff_never_rank(program: Open, records: Database, world: World, name: str) -> None:
    scored(records, world, name, Fraction(1))
    scored(records, world, "ada", Fraction(1, 2))

    assert [row["score_exact"] for row in rows(program(name))] == ["1/2"]


def test_what_staff_handed_in_never_ranks_even_when_they_are_students_again(
    program: Open, records: Database, world: World
) -> None:
    become(records, world, "ada", Role.TA)
    scored(records, world, "ada", Fraction(1))
    become(records, world, "ada", Role.STUDENT)
    assert rows(program("ada")) == []

    scored(records, world, "ada", Fraction(1, 2))
    assert [row["score_exact"] for row in rows(program("ada"))] == ["1/2"]


@pytest.mark.parametrize("change", ["staff", "admin", "removed"])
def test_whoever_is_no_student_any_more_leaves_the_board(
    program: Open, records: Database, world: World, change: str
) -> None:
    number = scored(records, world, "ada", Fraction(1))
    scored(records, world, "grace", Fraction(1, 2))
    client = program("grace")
    etag = client.get(BOARD).headers["etag"]
    with records.write() as session:
        course, ada = session.get_one(Course, world.course_id), session.get_one(User, world.people["ada"].id)
        match change:
            case "staff":
                courses.add_member(session, course.id, ada.id, Role.TA)
            case "admin":
                accounts.set_admin(session, ada.id, is_admin=True)
            case _:
                courses.remove_member(session, course, ada)

    assert [(row["rank"], row["score_exact"]) for row in rows(client)] == [(1, "1/2")]
    assert client.get(BOARD, headers={"If-None-Match": etag}).status_code == 200
    with records.read() as session:
        assert session.get_one(Submission, number).entrant_id not in standings(session, 1, Rule()).counted


def test_a_student_who_was_staff_for_a_while_ranks_as_before(program: Open, records: Database, world: World) -> None:
    scored(records, world, "ada", Fraction(1, 2))
    become(records, world, "ada", Role.TA)
    become(records, world, "ada", Role.STUDENT)

    assert [(row["score_exact"], row["entries"]) for row in rows(program("ada"))] == [("1/2", 1)]


def test_ones_own_row_is_marked_and_others_submissions_are_not_named(
    program: Open, records: Database, world: World
) -> None:
    own = scored(records, world, "ada", Fraction(3, 4))
    other = scored(records, world, "grace", Fraction(1, 2))

    assert [(row["is_own"], row["submission_id"]) for row in rows(program("ada"))] == [(True, own), (False, None)]
    assert [(row["is_own"], row["submission_id"]) for row in rows(program("instructor"))] == [
        (False, own),
        (False, other),
    ]


def test_the_board_names_nobody(program: Open, browser: Open, records: Database, world: World) -> None:
    scored(records, world, "grace", Fraction(1, 2))

    text = browser("ada").get(BOARD).text + program("ada").get(BOARD).text

    assert "grace" not in text.lower()
    assert "/submissions/1" not in text


def test_the_page_shows_what_the_json_says(program: Open, browser: Open, records: Database, world: World) -> None:
    for name in STUDENTS:
        scored(records, world, name, Fraction(1, 2 + STUDENTS.index(name)))

    page = browser("ada").get(BOARD).text

    aliases = [row["alias"] for row in rows(program("ada"))]
    places = [page.index(alias) for alias in aliases]
    assert places == sorted(places)


def test_the_board_answers_304_until_something_changes(program: Open, records: Database, world: World) -> None:
    scored(records, world, "ada", Fraction(1, 2))
    client = program("ada")
    etag = client.get(BOARD).headers["etag"]

    def ask() -> int:
        return client.get(BOARD, headers={"If-None-Match": etag}).status_code

    assert ask() == 304
    waiting = hand_in(records, world, "grace")
    assert ask() == 304  # nothing on the board has changed
    settle(records, waiting, Fraction(1, 3))
    assert ask() == 200


def test_304_has_no_body_and_the_same_etag(program: Open) -> None:
    client = program("ada")
    etag = client.get(BOARD).headers["etag"]

    response = client.get(BOARD, headers={"If-None-Match": etag})

    assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", etag)
    assert "private" in response.headers["cache-control"]


def regrade_as(records: Database, submission: int, score: Fraction | None) -> None:
    """Another grading takes the place of the one that counted."""
    with records.write() as session:
        old = session.scalars(select(Grading).where(Grading.submission_id == submission, Grading.is_live)).one()
        old.is_live = False
        session.flush()
        session.add(Grading(submission_id=submission, version_id=old.version_id, file_sha256=old.file_sha256))
    settle(records, submission, score, State.SCORED if score is not None else State.REJECTED)


@pytest.mark.parametrize("score", [Fraction(1, 3), Fraction(1, 2), None])
def test_a_regrading_changes_the_etag(program: Open, records: Database, world: World, score: Fraction | None) -> None:
    number = scored(records, world, "ada", Fraction(1, 2))
    before = program("ada").get(BOARD).headers["etag"]

    regrade_as(records, number, score)

    assert program("ada").get(BOARD).headers["etag"] != before


def test_each_reader_has_an_etag_of_their_own(program: Open, browser: Open, records: Database, world: World) -> None:
    etags = {client.get(BOARD).headers["etag"] for client in (program("ada"), program("grace"), browser("ada"))}

    assert len(etags) == 3


def test_whoever_becomes_staff_sees_the_board_anew(program: Open, records: Database, world: World) -> None:
    before = program("ada").get(BOARD).headers["etag"]
    with records.write() as session:
        courses.add_member(session, world.course_id, world.people["ada"].id, Role.TA)

    assert program("ada").get(BOARD, headers={"If-None-Match": before}).status_code == 200


def test_a_hidden_board_is_for_staff(program: Open, browser: Open, records: Database, world: World) -> None:
    scored(records, world, "ada", Fraction(1, 2))
    change_rules(records, world, "scores: shown", "scores: staff")

    response = program("ada").get(BOARD)

    assert (response.status_code, response.json()["code"]) == (403, "board-hidden")
    assert browser("ada").get(BOARD).status_code == 403
    assert len(rows(program("instructor"))) == 1


MOVES = st.lists(
    st.tuples(
        st.sampled_from(STUDENTS),
        st.fractions(0, 1, max_denominator=3),
        st.integers(0, 2),
        st.booleans(),
        st.sampled_from([None, True, False]),
    ),
    max_size=8,
)
RULES = st.builds(Rule, best=st.booleans(), lower_is_better=st.booleans())


@rules(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MOVES, RULES)
def test_the_database_picks_the_submissions_that_the_rule_picks(
    records: Database, world: World, moves: list[tuple[str, Fraction, int, bool, bool | None]], rule: Rule
) -> None:
    candidates = []
    with records.write() as session:
        for table in (Grading, Submission):
            session.execute(delete(table))
        now = session.execute(select(db_now())).scalar_one()
        for name, score, minute, ends, meets in moves:
            received = now + timedelta(minutes=minute)
            submission = add_scored(session, world, name, score if ends else None, received, meets)
            if ends:
                candidate = Candidate(submission.entrant_id, submission.id, score, received, meets is not False)
                candidates.append(candidate)

    with records.read() as session:
        found = [each.candidate for each in standings(session, 1, rule).scored]

    assert ranking.order(found, rule) == ranking.order(chosen(candidates, rule), rule)


def chosen(candidates: Iterable[Candidate], rule: Rule) -> Iterable[Candidate]:
    """The rule, said once more: the one that displaces none of its entrant's others, told by comparing pairs."""
    found = list(candidates)
    for each in found:
        rivals = [other for other in found if other.entrant_id == each.entrant_id and other is not each]
        if all(displaces(each, other, rule) for other in rivals):
            yield each


def displaces(one: Candidate, other: Candidate, rule: Rule) -> bool:
    later = (one.received_at, one.submission_id) > (other.received_at, other.submission_id)
    if not rule.best or not (one.meets or other.meets):
        return later
    if one.meets != other.meets:
        return one.meets
    if one.score == other.score:
        return not later
    return (one.score < other.score) is rule.lower_is_better


def add_scored(
    session: Session, world: World, name: str, score: Fraction | None, received: datetime, meets: bool | None = None
) -> Submission:
    """A submission with a score, or one that waits for it."""
    competition = session.get_one(Competition, 1)
    user = session.get_one(User, world.people[name].id)
    entrant = courses.entrant_for(session, competition, user, Random())
    submission = Submission(entrant=entrant, user_id=user.id, received_at=received, via=Via.API)
    grading = Grading(version_id=world.version_id, file_sha256="0" * 64)
    if score is not None:
        grading.state, grading.finished_at = State.SCORED, received
        grading.score, grading.score_exact = float(score), str(score)
        grading.report, grading.ranks = scored_report(score).as_json(), meets
    submission.gradings = [grading]
    session.add(submission)
    session.flush()
    return submission
