"""What the API's description says of every operation: who may ask, and one shape for all errors."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from app.authorisation.rules import Need, Place, Rule
from app.authorisation.table import TABLE
from app.errors import TITLES
from models.accounts import Scope

MEDIA_TYPE = "application/problem+json"
_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_TOKEN, _SESSION = "token", "session"


class Problem(BaseModel):
    """Problem details (RFC 9457). `code` is for programs, `detail` for people, `errors` lists each thing to change."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "/help#quota-used",
                    "title": "Too many at once",
                    "status": 429,
                    "detail": "5 of 5 submissions of today are used. The next day begins on 22 Nov at 00:00 EST.",
                    "instance": "/submissions",
                    "code": "quota-used",
                    "errors": [],
                    "request_id": "9f86d081884c7d65",
                    "resets_at": "2026-11-22T05:00:00+00:00",
                    "next_at": "2026-11-22T05:00:00+00:00",
                    "retry_after_seconds": 33600,
                }
            ]
        }
    )

    type: str = Field(examples=["/help#wrong-file-name"])
    title: str = Field(examples=["Something in the request has to be changed"])
    status: int = Field(examples=[422])
    detail: str
    instance: str = Field(examples=["/submissions"])
    code: str = Field(examples=["wrong-file-name"])
    errors: list[dict[str, Any]] = []
    request_id: str = Field(examples=["9f86d081884c7d65"])


class Described(FastAPI):
    """FastAPI whose description says who may ask, and that errors are sent as problem details and as nothing else."""

    def openapi(self) -> dict[str, Any]:
        """The description, made at the first call."""
        if self.openapi_schema is None:
            description = super().openapi()
            cookie = self.state.services.settings.session_cookie_name
            for schema in description["components"]["schemas"].values():
                _say_what_is_empty(schema)
            description["components"]["securitySchemes"] = _security_schemes(cookie)
            for path, methods in description["paths"].items():
                for method, operation in methods.items():
                    _complete(operation, method.upper(), TABLE[f"{method.upper()} {path}"])
        return super().openapi()


def _security_schemes(cookie: str) -> dict[str, Any]:
    told = {
        _TOKEN: "An API token, made on the account's page, with a scope: `read` looks, `submit` hands in too, `admin` does "
        "all that its person may. It cannot make or revoke tokens or change the password.",
        _SESSION: "The cookie of a browser that signed in. What changes something has to come from our own pages.",
    }
    return {
        _TOKEN: {"type": "http", "scheme": "bearer", "bearerFormat": "sec_...", "description": told[_TOKEN]},
        _SESSION: {"type": "apiKey", "in": "cookie", "name": cookie, "description": told[_SESSION]},
    }


def _complete(operation: dict[str, Any], method: str, rule: Rule) -> None:
    """Adds what holds for all operations: who is asked for, what the authorisation answers, that everything can break."""
    responses = operation["responses"]
    for response in responses.values():
        _say_media_type(response.get("content", {}))
    # A body whose parts cannot be told apart, or that is too long, is refused before anything is looked at.
    broken = (400, 413) if "requestBody" in operation else ()
    for status in (*broken, *_refusals(method, rule), 500):
        responses.setdefault(str(status), {"description": TITLES[status], "content": _PROBLEM})
    token = {} if rule.by_session else {_TOKEN: [rule.scope_for(method).value]}
    ways = [token, {_SESSION: []}] if token else [{_SESSION: []}]
    operation["security"] = [] if rule.need is Need.ANYONE else ways


def _refusals(method: str, rule: Rule) -> Iterator[int]:
    """The statuses of those who may not ask."""
    if rule.need is Need.ANYONE:
        return
    yield 401
    if rule.need >= Need.OWNER or rule.scope_for(method) is not Scope.READ:
        yield 403
    if rule.place is not Place.NOWHERE:
        yield 404


def _say_what_is_empty(schema: dict[str, Any]) -> None:
    """An empty field of a form is none: one that is required holds something, and no other can be sent as null."""
    if not schema.get("title", "").startswith("Body_"):
        return
    for name, field in schema["properties"].items():
        if name in schema.get("required", ()) and field.get("type") == "string":
            field.setdefault("minLength", 1)
        if {"type": "null"} in field.get("anyOf", ()):
            kinds = [each for each in field.pop("anyOf") if each != {"type": "null"}]
            field.update(kinds[0] if len(kinds) == 1 else {"anyOf": kinds})


def _say_media_type(content: dict[str, Any]) -> None:
    """The framework puts every model under the route's own type; moves it to where `problems` left a place for it."""
    if MEDIA_TYPE in content:
        content[MEDIA_TYPE] = content.pop(next(each for each in content if each != MEDIA_TYPE))


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route for the errors that it can answer with."""
    return {
        status: {"model": Problem, "description": TITLES[status], "content": {MEDIA_TYPE: {}}} for status in statuses
    }
