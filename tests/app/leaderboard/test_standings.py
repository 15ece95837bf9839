"""What counts is written down as it changes: after any act it is what is computed from nothing."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from app.clock import day, db_now
from app.courses import service as courses
from app.courses.queries import is_staff as is_staff_of
from app.database import Database
from app.leaderboard import computing, ranking, refreshing
from app.leaderboard.computing import MEETS
from app.leaderboard.eligibility import competes
from app.leaderboard.past import then_of
from app.leaderboard.ranking import Candidate, Ladder, Rule
from app.leaderboard.refreshing import mark_all
from app.leaderboard.standings import standings
from app.leaderboard.verifying import wrong
from app.records import open_database
from grader.splits import Part
from models.accounts import User
from models.competitions import Competition, CompetitionVersion
from models.courses import Course, Membership, Role
from models.entrants import Entrant, EntrantMember
from models.gradings import Grading, State
from models.moderation import Disqualification
from models.standings import Standing, StandingBook, StandingMark
from models.submissions import Submission, Via
from tests.app.world import STUDENTS, World, scored_report

Act = Callable[[Session, World, Random], object]
RULES = [("last", None), ("best", None), ("chosen", 2)]


def person(session: Session, world: World, random: Random) -> User:
    return session.get_one(User, world.people[random.choice(STUDENTS)].id)


def some(session: Session, random: Random, kind: type[Any]) -> Any:
    """A row of a table, or None where it has none."""
    found = session.scalars(select(kind).order_by(kind.id)).all()
    return random.choice(found) if found else None


def hand_in(session: Session, world: World, random: Random) -> None:
    user = person(session, world, random)
    if is_staff_of(session, world.course_id, user) is None:
        return
    entrant = courses.entrant_for(session, session.get_one(Competition, 1), user, random)
    received = datetime.now(UTC) - timedelta(hours=random.choice([0, 0, 30, 60]))
    is_staff = random.random() < 0.1
    submission = Submission(entrant=entrant, user_id=user.id, received_at=received, via=Via.API, is_staff=is_staff)
    submission.gradings = [Grading(version_id=world.version_id, file_sha256="0" * 64)]
    session.add(submission)
    session.flush()
    if random.random() < 0.8:
        end(session, submission.gradings[0], random)


def end(session: Session, grading: Grading, random: Random) -> None:
    """Ends a grading as a worker does: by a statement, of which the session's objects know nothing."""
    score, private = (Fraction(random.randrange(4), 3) for _ in range(2))
    values: dict[str, Any] = {"state": State.REJECTED, "finished_at": db_now()}
    if random.random() < 0.8:
        values |= {
            "state": State.SCORED,
            "score": float(score),
            "score_exact": str(score),
            "ranks": random.choice([None, True, False]),
            "report": scored_report(score).as_json(),
        }
    if values["state"] is State.SCORED and random.random() < 0.8:
        values |= {"private_score_exact": str(private), "private_ranks": random.choice([None, True, False])}
    session.execute(update(Grading).where(Grading.id == grading.id).values(**values))


def judge_again(session: Session, world: World, random: Random) -> None:
    """Another grading takes the place of the one that counts."""
    if (submission := some(session, random, Submission)) is None:
        return
    session.execute(update(Grading).where(Grading.submission_id == submission.id).values(is_live=False))
    grading = Grading(submission_id=submission.id, version_id=world.version_id, file_sha256="0" * 64)
    session.add(grading)
    session.flush()
    end(session, grading, random)


def retract(session: Session, world: World, random: Random) -> None:
    if (submission := some(session, random, Submission)) is not None:
        session.execute(delete(Submission).where(Submission.id == submission.id))


def choose(session: Session, world: World, random: Random) -> None:
    if (submission := some(session, random, Submission)) is not None:
        changed = update(Submission).where(Submission.id == submission.id)
        session.execute(changed.values(is_chosen=~Submission.is_chosen))


def disqualify(session: Session, world: World, random: Random) -> None:
    if (submission := some(session, random, Submission)) is None:
        return
    number = random.choice([None, submission.id])
    held = select(Disqualification).where(Disqualification.entrant_id == submission.entrant_id)
    if (known := session.scalars(held.limit(1)).one_or_none()) is not None:
        session.delete(known)
    else:
        session.add(Disqualification(entrant_id=submission.entrant_id, submission_id=number, reason="r"))


def move(session: Session, world: World, random: Random) -> None:
    """A person goes to another entrant, or alone."""
    member, entrant = some(session, random, EntrantMember), some(session, random, Entrant)
    if member is not None and random.random() < 0.7:
        member.entrant_id = entrant.id
    elif member is not None:
        session.delete(member)


def change_role(session: Session, world: World, random: Random) -> None:
    user = person(session, world, random)
    known = session.scalars(
        select(Membership).where(Membership.user_id == user.id, Membership.course_id == world.course_id)
    ).one_or_none()
    if known is None or random.random() < 0.6:
        courses.add_member(session, world.course_id, user.id, random.choice([Role.STUDENT, Role.STUDENT, Role.TA]))
    else:
        session.delete(known)


def make_admin(session: Session, world: World, random: Random) -> None:
    person(session, world, random).is_admin = random.random() < 0.3


def rename(session: Session, world: World, random: Random) -> None:
    if (entrant := some(session, random, Entrant)) is not None:
        entrant.alias = f"Quiet Otter {random.random()}"


def dissolve(session: Session, world: World, random: Random) -> None:
    """An entrant goes that has handed nothing in any more."""
    empty = select(Entrant.id).where(Entrant.id.not_in(select(Submission.entrant_id)))
    if (number := session.scalars(empty.order_by(Entrant.id).limit(1)).one_or_none()) is not None:
        session.execute(delete(Entrant).where(Entrant.id == number))


def change_rules(session: Session, world: World, random: Random) -> None:
    old = session.scalars(select(CompetitionVersion).order_by(CompetitionVersion.number.desc()).limit(1)).one()
    chosen, most = random.choice(RULES)
    board = old.definition["course"]["board"] | {"select": chosen, "choose": most}
    definition = old.definition | {
        "course": old.definition["course"] | {"board": board},
        "grading": old.definition["grading"] | {"lower_is_better": random.random() < 0.5},
    }
    values = {"competition_id": 1, "number": old.number + 1, "source": "s", "definition_digest": "0" * 64}
    session.add(CompetitionVersion(definition=definition, dataset_id=old.dataset_id, **values))


def change_zone(session: Session, world: World, random: Random) -> None:
    course = session.get_one(Course, world.course_id)
    course.time_zone = random.choice(["UTC", "Asia/Tokyo", "America/New_York"])


@pytest.fixture
def database_of(world: World) -> Iterator[Database]:
    with closing(open_database(world.database_url)) as database:
        yield database


ACTS: list[Act] = [
    *[hand_in] * 8,
    *[judge_again] * 3,
    *[disqualify] * 3,
    *[choose] * 2,
    *[change_rules] * 2,
    *(retract, move, change_role, make_admin, rename, dissolve, change_zone),
]


def rule_of(session: Session) -> Rule:
    """The rule of the version that holds, as the board's own code would have it."""
    newest = select(CompetitionVersion.definition).order_by(CompetitionVersion.number.desc()).limit(1)
    found = session.scalars(newest).one()
    board = found["course"]["board"]
    return Rule(board["select"] != "last", found["grading"]["lower_is_better"], board["choose"] or 0)


def check(session: Session, world: World) -> None:
    """The standings are what the gradings come to, with order, ranks, and what counted this morning."""
    rule, now = rule_of(session), datetime.now(UTC)
    zone = session.get_one(Course, world.course_id).time_zone
    true = computing.compute_all(session, 1, rule)
    for part in Part:
        found = standings(session, 1, rule, part)
        expected = {number: plain(each) for number, each in true[part].items()}
        assert {number: plain(each) for number, each in found.counted.items()} == expected
        placed = [(each.rank, each.candidate.submission_id) for each in found.ladder]
        candidates = [each.scored.candidate for each in true[part].values()]
        assert placed == [(each.rank, each.candidate.submission_id) for each in ranking.order(candidates, rule)]
    for midnight, _ in (day(now, ZoneInfo(zone)), day(now, ZoneInfo("Pacific/Kiritimati"))):
        then = then_of(session, standings(session, 1, rule), midnight)
        assert {number: each.submission_id for number, each in then.of.items()} == earlier(session, rule, midnight)


def plain(counted: Any) -> tuple[object, ...]:
    scored, candidate = counted.scored, counted.scored.candidate
    key = (candidate.entrant_id, candidate.submission_id, candidate.score, candidate.received_at, candidate.meets)
    return (*key, scored.alias, scored.report, scored.version_id, counted.entries, counted.reason, counted.newest_at)


def earlier(session: Session, rule: Rule, before: datetime) -> dict[int, int]:
    """What counted of each entrant of that which had come in before a moment, of those of whom something counts."""
    wanted = (
        select(Submission.entrant_id, Submission.id, Grading.score_exact, Submission.received_at, MEETS)
        .join(Grading, Grading.submission_id == Submission.id)
        .where(Grading.is_live, Grading.state == State.SCORED, competes(), Submission.received_at < before)
    )
    of_entrant: dict[int, list[Candidate]] = {}
    for entrant_id, number, score, received_at, meets in session.execute(wanted).all():
        candidate = Candidate(entrant_id, number, Fraction(score or 0), received_at, meets=meets)
        of_entrant.setdefault(entrant_id, []).append(candidate)
    picked = {number: ranking.counting(found, rule) for number, found in of_entrant.items()}
    return {number: each.submission_id for number, each in picked.items() if each is not None}


def test_standings_are_what_gradings_come_to_after_every_act(world: World, database_of: Database) -> None:
    random = Random(2)
    for _ in range(40):
        with database_of.write() as session:
            random.choice(ACTS)(session, world, random)
            session.flush()
            check(session, world)
        with database_of.read() as session:
            check(session, world)
            assert session.scalar(select(func.count()).select_from(StandingMark)) == 0
    with database_of.read() as session:
        assert wrong(session) == []


def test_what_nobody_wrote_down_is_computed_by_whoever_reads(world: World, database_of: Database) -> None:
    random = Random(3)
    with database_of.write() as session:
        for _ in range(6):
            hand_in(session, world, random)
    engine = database_of._writer
    with engine.begin() as connection:
        connection.execute(text("UPDATE gradings SET score_exact = '5/7' WHERE state = 'scored'"))
        connection.execute(text("DELETE FROM submissions WHERE id = 1"))

    with database_of.read() as session:
        assert session.scalar(select(func.count()).select_from(StandingMark)) != 0
        check(session, world)
    with database_of.write() as session:
        session.execute(select(1))
    with database_of.read() as session:
        assert session.scalar(select(func.count()).select_from(StandingMark)) == 0
        check(session, world)


def test_what_cannot_be_computed_keeps_nobody_from_writing(
    world: World, database_of: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a report that nobody expected")

    random = Random(5)
    with monkeypatch.context() as broken:
        broken.setattr(refreshing, "compute", fail)
        with database_of.write() as session:
            for _ in range(6):
                hand_in(session, world, random)

    with database_of.read() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 6
        assert session.scalar(select(func.count()).select_from(StandingMark)) != 0
        check(session, world)


def test_a_wrong_standing_is_found_and_mended(world: World, database_of: Database) -> None:
    random = Random(4)
    with database_of.write() as session:
        for _ in range(6):
            hand_in(session, world, random)
    with database_of.write() as session:
        number = session.scalars(select(Standing.entrant_id).where(Standing.part == "public").limit(1)).one()
        session.execute(update(Standing).where(Standing.entrant_id == number).values(score_exact="9"))

    with database_of.read() as session:
        assert ("demo", number, Part.PUBLIC) in wrong(session)
    with database_of.write() as session:
        mark_all(session)
    with database_of.read() as session:
        assert wrong(session) == []


def test_what_changes_no_row_changes_no_number(world: World, database_of: Database) -> None:
    with database_of.write() as session:
        hand_in(session, world, Random(5))
    with database_of.read() as session:
        before = session.scalars(select(StandingBook.serial)).one()
    with database_of.write() as session:
        mark_all(session)

    with database_of.read() as session:
        assert session.scalars(select(StandingBook.serial)).one() == before


@pytest.mark.parametrize("lower", [False, True])
def test_places_on_a_ladder_are_those_of_the_order(lower: bool) -> None:
    random, rule, start = Random(6), Rule(lower_is_better=lower), datetime(2026, 11, 21, tzinfo=UTC)
    on_it: dict[int, Candidate] = {}
    ladder = Ladder([], rule)
    for number in range(300):
        entrant = random.randrange(40)
        gone = [on_it.pop(entrant)] if entrant in on_it else []
        moment, score = start + timedelta(minutes=random.randrange(9)), Fraction(random.randrange(9), 8)
        come = [Candidate(entrant, number, score, moment, meets=random.random() < 0.8)][: random.randrange(4)]
        on_it |= {each.entrant_id: each for each in come}
        ladder = ladder.changed(gone, come)

        expected = ranking.order(on_it.values(), rule)
        assert list(ladder) == ladder[:] == expected
        assert [ladder.position(each.candidate) for each in expected] == list(range(len(expected)))
        assert ladder.better(score) == sum(
            ranking.is_better(each.candidate.score, score, rule) for each in expected if each.rank is not None
        )
