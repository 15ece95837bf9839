"""YAML that remembers its lines, so that an error in a definition can name the place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from grader.errors import DefinitionError
from grader.limits import MAX_DEFINITION_BYTES

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's where it is there: Python's own takes minutes for a page of opening brackets."""


@dataclass(frozen=True, slots=True)
class YamlSource:
    """A parsed YAML mapping, the name it is reported under, and its nodes with their lines."""

    name: str
    data: dict[str, Any]
    root: yaml.MappingNode

    def line(self, path: Sequence[str | int]) -> int:
        """The line, from 1, of the deepest part of `path` that the text has."""
        node: yaml.Node = self.root
        line = node.start_mark.line
        for step in path:
            child = _child(node, step)
            if child is None:
                break
            line, node = child
        return int(line) + 1

    def error(self, message: str, path: Sequence[str | int] = ()) -> DefinitionError:
        """An error that names the line of `path`."""
        return DefinitionError(message, line=self.line(path), source=self.name)

    def validation_error(self, error: ValidationError, prefix: Sequence[str | int] = ()) -> DefinitionError:
        """Every finding of pydantic in one error, each with its line; `prefix` is where the validated part begins."""
        findings = []
        for finding in error.errors(include_url=False):
            path = (*prefix, *finding["loc"])
            dotted = ".".join(str(step) for step in path)
            message = finding["msg"].removeprefix("Value error, ")
            got = "" if finding["type"] in ("missing", "value_error") else f", got {str(finding['input'])[:60]!r}"
            findings.append((self.line(path), f"{dotted}: {message}{got}"))
        findings.sort()
        text = "; ".join(
            message if index == 0 else f"line {line}: {message}" for index, (line, message) in enumerate(findings)
        )
        return DefinitionError(text, line=findings[0][0], source=self.name)


def parse(text: str, name: str) -> YamlSource:
    """The one mapping that `text` holds. Raises DefinitionError with the line for bad YAML, repeated keys and aliases."""
    if len(text.encode()) > MAX_DEFINITION_BYTES:
        raise DefinitionError(f"is longer than {MAX_DEFINITION_BYTES:,} bytes", source=name)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1 if event.start_mark else None
                raise DefinitionError("aliases are not used here", line=line, source=name)
        root = yaml.compose(text, Loader=LOADER)
        data = yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise DefinitionError(f"this is not YAML: {error.problem}", line=line, source=name) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DefinitionError(f"this is not YAML: {error}", source=name) from None
    if not isinstance(root, yaml.MappingNode):
        raise DefinitionError("a definition is a mapping of keys to values", line=1, source=name)
    _refuse_repeated_keys(root, name)
    return YamlSource(name, data, root)


def _child(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    return None


def _refuse_repeated_keys(node: yaml.Node, name: str) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise DefinitionError(f"the key {key.value!r} stands twice", line=key.start_mark.line + 1, source=name)
            seen.add(key.value)
            _refuse_repeated_keys(value, name)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_repeated_keys(value, name)
