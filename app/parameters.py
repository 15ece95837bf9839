"""What a value in an address or a form may be, so that every database can compare and store it."""

from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, BeforeValidator, Field


def _check_printable(text: str) -> str:
    """The text itself. Raises ValueError for control characters: Postgres takes no NUL, and nobody can read the rest."""
    if not text.isprintable():
        raise ValueError("it holds a character that cannot be printed")
    return text


RowNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""A row's number, within an `integer` of Postgres. One outside of it in a path is answered with 404."""
Before = Annotated[RowNumber | None, Query(description="Only those with a lower number.")]
"""Where the next part of a list begins."""
Printable = Annotated[
    str, AfterValidator(_check_printable), Field(json_schema_extra={"pattern": r"^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$"})
]
"""A line of text that is looked for or stored."""
Blank = BeforeValidator(lambda given: given or None)
"""A field of a form that was left empty is not given: for optional values that are no text."""
