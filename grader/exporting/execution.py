"""Runs what is kept of a student's source, statement by statement: one that fails matters only where its names are needed."""

import ast
import sys
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from grader.exporting.missing import Missing
from grader.exporting.script import Piece, Script

MODULE = "student"
"""The name of the module that the source becomes; it is not `__main__`, so that what stands behind that test is not run."""


@dataclass(slots=True)
class Executed:
    """The names that the source defined, and why others could not be."""

    names: dict[str, Any]
    failed: dict[str, BaseException] = field(default_factory=dict)


def execute(script: Script) -> Executed:
    """The names of a script after all its pieces were run."""
    module = ModuleType(MODULE)
    sys.modules[MODULE] = module  # dataclasses look a class up by its module
    found = Executed(vars(module))
    for piece in script.pieces:
        try:
            _run(piece, found.names)
        except ImportError as error:
            _stand_in(piece, error, found)
        except BaseException as error:  # a script may raise anything, SystemExit too
            found.failed.update(dict.fromkeys(piece.names, error))
    return found


def _run(piece: Piece, names: dict[str, Any]) -> None:
    tree = ast.Module([piece.node], [])
    exec(compile(tree, piece.cell, "exec", dont_inherit=True), names)  # noqa: S102 - that is what the jail is for


def _stand_in(piece: Piece, error: ImportError, found: Executed) -> None:
    """Puts something in place of what an import statement could not find; of several names the others are tried alone."""
    if not isinstance(piece.node, ast.Import | ast.ImportFrom):
        found.failed.update(dict.fromkeys(piece.names, error))
        return
    for alias in piece.node.names:
        alone = ast.copy_location(_only(piece.node, alias), piece.node)
        name = alias.asname or alias.name.partition(".")[0]
        try:
            _run(Piece(piece.cell, alone, frozenset((name,))), found.names)
        except ImportError as missing:
            if alias.name != "*":
                found.names[name] = Missing(missing.name or alias.name)


def _only(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.stmt:
    if isinstance(node, ast.Import):
        return ast.Import([alias])
    return ast.ImportFrom(node.module, [alias], node.level)
