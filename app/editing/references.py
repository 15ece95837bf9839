"""The networks that a definition may name in the browser: those of its earlier version, of its course, and built-in ones."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

import competitions
from app.editing import queries
from grader import yaml_source
from grader.errors import DefinitionError
from grader.references import REFERENCES, Lookup, in_folder
from models.competitions import CompetitionVersion
from models.networks import ReferenceNetwork

BUILT_IN = Path(competitions.__file__).parent


def lookup(session: Session, course_id: int, base: CompetitionVersion | None) -> Lookup:
    """Finds what a name stands for. Whatever `base` meant by it goes first, so that no edit changes a network unseen."""
    of_base = _named_by(base) if base is not None else {}
    built_in = in_folder(BUILT_IN)

    def read(key: str, name: str) -> Any:
        if (key, name) in of_base:
            return of_base[key, name]
        uploaded = queries.network(session, course_id, name)
        if uploaded is not None and uploaded.key == key:
            return content_of(uploaded)
        try:
            return built_in(key, name)
        except FileNotFoundError:
            raise DefinitionError("there is no such network in this course; upload it first") from None

    return read


def content_of(network: ReferenceNetwork) -> Any:
    """What a definition holds in the place of the network's name."""
    return json.loads(network.content) if network.key == "keras_config" else network.content


def _named_by(version: CompetitionVersion) -> dict[tuple[str, str], Any]:
    """The network of a version by the key and the name with which its text calls it."""
    try:
        written = yaml_source.parse(version.source, "").data["grading"]["network"]
    except (DefinitionError, KeyError, TypeError):
        return {}
    resolved = version.definition["grading"]["network"]
    return {(key, written[key]): resolved[key] for key in REFERENCES if isinstance(written.get(key), str)}
