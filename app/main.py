"""The web application, put together."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app import error_pages, health
from app.accounts import link_routes as links
from app.accounts import oidc_routes as oidc
from app.accounts import routes as accounts
from app.announcements import routes as announcements
from app.audit import routes as audit
from app.authorisation.enforcing import authorise
from app.baselines import routes as baselines
from app.boards import routes as boards
from app.body_limit import BodyLimit, Limit
from app.client_wheel import routes as client_wheel
from app.competitions import routes as competitions
from app.compressing import CompressedFiles
from app.courses import routes as courses
from app.dashboard import routes as dashboard
from app.dependencies import check_origin_of
from app.editing import definition_routes, setup_routes, upload_routes, version_routes
from app.editing import routes as editing
from app.exports import routes as exports
from app.finalists import routes as finalists
from app.finalists import staff_routes as all_finalists
from app.gradebooks import routes as gradebooks
from app.grades import bulk_routes as adjustments
from app.grades import decision_routes as decisions
from app.grades import routes as grades
from app.gradescope import routes as gradescope
from app.head_requests import HeadRequests
from app.help import routes as help_pages
from app.housekeeping.round import Housekeeper
from app.leaderboard import history_routes as leaders
from app.leaderboard import pareto_routes as pareto
from app.leaderboard import routes as leaderboard
from app.leaderboard.looking import Looking
from app.moderation import routes as moderation
from app.observability import routes as metrics
from app.openapi import Described
from app.people import admin_routes as everybody
from app.people import join_routes as join_codes
from app.people import roster_routes as rosters
from app.people import routes as members
from app.people.importing import MAX_ROSTER_BYTES
from app.privacy import routes as privacy
from app.rejudges import routes as rejudges
from app.rendering import STATIC
from app.request_ids import RequestIds
from app.schema import require_current
from app.security import SecurityHeaders
from app.services import Services, open_services
from app.settings import Settings
from app.submissions import all_routes as all_submissions
from app.submissions import choice_routes as choices
from app.submissions import event_routes as events
from app.submissions import file_routes as files
from app.submissions import reference_routes as references
from app.submissions import routes as submissions
from app.submissions.intake import FRAME_BYTES
from app.teams import routes as teams
from app.teams import staff_routes as all_teams
from grader.limits import MAX_DEFINITION_BYTES, MAX_FILE_BYTES, MAX_REFERENCE_FILE_BYTES, SOURCE_MAX_UPLOAD_BYTES

HANDING_IN = (competitions, submissions, references, choices, files, events)
STANDING = (leaderboard, leaders, pareto, grades, decisions)
PEOPLE = (courses, members, rosters, join_codes, everybody, links, oidc, accounts)
EDIT = (editing, definition_routes, version_routes, setup_routes, upload_routes)
STAFF = (teams, all_teams, finalists, all_finalists, gradebooks, exports, privacy, gradescope, dashboard)
OF_STAFF = (all_submissions, rejudges, moderation, audit, boards, baselines, announcements, adjustments)
EVERYBODYS = (health, metrics, help_pages, client_wheel)
ROUTES = (*STANDING, *HANDING_IN, *EDIT, *OF_STAFF, *STAFF, *PEOPLE, *EVERYBODYS)
"""What is asked for most comes first: they are tried in this order."""

FORM_BYTES = 64 << 10
"""Largest body of every route but the one that takes files."""
DEFINITION_FORM_BYTES = 4 * MAX_DEFINITION_BYTES
"""Of the routes that take a definition; a browser sends a letter beyond ASCII as up to nine bytes for three."""
TEAMS_BYTES = 1 << 20
"""Of a file of teams: 5,000 lines."""
DEFINITION_PATHS = (
    "/courses/*/competitions",
    "/courses/*/competitions/validation",
    "/competitions/*/definition",
    "/competitions/*/definition/outlook",
)
ABANDONED_SECONDS = 24 * 3600
"""Age at which what a broken upload left behind is removed."""


def create_app(settings: Settings) -> FastAPI:
    """The application for these settings. Raises OutdatedDatabase where the tables are not those of this release."""
    require_current(settings.database_url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services: Services = app.state.services
        services.store.sweep(ABANDONED_SECONDS, time.time())
        housekeeper = Housekeeper(services.database, services.store, settings)
        if settings.gc_hours:
            housekeeper.start()
        yield
        housekeeper.stop()
        services.close()

    app = Described(
        title="Secateur",
        summary="Grades pruned networks: architecture, sparsity, hidden accuracy, score and leaderboard.",
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        dependencies=[Depends(check_origin_of), Depends(authorise)],
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = open_services(settings)
    for routes in ROUTES:
        app.include_router(routes.router)
    app.mount("/static", CompressedFiles(directory=STATIC), name="static")
    error_pages.install(app)
    app.add_middleware(Looking)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))
    # Around everything: what the framework answers by itself, such as to an exception, has the same headers.
    app.middleware_stack = _around(app.build_middleware_stack(), settings)
    return app


def _around(app: ASGIApp, settings: Settings) -> ASGIApp:
    is_set = settings.max_upload_bytes < MAX_FILE_BYTES
    upload = Limit(settings.max_upload_bytes + FRAME_BYTES, "SECATEUR_MAX_UPLOAD_BYTES")
    limits = {
        "/submissions": upload if is_set else Limit(MAX_FILE_BYTES + FRAME_BYTES),
        "/courses/*/datasets": Limit(settings.max_dataset_bytes + FRAME_BYTES, "SECATEUR_MAX_DATASET_BYTES"),
        "/courses/*/rosters": Limit(MAX_ROSTER_BYTES + FRAME_BYTES),
        "/courses/*/networks": Limit(MAX_REFERENCE_FILE_BYTES + FRAME_BYTES),
        "/competitions/*/teams/import": Limit(TEAMS_BYTES),
        "/competitions/*/code": Limit(SOURCE_MAX_UPLOAD_BYTES + FRAME_BYTES),
        "/competitions/*/gradebook/canvas": Limit(gradebooks.MAX_BYTES),
        **dict.fromkeys(DEFINITION_PATHS, Limit(DEFINITION_FORM_BYTES)),
    }
    app = BodyLimit(HeadRequests(app), max_bytes=FORM_BYTES, of_paths=limits)
    return RequestIds(SecurityHeaders(app, https=settings.cookie_secure))
