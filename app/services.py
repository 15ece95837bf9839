"""What a web process holds for all its requests."""

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from app.accounts.passwords import Passwords
from app.accounts.throttle import Throttle
from app.accounts.touches import Touches
from app.competitions.stored import Definitions
from app.dashboard.kept import Kept
from app.database import Database
from app.leaderboard.looks import Looks
from app.live import Live
from app.observability.metrics import Metrics
from app.observability.traces import Traces, open_traces
from app.records import open_database
from app.rendering import Renderer
from app.settings import Settings
from app.storage import Store, open_store
from app.submissions.news import Newsroom
from app.uploads import Uploads

if TYPE_CHECKING:
    from app.accounts.oidc import Provider


@dataclass(frozen=True, slots=True)
class Services:
    """Made once at start and passed on; there is no global state beside it."""

    settings: Settings
    database: Database
    store: Store
    passwords: Passwords
    throttle: Throttle
    touches: Touches
    renderer: Renderer
    definitions: Definitions
    uploads: Uploads
    kept: Kept
    looks: Looks
    metrics: Metrics
    live: Live
    traces: Traces
    oidc: "Provider | None" = None
    """The provider that people sign in with, where the operator has named one."""

    def close(self) -> None:
        """Lets the database go, and sends what is not sent of the traces."""
        self.live.close()
        self.touches.close()
        self.database.close()
        self.traces.close()


def open_services(settings: Settings) -> Services:
    """The services for one process; the caller closes them."""
    database = open_database(settings.database_url)
    newsroom = Newsroom(database, timedelta(seconds=settings.worker_dead_seconds))
    return Services(
        settings=settings,
        database=database,
        store=open_store(settings),
        passwords=make_passwords(settings),
        throttle=Throttle(time.monotonic),
        touches=Touches(database, time.monotonic),
        renderer=Renderer(settings),
        definitions=Definitions(),
        uploads=Uploads(settings.max_uploads_at_once),
        kept=Kept(settings.dashboard_seconds),
        looks=Looks(time.monotonic),
        metrics=Metrics(),
        live=Live(newsroom.look, newsroom.welcome),
        traces=open_traces("web"),
        oidc=_provider(settings),
    )


def _provider(settings: Settings) -> "Provider | None":
    """The OpenID Connect provider; its libraries are loaded where one is named, and nowhere else."""
    if not settings.oidc_issuer:
        return None
    from app.accounts.oidc import Provider

    return Provider(settings)


def services_of(connection: HTTPConnection) -> Services:
    """The services of the application that serves a request."""
    services: Services = connection.app.state.services
    return services


def make_passwords(settings: Settings) -> Passwords:
    """The password hasher at the cost that the operator chose."""
    return _passwords(settings.argon2_memory_kib, settings.argon2_passes, settings.argon2_lanes)


@cache
def _passwords(memory_kib: int, passes: int, lanes: int) -> Passwords:
    """The hasher of that cost; to make one costs a hash."""
    return Passwords(memory_kib=memory_kib, passes=passes, lanes=lanes)
