"""`/metrics` in the text format of Prometheus, for whoever has the operator's token."""

import hmac

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, exposition
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from app.dependencies import AppServices
from app.errors import NotFound
from app.health import checks_of
from app.observability import queries
from app.observability.families import Told, of_database, parts
from app.openapi import problems
from app.services import Services
from app.storage import free_bytes

router = APIRouter(tags=["health"])

_TEXT = {"content": {"text/plain": {"schema": {"type": "string"}}}}


@router.get(
    "/metrics",
    operation_id="getMetrics",
    summary="Numbers for Prometheus",
    response_class=Response,
    responses={200: _TEXT, **problems(404)},
)
def metrics(request: Request, services: AppServices) -> Response:
    """Queue, workers, outcomes, times and requests. Needs SECATEUR_METRICS_TOKEN as a bearer token; else it is 404."""
    _check(services, request.headers.get("authorization", ""))
    own = exposition.generate_latest(services.metrics.registry)
    return Response(own + exposition.generate_latest(_state(services)), media_type=exposition.CONTENT_TYPE_LATEST)


def _check(services: Services, authorization: str) -> None:
    """Raises NotFound: to whoever has no token it is as if there were nothing."""
    token = services.settings.metrics_token
    wanted = "" if token is None else f"Bearer {token.get_secret_value()}"
    if token is None or not hmac.compare_digest(authorization.encode(), wanted.encode()):
        raise NotFound("There is nothing at /metrics.")


def _state(services: Services) -> CollectorRegistry:
    """What holds now; without a database what is known without it."""
    checks, _ = checks_of(services)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Told(parts(checks, free_bytes(services.settings.data_dir))))
    try:
        with services.database.read() as session:
            facts = queries.facts(session)
    except SQLAlchemyError:
        return registry
    registry.register(Told(of_database(facts, services.settings.worker_dead_seconds)))
    return registry
