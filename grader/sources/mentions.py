"""The modules that Python code names: in imports of every kind, by attribute, and through other names for them.

What is told is what stands in the text. A name that the code computes is told as such, for a person to look at.
"""

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from grader import limits

IMPORTERS = frozenset(
    {"__import__", "builtins.__import__", "importlib.__import__", "importlib.import_module", "importlib.util.find_spec"}
    | {"runpy.run_module", "pkgutil.resolve_name", "pydoc.locate"}
)
RUNNERS = frozenset({"exec", "eval", "compile", "builtins.exec", "builtins.eval", "builtins.compile"})
_IMPORT = re.compile(r"\s*import\s+([\w.,\s]+)")
_FROM = re.compile(r"\s*from\s+([\w.]+)\s+import\s+(.*)")


class Kind(StrEnum):
    """How a module is named."""

    IMPORT = "import"
    USE = "use"
    INSTALL = "install"
    COMPUTED = "computed"
    """An import, or code that is run, of which the text does not tell what it is."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A dotted name in code: how it is named, its line from 1, and the line's text."""

    name: str
    kind: Kind
    line: int
    text: str = ""


def mentions_of(source: str, aliases: dict[str, str] | None = None) -> list[Mention]:
    """What code names, in the order of its lines; what cannot be parsed is looked at line by line.

    `aliases` are names for modules that hold before, as in a later cell of a notebook; what is found is added.
    """
    known = aliases if aliases is not None else {}
    try:
        found = list(_parsed(source, known, 0))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found = list(_by_line(source))
    lines = source.splitlines()
    return [replace(each, text=_shown(lines, each.line)) for each in sorted(found, key=lambda each: each.line)]


def is_python(source: str) -> bool:
    """Whether the text parses as Python."""
    try:
        _tree(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _tree(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a backslash that escapes nothing
        return ast.parse(source)


def _parsed(source: str, aliases: dict[str, str], depth: int) -> Iterator[Mention]:
    tree = _tree(source)
    visitor = _Visitor(aliases, depth)
    visitor.visit(tree)
    yield from visitor.found


def _shown(lines: list[str], number: int) -> str:
    return lines[number - 1].strip()[: limits.SOURCE_SHOWN_CHARACTERS] if 0 < number <= len(lines) else ""


def _by_line(source: str) -> Iterator[Mention]:
    for number, line in enumerate(source.splitlines(), start=1):
        if match := _FROM.match(line):
            yield Mention(match[1], Kind.IMPORT, number)
            told = match[2].partition("#")[0].strip("() ")
            names = [part.split()[0].strip("() ") for part in told.split(",") if part.strip("() ")]
            yield from (Mention(f"{match[1]}.{name}", Kind.IMPORT, number) for name in names)
        elif match := _IMPORT.match(line):
            for part in match[1].split(","):
                if name := part.split(" as ")[0].strip():
                    yield Mention(name.split()[0], Kind.IMPORT, number)


@dataclass(slots=True)
class _Visitor:
    """Walks a tree in the order of the text; names for modules hold from where they are given on, whatever the scope."""

    aliases: dict[str, str]
    depth: int
    found: list[Mention] = field(default_factory=list)

    def visit(self, node: ast.AST) -> None:
        visit: Callable[[ast.AST], bool] | None = getattr(self, f"_{type(node).__name__.lower()}", None)
        if visit is None or visit(node):
            for child in ast.iter_child_nodes(node):
                self.visit(child)

    def _tell(self, name: str, kind: Kind, node: ast.stmt | ast.expr) -> None:
        self.found.append(Mention(name[: limits.SOURCE_SHOWN_CHARACTERS], kind, node.lineno))

    def _import(self, node: ast.Import) -> bool:
        for each in node.names:
            self._tell(each.name, Kind.IMPORT, node)
            first = each.name.partition(".")[0]
            self.aliases[each.asname or first] = each.name if each.asname else first
        return False

    def _importfrom(self, node: ast.ImportFrom) -> bool:
        module = "." * node.level + (node.module or "")
        for each in node.names:
            name = f"{module}{'' if module.endswith('.') else '.'}{each.name}"
            self._tell(name, Kind.IMPORT, node)
            self.aliases[each.asname or each.name] = name
        return False

    def _assign(self, node: ast.Assign) -> bool:
        if name := self._dotted(node.value):
            self.aliases |= {target.id: name for target in node.targets if isinstance(target, ast.Name)}
        return True

    def _attribute(self, node: ast.Attribute) -> bool:
        if name := self._dotted(node):
            self._tell(name, Kind.USE, node)
            return False
        return True

    def _call(self, node: ast.Call) -> bool:
        called = self._dotted(node.func) or (node.func.id if isinstance(node.func, ast.Name) else "")
        if called in IMPORTERS:
            self._tell(_imported(node) or called, Kind.IMPORT if _imported(node) else Kind.COMPUTED, node)
        elif called in RUNNERS:
            self._run(called, node)
        elif called == "getattr" and (name := self._dotted(node)):
            self._tell(name, Kind.USE, node)
        return True

    def _run(self, called: str, node: ast.Call) -> None:
        """Code within code: what is written out is read as well."""
        inner = _text(node.args[0]) if node.args else None
        if inner is None or self.depth >= limits.SOURCE_MAX_INNER:
            self._tell(called, Kind.COMPUTED, node)
            return
        try:
            mentions = list(_parsed(inner, self.aliases, self.depth + 1))
        except (SyntaxError, ValueError):
            mentions = list(_by_line(inner))
        self.found += [Mention(each.name, each.kind, node.lineno) for each in mentions]

    def _dotted(self, node: ast.AST) -> str | None:
        """The module or the name in one that an expression stands for, None where it is something else."""
        if isinstance(node, ast.Name):
            return self.aliases.get(node.id)
        if isinstance(node, ast.Attribute):
            base = self._dotted(node.value)
            return f"{base}.{node.attr}" if base else None
        if not isinstance(node, ast.Call):
            return None
        called = self._dotted(node.func) or (node.func.id if isinstance(node.func, ast.Name) else "")
        if called in IMPORTERS:
            return _imported(node)
        if called == "getattr" and len(node.args) > 1:
            base, name = self._dotted(node.args[0]), _text(node.args[1])
            return f"{base}.{name}" if base and name else None
        return None


def _imported(node: ast.Call) -> str | None:
    """The module that a call imports, where its name is written out."""
    names = [_text(argument) for argument in node.args]
    names += [_text(each.value) for each in node.keywords if each.arg in ("name", "package", "mod_name")]
    first, *rest = names or [None]
    if first is None:
        return None
    if first.startswith(".") and rest and rest[0]:
        return f"{rest[0]}.{first.lstrip('.')}"
    return first.replace(":", ".")


def _text(node: ast.AST) -> str | None:
    """A text that is written out, in one piece or in several that are put together."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return left + right if left is not None and right is not None else None
    if isinstance(node, ast.JoinedStr):
        parts = [_text(part) for part in node.values]
        return "".join(part or "" for part in parts) if None not in parts else None
    return None
