"""What a value in an address or a form may be, so that every database can compare and store it."""

import re
from datetime import date
from typing import Annotated, Any, TypeAlias, TypeVar
from unicodedata import category

from fastapi import Query
from pydantic import AfterValidator, BeforeValidator, Field

Value = TypeVar("Value")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _check_printable(text: str) -> str:
    """The text itself. Raises ValueError for control characters: Postgres takes no NUL, and nobody can read the rest."""
    # A character that is not assigned may be one that our tables are too old for.
    if not text.isprintable() and any(not each.isprintable() and category(each) != "Cn" for each in text):
        raise ValueError("it holds a character that cannot be printed")
    return text


def _check_day(given: object) -> object:
    """The text itself. Raises ValueError where it is no calendar day: a bare number would be taken as seconds since 1970."""
    if isinstance(given, str) and not _DAY.fullmatch(given):
        raise ValueError("a day is written as 2026-11-21")
    return given


def _may_be_empty(schema: dict[str, Any]) -> None:
    schema["anyOf"].append({"const": ""})


RowNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""A row's number, within an `integer` of Postgres. One outside of it in a path is answered with 404."""
Before = Annotated[RowNumber | None, Query(description="Only those with a lower number.")]
"""Where the next part of a list begins."""
Printable = Annotated[
    str, AfterValidator(_check_printable), Field(json_schema_extra={"pattern": r"^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$"})
]
"""A line of text that is looked for or stored."""
Blankable: TypeAlias = Annotated[
    Value | None, BeforeValidator(lambda given: given or None), Field(json_schema_extra=_may_be_empty)
]
"""An optional value that is no text. A form sends each of its fields: one that was left empty is not given."""
Day = Annotated[date, BeforeValidator(_check_day)]
"""A calendar day as ISO 8601 writes it."""
