"""What a formula is made of, as it is written; each part is a formula again. All were parsed before."""

import ast
from collections.abc import Sequence


def conjuncts(text: str) -> Sequence[str]:
    """The parts of a condition that all have to hold."""
    tree = _tree(text)
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    return [_source(text, part) for part in parts]


def condition_of(text: str) -> tuple[str, str | None]:
    """`value if condition else ...` as value and condition; a formula without one as it is, and None."""
    tree = _tree(text)
    if isinstance(tree, ast.IfExp):
        return _source(text, tree.body), _source(text, tree.test)
    return text.strip(), None


def sides(text: str) -> tuple[str, str] | None:
    """Left and right of one comparison of what is less and more; None of any other formula."""
    match _tree(text):
        case ast.Compare(left=left, ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE()], comparators=[right]):
            return _source(text, left), _source(text, right)
    return None


def _tree(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


def _source(text: str, node: ast.expr) -> str:
    return ast.get_source_segment(text.strip(), node) or ""
