"""Help inside the service: how to hand in, and what every message means."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.dependencies import AppServices, Visitor
from app.error_codes import CODES
from grader.messages import PROBLEMS

router = APIRouter(include_in_schema=False)


@router.get("/help", operation_id="showHelp")
def show_help(request: Request, services: AppServices, visitor: Visitor) -> Response:
    """The messages come from the tables that reports and refused requests are made from."""
    return services.renderer.page(request, "pages/help.html", {"problems": PROBLEMS, "codes": CODES})


@router.get("/docs", operation_id="showApi")
def show_api(request: Request, services: AppServices, visitor: Visitor) -> Response:
    """The API in one page, made from its OpenAPI description."""
    operations = [
        (path, method.upper(), operation)
        for path, methods in request.app.openapi()["paths"].items()
        for method, operation in methods.items()
    ]
    return services.renderer.page(request, "pages/api.html", {"operations": operations})
