"""The people of a course: the list, one person, and what its instructors decide about them."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from app.accounts import links
from app.answers import GOES_ON, done
from app.courses.access import enter_course_as_instructor, enter_course_as_staff
from app.dependencies import AppServices, Reading, Signed, Writing
from app.openapi import problems
from app.paging import PAGE_ROWS
from app.parameters import Printable, RowNumber
from app.people import queries, service
from app.people.schemas import LinkBody, PersonBody, PersonList, person_body
from models.courses import Role

router = APIRouter(tags=["people"], prefix="/courses/{course}/people")

_ANSWERS = {**GOES_ON, **problems(401, 403, 404, 409, 422)}
Text = Annotated[Printable, Form(max_length=500)]
From = Annotated[int, Query(alias="from", ge=0, le=1_000_000, description="How many to pass over.")]


@router.get(
    "",
    operation_id="listPeople",
    summary="The people of a course, for staff",
    response_model=PersonList,
    responses=problems(401, 403, 404, 422),
)
def list_people(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    course: Printable,
    q: Annotated[
        Printable, Query(max_length=200, description="Words that name, e-mail, SID, login or section hold.")
    ] = "",
    role: Annotated[Role | None, Query(description="Only those with this role.")] = None,
    passed: From = 0,
) -> Response:
    """By name, 50 at a time."""
    enrolment = enter_course_as_staff(session, course, signed.user)
    found = queries.search(session, enrolment.course.id, q, role, passed)
    following = None
    if len(found) > PAGE_ROWS:
        url = request.url.include_query_params(**{"from": passed + PAGE_ROWS})
        following = f"{url.path}?{url.query}"
    context = {
        "enrolment": enrolment,
        "rows": found[:PAGE_ROWS],
        "numbers": queries.numbers_by_role(session, enrolment.course.id),
        "join_code": queries.join_code(session, enrolment.course.id) if enrolment.is_instructor else None,
        "waiting": len(queries.not_yet_in(session, enrolment.course.id)) if enrolment.is_instructor else 0,
        "words": q,
        "role": role,
        "roles": list(Role),
        "next_url": following,
        "passed": passed,
    }
    body = PersonList(items=[person_body(each) for each in found[:PAGE_ROWS]], next=following)
    return services.renderer.page_or_json(request, "people/list.html", context, body)


@router.post(
    "",
    operation_id="addPerson",
    summary="Add a person to a course",
    status_code=201,
    response_model=PersonBody,
    responses=_ANSWERS,
)
def add_person(
    request: Request,
    signed: Signed,
    session: Writing,
    course: Printable,
    email: Annotated[Printable, Form(max_length=300)],
    name: Text = "",
    role: Annotated[Role, Form()] = Role.STUDENT,
    sid: Text = "",
    section: Text = "",
) -> Response:
    """With a new account where the e-mail address has none; its person gets in by a link."""
    enrolment = enter_course_as_instructor(session, course, signed.user)
    found = service.add(session, enrolment, signed.user, email=email, name=name, role=role, sid=sid, section=section)
    return done(request, f"/courses/{course}/people/{found.user_id}", person_body(found), 201)


@router.get(
    "/{user_id}",
    operation_id="getPerson",
    summary="One person of a course, for staff",
    response_model=PersonBody,
    responses=problems(401, 403, 404, 422),
)
def show_person(
    request: Request, services: AppServices, signed: Signed, session: Reading, course: Printable, user_id: RowNumber
) -> Response:
    """And the forms of what may be changed."""
    enrolment = enter_course_as_staff(session, course, signed.user)
    found = service.member_of(session, enrolment, user_id)
    context = {
        "enrolment": enrolment,
        "found": found,
        "roles": list(Role),
        "may_manage": enrolment.is_instructor and service.may_manage(session, signed.user, found.user),
    }
    return services.renderer.page_or_json(request, "people/person.html", context, person_body(found))


@router.post(
    "/{user_id}",
    operation_id="changePerson",
    summary="Change a person's part in a course",
    response_model=PersonBody,
    responses=_ANSWERS,
)
def change_person(
    request: Request,
    signed: Signed,
    session: Writing,
    course: Printable,
    user_id: RowNumber,
    role: Annotated[Role, Form()],
    sid: Text = "",
    login: Text = "",
    section: Text = "",
) -> Response:
    """Role, SID, login and section, all at once: what is left out is empty from now on."""
    enrolment = enter_course_as_instructor(session, course, signed.user)
    found = service.change(session, enrolment, signed.user, user_id, role=role, sid=sid, login=login, section=section)
    return done(request, f"/courses/{course}/people/{user_id}", person_body(found))


@router.post(
    "/{user_id}/removal",
    operation_id="removePerson",
    summary="Take a person out of a course",
    response_model=PersonList,
    responses=_ANSWERS,
)
def remove_person(
    request: Request, signed: Signed, session: Writing, course: Printable, user_id: RowNumber
) -> Response:
    """Account and submissions stay; the row on the board goes. Answers with nobody: the person is out."""
    enrolment = enter_course_as_instructor(session, course, signed.user)
    service.remove(session, enrolment, signed.user, user_id)
    return done(request, f"/courses/{course}/people", PersonList(items=[], next=None))


@router.post(
    "/{user_id}/access",
    operation_id="setAccess",
    summary="Let a person in no more, or again",
    response_model=PersonBody,
    responses=_ANSWERS,
)
def set_access(
    request: Request,
    signed: Signed,
    session: Writing,
    course: Printable,
    user_id: RowNumber,
    allowed: Annotated[bool, Form(description="False: browsers are signed out, password and tokens are refused.")],
) -> Response:
    """For people who are in no course that you do not run; others are an administrator's."""
    enrolment = enter_course_as_instructor(session, course, signed.user)
    found = service.member_of(session, enrolment, user_id)
    service.set_disabled(session, signed.user, found.user, wanted=not allowed)
    return done(request, f"/courses/{course}/people/{user_id}", person_body(found))


@router.post(
    "/{user_id}/link",
    operation_id="makeLink",
    summary="Make a link to set a password",
    status_code=201,
    response_model=LinkBody,
    responses=problems(401, 403, 404, 409, 422),
)
def make_link(
    request: Request, services: AppServices, signed: Signed, session: Writing, course: Printable, user_id: RowNumber
) -> Response:
    """It works once, and the one before no more. There is no mail server: send it yourself."""
    enrolment = enter_course_as_instructor(session, course, signed.user)
    person = service.member_of(session, enrolment, user_id).user
    service.check_may_manage(session, signed.user, person)
    issued = links.make(session, person, signed.user.id)
    url = f"{services.settings.public_url}{issued.path}"
    session.refresh(issued.link)
    body = LinkBody(email=person.email, kind=issued.link.kind.value, url=url, expires_at=issued.link.expires_at)
    back = f"/courses/{course}/people/{user_id}"
    context = {"person": person, "link": body, "back": back, "back_text": enrolment.course.title}
    return services.renderer.page_or_json(request, "people/link.html", context, body, status=201)
