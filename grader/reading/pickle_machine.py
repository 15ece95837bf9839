"""A pickle machine that builds a tree of inert nodes: nothing is imported, called or looked up, whatever the pickle says.

The opcodes and how their arguments are read come from the table of the standard library's `pickletools`; only the
opcodes that a pickler of protocol 2 to 5 writes for plain data and objects are taken. Every step adds a bounded amount, so
that the number of steps bounds memory.
"""

import io
import pickletools
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from grader import limits
from grader.errors import Finding, Refusal
from grader.reading.pickle_nodes import Global, Made, Node, Persistent, Table

_OPCODES = {opcode.code.encode("latin-1"): opcode for opcode in pickletools.opcodes}
_MALFORMED = (ValueError, IndexError, KeyError, TypeError, struct.error)


class Pickle(NamedTuple):
    """A pickle's tree, the position behind its last byte, and every persistent id that it names."""

    node: Node
    end: int
    persistent: list[Persistent]


def load(data: bytes | memoryview, start: int = 0, max_steps: int = limits.PICKLE_MAX_OPCODES) -> Pickle:
    """The tree of the pickle that begins at `start`. Raises Refusal, also where it takes more than `max_steps`."""
    stream = io.BytesIO(data[start : start + limits.PICKLE_MAX_BYTES])
    machine = _Machine()
    for _ in range(max_steps):
        code = stream.read(1)
        if not code and start + limits.PICKLE_MAX_BYTES < len(data):
            break
        opcode = _OPCODES.get(code)
        if opcode is None:
            raise Refusal(Finding("pickle-damaged", got=f"byte {start + stream.tell():,}"))
        step = _STEPS.get(opcode.name)
        if step is None:
            raise Refusal(Finding("pickle-opcode", got=opcode.name))
        try:
            argument = opcode.arg.reader(stream) if opcode.arg is not None else None
            step(machine, argument)
        except _MALFORMED:
            raise Refusal(Finding("pickle-damaged", got=f"byte {start + stream.tell():,}")) from None
        if opcode.name == "STOP":
            return Pickle(machine.result(), start + stream.tell(), machine.persistent)
    raise Refusal(Finding("pickle-too-long", expected=f"{max_steps:,} steps and {limits.PICKLE_MAX_BYTES:,} bytes"))


class _Machine:
    """The stack, the memo and the places of marks. Methods raise what `load` turns into a refusal."""

    def __init__(self) -> None:
        self.stack: list[Node] = []
        self.marks: list[int] = []
        self.memo: dict[int, Node] = {}
        self.persistent: list[Persistent] = []

    def push(self, node: Node) -> None:
        if len(self.stack) >= limits.PICKLE_MAX_STACK:
            raise Refusal(Finding("pickle-too-deep", expected=f"{limits.PICKLE_MAX_STACK:,}"))
        if isinstance(node, int) and node.bit_length() > limits.PICKLE_MAX_INTEGER_BITS:
            raise Refusal(
                Finding("pickle-integer", expected=str(limits.PICKLE_MAX_INTEGER_BITS), got=f"{node.bit_length():,}")
            )
        self.stack.append(node)

    def pop(self) -> Node:
        """The topmost node above the last mark."""
        if self.marks and len(self.stack) <= self.marks[-1]:
            raise IndexError
        return self.stack.pop()

    def top(self) -> Node:
        if self.marks and len(self.stack) <= self.marks[-1]:
            raise IndexError
        return self.stack[-1]

    def mark(self) -> None:
        if len(self.marks) >= limits.PICKLE_MAX_DEPTH:
            raise Refusal(Finding("pickle-too-deep", expected=f"{limits.PICKLE_MAX_DEPTH:,}"))
        self.marks.append(len(self.stack))

    def above_mark(self) -> list[Node]:
        at = self.marks.pop()
        nodes = self.stack[at:]
        del self.stack[at:]
        return nodes

    def take(self, count: int) -> tuple[Node, ...]:
        """The last `count` nodes, in the order in which they were pushed."""
        return tuple(reversed([self.pop() for _ in range(count)]))

    def add(self, items: list[Node]) -> None:
        """Puts items into the list, set or object on top."""
        target = self.top()
        if isinstance(target, list):
            target.extend(items)
        elif isinstance(target, Made):
            target.items.extend(items)
        else:
            raise TypeError

    def set(self, items: list[Node]) -> None:
        """Puts pairs into the dictionary or object on top."""
        target = self.top()
        if not isinstance(target, Table | Made) or len(items) % 2:
            raise TypeError
        target.pairs.extend(zip(items[::2], items[1::2], strict=True))

    def make(self, count: int) -> None:
        """Records a call of what lies below `count` arguments; the last of them replace each other as Python has it."""
        function, *arguments = self.take(count + 1)
        self.push(Made(function, arguments[0] if count == 1 else tuple(arguments)))

    def build(self) -> None:
        state, target = self.pop(), self.top()
        if not isinstance(target, Made):
            raise TypeError
        target.state = state

    def name(self) -> None:
        module, name = self.take(2)
        if not isinstance(module, str) or not isinstance(name, str):
            raise TypeError
        self.push(Global(module, name))

    def refer(self) -> None:
        self.persistent.append(Persistent(self.pop()))
        self.push(self.persistent[-1])

    def put(self, index: int) -> None:
        if index >= limits.PICKLE_MAX_OPCODES:  # a pickler counts up from 0
            raise Refusal(Finding("pickle-memo", expected=f"{limits.PICKLE_MAX_OPCODES:,}", got=f"{index:,}"))
        self.memo[index] = self.top()

    def result(self) -> Node:
        if len(self.stack) != 1 or self.marks:
            raise Refusal(Finding("pickle-damaged", got="its end"))
        return self.stack[0]


def _pass(machine: _Machine, argument: Any) -> None:
    """For opcodes that say something about the pickle itself."""


def _push(machine: _Machine, argument: Any) -> None:
    machine.push(argument)


_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("PROTO", "FRAME", "STOP"), _pass),
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"), _push),
    **dict.fromkeys(("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"), _push),
    **dict.fromkeys(("BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"), _push),
    "NONE": lambda machine, _: machine.push(None),
    "NEWTRUE": lambda machine, _: machine.push(True),
    "NEWFALSE": lambda machine, _: machine.push(False),
    "MARK": lambda machine, _: machine.mark(),
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "EMPTY_SET": lambda machine, _: machine.push([]),
    "EMPTY_DICT": lambda machine, _: machine.push(Table()),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.above_mark())),
    "TUPLE1": lambda machine, _: machine.push(machine.take(1)),
    "TUPLE2": lambda machine, _: machine.push(machine.take(2)),
    "TUPLE3": lambda machine, _: machine.push(machine.take(3)),
    "FROZENSET": lambda machine, _: machine.push(machine.above_mark()),
    "APPEND": lambda machine, _: machine.add([machine.pop()]),
    "APPENDS": lambda machine, _: machine.add(machine.above_mark()),
    "ADDITEMS": lambda machine, _: machine.add(machine.above_mark()),
    "SETITEM": lambda machine, _: machine.set([*machine.take(2)]),
    "SETITEMS": lambda machine, _: machine.set(machine.above_mark()),
    "GLOBAL": lambda machine, pair: machine.push(Global(*pair.split(" ", 1))),
    "STACK_GLOBAL": lambda machine, _: machine.name(),
    "REDUCE": lambda machine, _: machine.make(1),
    "NEWOBJ": lambda machine, _: machine.make(1),
    "NEWOBJ_EX": lambda machine, _: machine.make(2),
    "BUILD": lambda machine, _: machine.build(),
    "BINPERSID": lambda machine, _: machine.refer(),
    "BINPUT": lambda machine, index: machine.put(index),
    "LONG_BINPUT": lambda machine, index: machine.put(index),
    "MEMOIZE": lambda machine, _: machine.put(len(machine.memo)),
    "BINGET": lambda machine, index: machine.push(machine.memo[index]),
    "LONG_BINGET": lambda machine, index: machine.push(machine.memo[index]),
}
