"""Help pages: how to hand in and every message, every field of a definition, the documents, and a search in all of it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.dependencies import AppServices, Visitor
from app.error_codes import CODES
from app.errors import NotFound
from app.help import documents, fields, searching
from app.help.documents import Document
from app.rendering import Renderer
from grader.messages import PROBLEMS

router = APIRouter(include_in_schema=False)

MESSAGES: Mapping[str, Any] = {"problems": PROBLEMS, "codes": CODES, "documents": documents.TITLES}
"""What the help page is made of: the tables that reports and refused requests are made from."""


@router.get("/help", operation_id="showHelp")
def show_help(request: Request, services: AppServices, visitor: Visitor) -> Response:
    """How to hand in, what is counted, and every message."""
    return services.renderer.page(request, "help/help.html", MESSAGES)


@router.get("/help/search", operation_id="searchHelp")
def search_help(
    request: Request,
    services: AppServices,
    visitor: Visitor,
    asked: Annotated[str, Query(alias="q", max_length=200, description="Words that all have to be there.")] = "",
) -> Response:
    """What the help pages say about some words."""
    found = searching.search(_passages(services.renderer, services.settings.public_url), asked)
    context = {"asked": asked, "found": found, "documents": documents.TITLES}
    return services.renderer.page(request, "help/search.html", context)


@router.get("/help/definition", operation_id="showDefinitionHelp")
def show_definition(request: Request, services: AppServices, visitor: Visitor) -> Response:
    """Every field of a definition file, from its schema."""
    return services.renderer.page(request, "help/definition.html", _fields())


@router.get("/help/{document}", operation_id="showDocument")
def show_document(request: Request, services: AppServices, visitor: Visitor, document: str) -> Response:
    """A document of the repository, with this service's address."""
    found = documents.document(document, services.settings.public_url)
    if found is None:
        raise NotFound(f"There is no document {document[:60]!r}; /help names those that there are.")
    return services.renderer.page(request, "help/document.html", _document(found))


@router.get("/docs", operation_id="showApi")
def show_api(request: Request, services: AppServices, visitor: Visitor) -> Response:
    """The API in one page, made from its OpenAPI description."""
    operations = [
        (path, method.upper(), operation)
        for path, methods in request.app.openapi()["paths"].items()
        for method, operation in methods.items()
    ]
    return services.renderer.page(request, "pages/api.html", {"operations": operations})


def _fields() -> Mapping[str, Any]:
    return {"sections": fields.sections(), "documents": documents.TITLES}


def _document(found: Document) -> Mapping[str, Any]:
    return {"document": found, "documents": documents.TITLES}


@lru_cache(maxsize=2)
def _passages(renderer: Renderer, public_url: str) -> tuple[searching.Passage, ...]:
    """Every part of every help page, read from the pages themselves; they are the same for everybody."""
    found = [
        *searching.passages("/help", renderer.text("help/help.html", MESSAGES)),
        *searching.passages("/help/definition", renderer.text("help/definition.html", _fields())),
    ]
    for name in documents.TITLES:
        if known := documents.document(name, public_url):
            found += searching.passages(f"/help/{name}", renderer.text("help/document.html", _document(known)))
    return tuple(found)
