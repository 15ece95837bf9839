"""Every field of a definition file, out of its JSON Schema: what it holds, its default, and what it is for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.editing.json_schema import json_schema

Schema = Mapping[str, Any]
_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
    "maxLength": "at most this many characters:",
    "maxItems": "at most this many:",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One key: its path from the top, such as `grading.file.names`, and how it is told."""

    path: str
    kind: str
    default: str
    about: str


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping of a definition with its own keys. `path` is empty for the whole file."""

    path: str
    about: str
    fields: Sequence[Field]


def sections() -> Sequence[Section]:
    """The sections in the order of the file, each before those inside of it."""
    return list(_sections("", json_schema(), json_schema()["$defs"]))


def _sections(path: str, schema: Schema, known: Schema) -> Iterator[Section]:
    required = schema.get("required", ())
    fields = [
        Field(f"{path}{name}", _kind(each, known), _default(each, name in required), _about(each, known))
        for name, each in schema.get("properties", {}).items()
    ]
    yield Section(path.rstrip("."), schema.get("description", ""), fields)
    for name, each in schema.get("properties", {}).items():
        for inner, is_list in _inside(each, known):
            yield from _sections(f"{path}{name}{'[]' if is_list else ''}.", inner, known)


def _inside(schema: Schema, known: Schema) -> Iterator[tuple[Schema, bool]]:
    """The mappings that a field holds, and whether it is a list of them."""
    for option in _options(schema):
        items = option.get("items")
        for found, is_list in ((option, False), (items if isinstance(items, Mapping) else {}, True)):
            target = known.get(found.get("$ref", "").rpartition("/")[2], {})
            if target.get("properties"):
                yield target, is_list


def _options(schema: Schema) -> Sequence[Schema]:
    found: Sequence[Schema] = schema.get("anyOf") or schema.get("allOf") or [schema]
    return found


def _kind(schema: Schema, known: Schema) -> str:
    told = [_one_kind(option, known) for option in _options(schema) if option.get("type") != "null"]
    return " or ".join(dict.fromkeys(told)) or "anything"


def _one_kind(schema: Schema, known: Schema) -> str:
    if "$ref" in schema:
        target = known[schema["$ref"].rpartition("/")[2]]
        return "a mapping" if target.get("properties") else _one_kind(target, known)
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    if "const" in schema:
        return str(schema["const"]).lower()
    names = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
    if schema.get("type") == "array":
        items = schema.get("items")
        return f"list of {_kind(items, known)}" if isinstance(items, Mapping) and items else "list"
    kind = names.get(schema.get("type", ""), "a mapping" if schema.get("type") == "object" else "anything")
    bounds = [f"{words} {schema[key]:,}" for key, words in _BOUNDS.items() if key in schema]
    moment = "moment" if schema.get("format") == "date-time" else kind
    return ", ".join([moment, *bounds])


def _default(schema: Schema, is_required: bool) -> str:
    if is_required:
        return "required"
    value = schema.get("default")
    if value is None or value in ([], {}):
        return ""
    return str(value).lower() if isinstance(value, bool) else "" if isinstance(value, dict) else str(value)


def _about(schema: Schema, known: Schema) -> str:
    if schema.get("description"):
        return str(schema["description"])
    target = known.get(schema.get("$ref", "").rpartition("/")[2], {})
    return str(target.get("description", "")) if target.get("properties") else ""
