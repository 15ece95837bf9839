"""Stored definitions for tests, read once for the whole session: each database has a few, and most have the same."""

import json
from typing import Any

from app.competitions import stored
from app.competitions.definition import CompetitionDefinition, from_json

_KNOWN: dict[str, CompetitionDefinition] = {}


def remembered(data: dict[str, Any]) -> CompetitionDefinition:
    """The definition that `as_json` wrote; equal ones are one object, which nobody can change."""
    text = json.dumps(data, sort_keys=True)
    if text not in _KNOWN:
        _KNOWN[text] = from_json(data)
    return _KNOWN[text]


def share_definitions() -> None:
    """Makes whoever reads a stored definition from now on find what was read before."""
    stored.from_json = remembered  # type: ignore[attr-defined] # it imports it for itself
