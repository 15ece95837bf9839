"""What a pickle says, as a tree that does nothing: names are kept as names, calls as records of a call.

Besides these there are None, booleans, numbers, texts, bytes, tuples and lists. One node may hang in many places, even in
itself, so nothing may walk a tree without counting its steps; nodes are compared by identity alone.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

from grader import limits

Node: TypeAlias = object
"""Anything in the tree; who takes a node looks at what it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Global:
    """The name of a class or function, which is never looked up."""

    module: str
    name: str

    @property
    def path(self) -> str:
        """Module and name, joined by a dot."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Persistent:
    """A reference to something outside the pickle; for torch, a storage."""

    key: Node


@dataclass(slots=True, eq=False)
class Table:
    """A dictionary: its pairs as they were written, repetitions included."""

    pairs: list[tuple[Node, Node]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Made:
    """What a call would have made: the call, and what the pickle puts into the result afterwards."""

    function: Node
    arguments: Node
    state: Node = None
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The function's or class's dotted name; nothing where it is no plain name."""
        return self.function.path if isinstance(self.function, Global) else ""


_MAX_PATH = 100
DICTIONARIES = ("collections.OrderedDict", "collections.defaultdict")


def pairs_of(node: Node) -> list[tuple[Node, Node]] | None:
    """The pairs of a dictionary, ordered or not; None where the node is none."""
    if isinstance(node, Table):
        return node.pairs
    if not isinstance(node, Made) or node.path not in DICTIONARIES:
        return None
    written = node.arguments[0] if isinstance(node.arguments, tuple) and node.arguments else None
    if not isinstance(written, list) or len(written) > limits.MAX_TENSORS:
        return node.pairs
    # Python 2 wrote an OrderedDict as a call with a list of pairs
    pairs = [(item[0], item[1]) for item in written if isinstance(item, list | tuple) and len(item) == 2]
    return [*pairs, *node.pairs]


def value_of(node: Node, key: str) -> Node:
    """What a dictionary has under a text, the last one where there are several; None where there is nothing."""
    found: Node = None
    for name, value in pairs_of(node) or ():
        if isinstance(name, str) and name == key:
            found = value
    return found


def texts_of(node: Node) -> set[str]:
    """The texts in a list or set, none where it is a long one."""
    if isinstance(node, Made) and isinstance(node.arguments, tuple) and node.arguments:
        node = node.arguments[0]  # a set is written as a call with a list
    if not isinstance(node, list | tuple) or len(node) > limits.MODULE_MAX_ATTRIBUTES:
        return set()
    return {item for item in node if isinstance(item, str)}


def describe(node: Node) -> str:
    """What a node is, in a few words for a student."""
    if isinstance(node, Made):
        return f"something made by {node.path[:_MAX_PATH]}" if node.path else "something made by another object"
    if isinstance(node, Global):
        return f"the name {node.path[:_MAX_PATH]}"
    names = {
        Table: "a dictionary",
        list: "a list",
        tuple: "a tuple",
        str: "a text",
        bytes: "bytes",
        bool: "a truth value",
    }
    numbers = {int: "a whole number", float: "a number", type(None): "None", Persistent: "a bare storage"}
    return (names | numbers).get(type(node), "something else")
