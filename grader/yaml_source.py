"""YAML that remembers its lines, so that an error in a definition can name the place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import yaml
from pydantic import ValidationError

from grader.errors import DefinitionError, Misplaced
from grader.limits import MAX_DEFINITION_BYTES

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's where it is there: Python's own takes minutes for a page of opening brackets."""


WORDS = {"extra_forbidden": "this key is not known here", "missing": "this key is missing"}
"""What is said in place of pydantic's words, which are about models and not about files."""


class Mark(Protocol):
    """A place in a text, in the words of both of PyYAML's parsers; all count from 0."""

    index: int
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class YamlSource:
    """A parsed YAML mapping, the name it is reported under, and its nodes with their lines."""

    name: str
    data: dict[str, Any]
    root: yaml.MappingNode

    def line(self, path: Sequence[str | int]) -> int:
        """The line, from 1, of the deepest part of `path` that the text has."""
        return self.place(path)[0]

    def place(self, path: Sequence[str | int]) -> tuple[int, int]:
        """Line and column, from 1, of the deepest part of `path` that the text has."""
        node: yaml.Node = self.root
        mark = node.start_mark
        for step in path:
            child = _child(node, step)
            if child is None:
                break
            mark, node = child
        return _counted(mark)

    def replaced(self, path: Sequence[str | int], block: str, text: str) -> str:
        """The `text` that was parsed, with another value in the place of the one at `path`.

        `block` is that of one line; where a flow mapping stood, it gets its braces.
        """
        node: yaml.Node = self.root
        for step in path:
            child = _child(node, step)
            if child is None:
                raise self.error(f"{'.'.join(map(str, path))} is missing", path)
            node = child[1]
        value = f"{{{block}}}" if isinstance(node, yaml.MappingNode) and node.flow_style else block
        return text[: node.start_mark.index] + value + text[_end(node) :]

    def finding(self, message: str, path: Sequence[str | int] = ()) -> Misplaced:
        """Something to change at `path`."""
        return Misplaced(*self.place(path), message)

    def error(self, message: str, path: Sequence[str | int] = ()) -> DefinitionError:
        """An error that names the place of `path`."""
        return DefinitionError.of([self.finding(message, path)], self.name)

    def validation_error(self, error: ValidationError, prefix: Sequence[str | int] = ()) -> DefinitionError:
        """Every finding of pydantic in one error, each with its line; `prefix` is where the validated part begins."""
        findings = []
        for finding in error.errors(include_url=False):
            path = (*prefix, *finding["loc"])
            dotted = ".".join(str(step) for step in path)
            message = WORDS.get(finding["type"]) or finding["msg"].removeprefix("Value error, ")
            got = "" if finding["type"] in ("missing", "value_error") else f", got {str(finding['input'])[:60]!r}"
            findings.append(self.finding(f"{dotted}: {message}{got}", path))
        return DefinitionError.of(findings, self.name)


def parse(text: str, name: str) -> YamlSource:
    """The one mapping that `text` holds. Raises DefinitionError with the line for bad YAML, repeated keys and aliases."""
    if len(text.encode()) > MAX_DEFINITION_BYTES:
        raise DefinitionError(f"is longer than {MAX_DEFINITION_BYTES:,} bytes", source=name)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            if isinstance(event, yaml.AliasEvent):
                raise _error("aliases are not used here", event.start_mark, name)
        root = yaml.compose(text, Loader=LOADER)
        data = yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        raise _error(f"this is not YAML: {error.problem}", error.problem_mark, name) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DefinitionError(f"this is not YAML: {error}", source=name) from None
    if not isinstance(root, yaml.MappingNode):
        raise DefinitionError("a definition is a mapping of keys to values", line=1, source=name)
    _refuse_repeated_keys(root, name)
    return YamlSource(name, data, root)


def _error(message: str, mark: Mark | None, name: str) -> DefinitionError:
    line, column = _counted(mark) if mark else (None, None)
    return DefinitionError.of([Misplaced(line, column, message)], name)


def _counted(mark: Mark) -> tuple[int, int]:
    return int(mark.line) + 1, int(mark.column) + 1


def _child(node: yaml.Node, step: str | int) -> tuple[Mark, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark, node.value[step]
    return None


def _end(node: yaml.Node) -> int:
    """Where a node's last character is; a block's own mark is where the next thing begins."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style:
        return int(node.end_mark.index)
    inner = (part for pair in node.value for part in pair) if isinstance(node, yaml.MappingNode) else node.value
    return max(map(_end, inner), default=int(node.end_mark.index))


def _refuse_repeated_keys(node: yaml.Node, name: str) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise _error(f"the key {key.value!r} stands twice", key.start_mark, name)
            seen.add(key.value)
            _refuse_repeated_keys(value, name)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_repeated_keys(value, name)
