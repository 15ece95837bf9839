"""Courses: one's own, and the page of one, from which its staff go on to everything else."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app.answers import GOES_ON, done
from app.clock import read_clock
from app.competitions.access import Entry, entries_of, entries_of_course
from app.courses import service
from app.courses.access import enrolments_of, enter_course
from app.courses.queries import extended_ends
from app.courses.schemas import CourseBody, CourseList, course_body
from app.dependencies import AppServices, Reading, Signed, Writing
from app.openapi import problems
from app.parameters import Printable

router = APIRouter(tags=["courses"])


@router.get(
    "/courses",
    operation_id="listCourses",
    summary="Your courses",
    response_model=CourseList,
    responses=problems(401),
)
def list_courses(request: Request, services: AppServices, signed: Signed, session: Reading) -> Response:
    """The newest first; administrators see all of them."""
    found = enrolments_of(session, signed.user)
    entries = entries_of(session, services.definitions, signed.user)
    body = CourseList(items=[course_body(each, _slugs(entries, each.course.id)) for each in found])
    context = {"found": found, "may_create": signed.user.is_admin or signed.user.may_create_courses}
    return services.renderer.page_or_json(request, "courses/list.html", context, body)


@router.post(
    "/courses",
    operation_id="createCourse",
    summary="Make a course",
    status_code=201,
    response_model=CourseBody,
    responses={**GOES_ON, **problems(401, 403, 409, 422)},
)
def create_course(
    request: Request,
    signed: Signed,
    session: Writing,
    slug: Annotated[Printable, Form(max_length=200, description="The short name that stands in addresses.")],
    title: Annotated[Printable, Form(max_length=500)],
    time_zone: Annotated[Printable, Form(max_length=100, description="IANA name, such as America/New_York.")],
) -> Response:
    """For administrators and those whom they let. Whoever makes a course is its first instructor."""
    service.found_course(session, signed.user, slug=slug, title=title, time_zone=time_zone)
    body = course_body(enter_course(session, slug, signed.user), [])
    return done(request, f"/courses/{slug}", body, 201)


@router.get(
    "/courses/{course}",
    operation_id="getCourse",
    summary="A course",
    response_model=CourseBody,
    responses=problems(401, 404, 422),
)
def show_course(
    request: Request, services: AppServices, signed: Signed, session: Reading, course: Printable
) -> Response:
    """What you are in it, and its competitions."""
    enrolment = enter_course(session, course, signed.user)
    entries = entries_of_course(session, services.definitions, signed.user, enrolment.course.id)
    now, extended = read_clock(session), extended_ends(session, signed.user.id)
    found = [(entry, entry.window(now, extended.get(entry.competition.id))) for entry in entries]
    body = course_body(enrolment, _slugs(entries, enrolment.course.id))
    context = {"enrolment": enrolment, "found": found}
    return services.renderer.page_or_json(request, "courses/course.html", context, body)


def _slugs(entries: Sequence[Entry], course_id: int) -> list[str]:
    return [entry.competition.slug for entry in entries if entry.competition.course_id == course_id]
