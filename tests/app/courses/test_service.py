"""Courses, members and entrants on a real database."""

from random import Random

import pytest
from sqlalchemy import func, select

from app.accounts.service import create_user
from app.courses import aliases, queries, service
from app.database import Database
from app.errors import AppError, NotFound
from models import Competition, Course, Entrant, Membership, Role, User


@pytest.fixture
def course(database: Database) -> Course:
    with database.write() as session:
        return service.create_course(session, slug="ml-2026", title="Machine Learning", time_zone="America/New_York")


@pytest.fixture
def competition(database: Database, course: Course) -> Competition:
    with database.write() as session:
        competition = Competition(course_id=course.id, slug="pruning", title="Pruning")
        session.add(competition)
        return competition


def person(database: Database, name: str, *, is_admin: bool = False) -> User:
    with database.write() as session:
        return create_user(session, email=f"{name}@example.org", name=name, is_admin=is_admin)


def enrol(database: Database, course: Course, user: User, role: Role) -> None:
    with database.write() as session:
        service.add_member(session, course.id, user.id, role)


def enter(database: Database, competition: Competition, user: User, random: Random | None = None) -> Entrant:
    with database.write() as session:
        return service.entrant_for(session, competition, user, random or Random(1))


def test_a_course_is_found_by_its_slug(database: Database, course: Course) -> None:
    with database.read() as session:
        found = queries.course_by_slug(session, "ml-2026")

    assert found is not None
    assert (found.title, found.time_zone) == ("Machine Learning", "America/New_York")


def test_a_slug_names_one_course(database: Database, course: Course) -> None:
    with database.write() as session, pytest.raises(AppError) as caught:
        service.create_course(session, slug="ml-2026", title="Another", time_zone="UTC")

    assert (caught.value.status, caught.value.code) == (409, "course-taken")


@pytest.mark.parametrize(
    ("slug", "title", "time_zone", "code"),
    [
        ("ML 2026", "Title", "UTC", "slug-form"),
        ("", "Title", "UTC", "slug-form"),
        ("-a", "Title", "UTC", "slug-form"),
        ("a" * 65, "Title", "UTC", "slug-form"),
        ("ml", "", "UTC", "title-length"),
        ("ml", "Title", "Mars/Olympus", "time-zone-unknown"),
        ("ml", "Title", "../../etc/passwd", "time-zone-unknown"),
        ("ml", "Title", "", "time-zone-unknown"),
        ("ml", "Title", "Europe", "time-zone-unknown"),
    ],
)
def test_a_course_with_a_value_that_will_not_do_is_refused(
    database: Database, slug: str, title: str, time_zone: str, code: str
) -> None:
    with database.write() as session, pytest.raises(AppError) as caught:
        service.create_course(session, slug=slug, title=title, time_zone=time_zone)

    assert (caught.value.status, caught.value.code) == (422, code)


def test_adding_a_member_again_changes_the_role(database: Database, course: Course) -> None:
    ada = person(database, "ada")
    enrol(database, course, ada, Role.STUDENT)
    enrol(database, course, ada, Role.TA)

    with database.read() as session:
        assert session.scalars(select(Membership.role)).all() == [Role.TA]


def test_somebody_who_was_removed_has_no_part_in_the_course(database: Database, course: Course) -> None:
    ada = person(database, "ada")
    enrol(database, course, ada, Role.STUDENT)

    with database.write() as session:
        service.remove_member(session, course, ada)

    with database.read() as session:
        assert queries.role(session, course.id, ada.id) is None


def test_only_a_member_can_be_removed(database: Database, course: Course) -> None:
    eve = person(database, "eve")

    with database.write() as session, pytest.raises(NotFound, match=r"eve@example\.org is not in the course ml-2026"):
        service.remove_member(session, course, eve)


def test_a_student_keeps_one_entrant(database: Database, course: Course, competition: Competition) -> None:
    ada = person(database, "ada")
    enrol(database, course, ada, Role.STUDENT)

    first = enter(database, competition, ada)
    second = enter(database, competition, ada, Random(2))

    assert first.id == second.id
    assert first.alias == second.alias
    assert not first.is_staff


@pytest.mark.parametrize("role", [Role.TA, Role.INSTRUCTOR])
def test_staff_compete_as_staff(database: Database, course: Course, competition: Competition, role: Role) -> None:
    grace = person(database, "grace")
    enrol(database, course, grace, role)

    assert enter(database, competition, grace).is_staff


def test_an_admin_competes_as_staff_without_being_a_member(database: Database, competition: Competition) -> None:
    assert enter(database, competition, person(database, "root", is_admin=True)).is_staff


def test_an_entrant_follows_its_users_role(database: Database, course: Course, competition: Competition) -> None:
    ada = person(database, "ada")
    enrol(database, course, ada, Role.STUDENT)
    enter(database, competition, ada)

    enrol(database, course, ada, Role.TA)

    assert enter(database, competition, ada).is_staff


def test_somebody_from_outside_cannot_enter(database: Database, competition: Competition) -> None:
    with pytest.raises(AppError) as caught:
        enter(database, competition, person(database, "eve"))

    assert (caught.value.status, caught.value.code) == (403, "not-a-member")


def test_an_alias_that_is_taken_is_drawn_again(database: Database, course: Course, competition: Competition) -> None:
    names = ["ada", "grace", "joan"]
    people = [person(database, name) for name in names]
    for one in people:
        enrol(database, course, one, Role.STUDENT)

    found = [enter(database, competition, one, Random(7)) for one in people]

    assert len({one.alias for one in found}) == 3
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Entrant)) == 3


def test_the_same_source_of_randomness_draws_the_same_aliases() -> None:
    assert aliases.new_alias(Random(5)) == aliases.new_alias(Random(5))


def test_an_alias_says_nothing_twice() -> None:
    words = aliases.ADJECTIVES + aliases.NOUNS

    assert len(set(words)) == len(words)
