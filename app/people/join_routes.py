"""Join codes, and the links for everybody who has not come in yet."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.accounts import links
from app.accounts.cookies import address_of, begin_session, remember_browser
from app.accounts.throttle import joining
from app.answers import GOES_ON, done
from app.authorisation.refusals import session_needed
from app.courses.access import enter_course_as_instructor
from app.dependencies import AppServices, Signed, Visitor, Writing
from app.errors import AppError
from app.leaderboard.values import csv_text
from app.openapi import problems
from app.parameters import Printable
from app.people import join_codes, queries
from app.people.schemas import JoinCodeBody, join_code_body

router = APIRouter(tags=["people"])

_ANSWERS = {**GOES_ON, **problems(401, 403, 404, 422)}
Line = Annotated[Printable, Form(max_length=500)]


@router.post(
    "/courses/{course}/join-code",
    operation_id="replaceJoinCode",
    summary="Make a new join code",
    response_model=JoinCodeBody,
    responses=_ANSWERS,
)
def replace_join_code(
    request: Request,
    signed: Signed,
    session: Writing,
    course: Printable,
    days: Annotated[int, Form(ge=0, le=3650, description="How long it holds; 0: until it is switched off.")] = 14,
    max_uses: Annotated[int, Form(ge=0, le=100_000, description="How many may join with it; 0: no limit.")] = 0,
) -> Response:
    """The one before holds no more."""
    enrolment = enter_course_as_instructor(session, course, signed.user)
    code = join_codes.replace(session, enrolment.course, signed.user.id, days=days or None, max_uses=max_uses or None)
    session.refresh(code)
    return done(request, f"/courses/{course}/people#join-code", join_code_body(code))


@router.post(
    "/courses/{course}/join-code/removal",
    operation_id="endJoinCode",
    summary="Switch the join code off",
    response_model=JoinCodeBody,
    responses=_ANSWERS,
)
def end_join_code(request: Request, signed: Signed, session: Writing, course: Printable) -> Response:
    """Nobody joins with it any more; who did stays."""
    enrolment = enter_course_as_instructor(session, course, signed.user)
    join_codes.end(session, enrolment.course, signed.user.id)
    return done(request, f"/courses/{course}/people#join-code", join_code_body(None))


@router.post(
    "/courses/{course}/invitations",
    operation_id="makeInvitations",
    summary="Links for everybody who has not come in yet, as CSV",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **problems(401, 403, 404, 422)},
)
def make_invitations(services: AppServices, signed: Signed, session: Writing, course: Printable) -> Response:
    """Each works once; links from before no more. For a mail merge: there is no mail server here."""
    enrolment = enter_course_as_instructor(session, course, signed.user)
    rows = []
    for person in queries.not_yet_in(session, enrolment.course.id):
        if queries.is_in_a_course_beyond(session, person.id, signed.user.id) and not signed.user.is_admin:
            continue
        issued = links.make(session, person, signed.user.id)
        session.refresh(issued.link)
        expires = issued.link.expires_at.isoformat(timespec="minutes")
        rows.append([person.name, person.email, f"{services.settings.public_url}{issued.path}", expires])
    headers = {"Content-Disposition": f'attachment; filename="{enrolment.course.slug}-invitations.csv"'}
    return Response(csv_text(["name", "email", "link", "expires"], rows), media_type="text/csv", headers=headers)


@router.get("/join", operation_id="showJoin", include_in_schema=False)
def show_join(
    request: Request, services: AppServices, visitor: Visitor, code: Annotated[Printable, Query(max_length=100)] = ""
) -> Response:
    """The form for a code; for a stranger also that of a new account."""
    context = {"code": code, "error": "", "name": "", "email": ""}
    return services.renderer.page(request, "people/join.html", context)


@router.post("/join", operation_id="join", include_in_schema=False)
def join(
    request: Request,
    services: AppServices,
    visitor: Visitor,
    code: Annotated[Printable, Form(max_length=100)],
    name: Line = "",
    email: Line = "",
    password: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Into the course as a student; somebody who is not signed in gets an account too."""
    if visitor is not None and visitor.by_token:
        raise session_needed()
    attempt = joining(address_of(request))
    services.throttle.begin(attempt)
    try:
        if visitor is not None:
            with services.database.write_for_page() as session:
                course = join_codes.join(session, code, visitor.user)
            response: Response = RedirectResponse(f"/courses/{course.slug}", 303)
        else:
            password_hash = services.passwords.hash(password)
            with services.database.write_for_page() as session:
                person, course = join_codes.register(session, code, name=name, email=email, password_hash=password_hash)
            response = RedirectResponse(f"/courses/{course.slug}", 303)
            begin_session(request, response, services, person)
            remember_browser(response, services, person)
    except AppError as error:
        context = {"code": code, "error": error.detail, "name": name, "email": email}
        return services.renderer.page(request, "people/join.html", context, status=error.status)
    services.throttle.succeed(attempt)
    return response
