"""The web application, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from starlette.staticfiles import StaticFiles
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app import error_pages, health, help_pages
from app.accounts import routes as accounts
from app.competitions import routes as competitions
from app.dependencies import check_origin_of
from app.leaderboard import routes as leaderboard
from app.rendering import STATIC
from app.request_ids import RequestIds
from app.schema import pending
from app.security import SecurityHeaders
from app.services import open_services
from app.settings import Settings
from app.submissions import routes as submissions

FORM_BYTES = 64 << 10
"""Largest body of every route but the one that takes files."""


class OutdatedDatabase(Exception):
    """The database has to be migrated before the service starts."""


def create_app(settings: Settings) -> FastAPI:
    """The application for these settings. Raises OutdatedDatabase where the tables are not those of this release."""
    if missing := pending(settings.database_url):
        raise OutdatedDatabase(f"run `secateur migrate` first; missing: {', '.join(missing)}")
    services = open_services(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        services.database.close()

    app = FastAPI(
        title="Secateur",
        summary="Grades pruned networks: architecture, sparsity, hidden accuracy, score and leaderboard.",
        lifespan=lifespan,
        dependencies=[Depends(check_origin_of)],
        docs_url=None,
        redoc_url=None,
        max_body_size=FORM_BYTES,
    )
    app.state.services = services
    for routes in (competitions, submissions, leaderboard, accounts, health, help_pages):
        app.include_router(routes.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    error_pages.install(app)
    app.add_middleware(SecurityHeaders, https=settings.cookie_secure)
    app.add_middleware(RequestIds)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))
    return app
