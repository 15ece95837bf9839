"""What is kept of a student's source: imports, constants, classes and functions. What trains, loads or draws is left out."""

import ast
import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from grader.errors import Finding, Refusal
from grader.exporting.cells import Cell, cells_of, without_commands

Changed = TypeVar("Changed", bound=ast.AST)
DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
PLAIN = (
    *(ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Starred, ast.Tuple, ast.List, ast.Set),
    *(ast.Dict, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.JoinedStr, ast.FormattedValue),
)
"""Expressions that call nothing by themselves."""
CALLS = (
    "bool dict float frozenset int len list max min range round set sorted str sum tuple partial functools.partial namedtuple "
    "collections.namedtuple torch.device torch.cuda.is_available torch.backends.mps.is_available"
)
"""What a constant may call."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A statement that is kept, with the cell that it stands in and the names that it gives."""

    cell: str
    node: ast.stmt
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Script:
    """The pieces in order; `left_out` tells of each name of a statement that was left out where that stood."""

    pieces: tuple[Piece, ...]
    left_out: dict[str, str]
    lines: dict[str, list[str]]
    """Cell -> its lines, for messages."""
    dropped: int
    """How many statements were left out."""


def read(name: str, content: bytes) -> Script:
    """What is kept of a script or notebook. Raises Refusal where nothing of it can be parsed."""
    pieces: list[Piece] = []
    left_out: dict[str, str] = {}
    lines: dict[str, list[str]] = {}
    damage: list[Finding] = []
    dropped = 0
    for cell in cells_of(name, content):
        lines[cell.name] = cell.text.splitlines()
        tree = _parse(cell, damage)
        kept = list(_keep(tree.body))
        pieces += [Piece(cell.name, node, frozenset(_bound(node))) for node in kept]
        gone = [node for node in tree.body if not _is_docstring(node) and not _survives(node, kept)]
        dropped += len(gone)
        for node in gone:
            left_out.update(dict.fromkeys(_bound(node), f"{cell.name}, line {node.lineno}"))
    if damage and not pieces:
        raise Refusal(*damage[:1])
    futures = [piece for piece in pieces if _is_future(piece.node)]
    return Script((*futures, *(piece for piece in pieces if piece not in futures)), left_out, lines, dropped)


def _parse(cell: Cell, damage: list[Finding]) -> ast.Module:
    """The tree of a cell: as it is, else without a notebook's commands; an empty one where neither is Python."""
    for text in (cell.text, without_commands(cell.text)):
        try:
            return ast.parse(text, cell.name)
        except SyntaxError as error:
            line = f", line {error.lineno}" if error.lineno else ""
            problem = Finding("code-syntax", f"{cell.name}{line}", got=str(error.msg))
        except (ValueError, RecursionError, MemoryError) as error:
            problem = Finding("code-syntax", cell.name, got=str(error) or "it is nested too deep")
    damage.append(problem)
    return ast.Module([], [])


def _keep(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for node in statements:
        if isinstance(node, DEFINITIONS) or _is_constant_statement(node):
            yield node
        elif isinstance(node, ast.If) and is_constant(node.test):
            yield from _branch(node, ("body", "orelse"))
        elif isinstance(node, ast.Try):
            handlers = [_with(each, body=list(_keep(each.body)) or [_nothing(each)]) for each in node.handlers]
            yield from _branch(_with(node, handlers=handlers), ("body", "orelse", "finalbody"))


def _branch(node: ast.stmt, parts: Sequence[str]) -> Iterator[ast.stmt]:
    """The statement with what is kept of each part, if anything is."""
    kept = {part: list(_keep(getattr(node, part))) for part in parts}
    if any(kept.values()):
        kept["body"] = kept["body"] or [_nothing(node)]
        yield _with(node, **kept)


def _with(node: Changed, **changes: object) -> Changed:
    changed = copy.copy(node)
    for name, value in changes.items():
        setattr(changed, name, value)
    return changed


def _nothing(node: ast.AST) -> ast.stmt:
    return ast.copy_location(ast.Pass(), node)


def _is_constant_statement(node: ast.stmt) -> bool:
    """Whether a statement gives names values without doing anything else."""
    if isinstance(node, ast.Assign):
        return all(map(_is_name, node.targets)) and is_constant(node.value)
    if isinstance(node, ast.AnnAssign | ast.AugAssign):
        return _is_name(node.target) and node.value is not None and is_constant(node.value)
    return False


def _is_name(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return all(map(_is_name, target.elts))
    return isinstance(target, ast.Name)


def is_constant(node: ast.expr) -> bool:
    """Whether an expression is made of literals, names, operators and a few harmless calls."""
    if isinstance(node, ast.Lambda):
        return True
    if isinstance(node, ast.Call):
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        return ast.unparse(node.func) in CALLS.split() and all(map(is_constant, given))
    return isinstance(node, PLAIN) and all(
        is_constant(each) for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)
    )


def _bound(node: ast.stmt) -> Iterator[str]:
    """The names that a statement gives to the module."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            yield each.id
        elif isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield each.name
        elif isinstance(each, ast.alias):
            yield each.asname or each.name.partition(".")[0]


def _survives(node: ast.stmt, kept: Sequence[ast.stmt]) -> bool:
    return any(node is each or (type(node) is type(each) and node.lineno == each.lineno) for each in kept)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"
