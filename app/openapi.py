"""What the API's description says about errors: one shape for all of them."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field

from app.errors import TITLES

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """Problem details (RFC 9457). `code` is for programs, `detail` for people, `errors` lists each thing to change."""

    type: str = Field(examples=["/help#wrong-file-name"])
    title: str = Field(examples=["Something in the request has to be changed"])
    status: int = Field(examples=[422])
    detail: str
    instance: str = Field(examples=["/submissions"])
    code: str = Field(examples=["wrong-file-name"])
    errors: list[dict[str, Any]] = []
    request_id: str = Field(examples=["9f86d081884c7d65"])


class Described(FastAPI):
    """FastAPI whose description says that errors are sent as problem details, and as nothing else."""

    def openapi(self) -> dict[str, Any]:
        """The description, made at the first call."""
        if self.openapi_schema is None:
            for methods in super().openapi()["paths"].values():
                for operation in methods.values():
                    for response in operation["responses"].values():
                        _say_media_type(response.get("content", {}))
        return super().openapi()


def _say_media_type(content: dict[str, Any]) -> None:
    """The framework puts every model under application/json; moves it to where `problems` left a place for it."""
    if MEDIA_TYPE in content:
        content[MEDIA_TYPE] = content.pop("application/json")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route for the errors that it can answer with."""
    return {
        status: {"model": Problem, "description": TITLES[status], "content": {MEDIA_TYPE: {}}} for status in statuses
    }
