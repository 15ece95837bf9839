"""ONNX files that are nearly right: programs drawn at random, their messages changed as trees, and bytes anywhere."""

import random
from typing import Any

from tests.corpus.makers import onnx
from tests.corpus.makers.onnx_wire import message
from tests.fuzz import onnx_programs
from tests.fuzz.onnx_programs import FLOATS, NUMBERS

Tree = list[tuple[int, Any]]
CHANGES = (0, 0, 0, 1, 1, 2)


def make(seed: int, number: int) -> bytes:
    """The input of that number."""
    chance = random.Random(f"onnx/{seed}/{number}")
    tree = _copied(onnx.model_of(onnx_programs.draw(chance), chance.randrange(97)))
    for _ in range(chance.choice(CHANGES)):
        _change(tree, chance)
    data = message(tree)
    return _bytes(data, chance) if chance.random() < 0.15 else data


def _copied(fields: Any) -> Tree:
    return [(number, _copied(value) if isinstance(value, list) else value) for number, value in fields]


def _change(tree: Tree, chance: random.Random) -> None:
    """One field somewhere in the tree is another, is there twice or not at all, or stands elsewhere."""
    fields = _somewhere(tree, chance)
    if not fields:
        return
    at = chance.randrange(len(fields))
    number, value = fields[at]
    way = chance.randrange(6)
    if way == 0:
        del fields[at]
    elif way == 1:
        fields.insert(chance.randrange(len(fields) + 1), (number, value))
    elif way == 2:
        fields[at] = (chance.choice((number, chance.randrange(1, 30))), _another(value, chance))
    elif way == 3:
        other = _somewhere(tree, chance)
        if other:
            name, taken = chance.choice(other)
            fields[at] = (name, _flat(taken))
    elif way == 4:
        chance.shuffle(fields)
    else:
        fields[at] = (number, _another(value, chance))


def _somewhere(tree: Tree, chance: random.Random) -> Tree:
    """The fields of a message, any depth."""
    found = [tree]
    for fields in found:
        found += [value for _, value in fields if isinstance(value, list)]
    return chance.choice(found)


def _flat(value: Any) -> Any:
    """A message as bytes, so that no tree holds itself."""
    return message(value) if isinstance(value, list) else value


def _another(value: Any, chance: random.Random) -> Any:
    if isinstance(value, list):
        return chance.choice((b"", message(value)[:-1], message(value) * 2))
    if isinstance(value, int):
        return chance.choice(NUMBERS)
    if isinstance(value, float):
        return chance.choice(FLOATS)
    content = value.encode() if isinstance(value, str) else value
    return chance.choice((b"", content[:-1], content * 2, content + b"\0", bytes(len(content)), b"\xff" * 8, "images"))


def _bytes(data: bytes, chance: random.Random) -> bytes:
    """Bytes anywhere: other ones, fewer, or more."""
    at = chance.randrange(len(data))
    way = chance.randrange(4)
    if way == 0:
        return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
    if way == 1:
        return data[:at] + chance.randbytes(chance.randint(1, 8)) + data[at + 8 :]
    if way == 2:
        return data[: max(1, at)]
    return data[:at] + data[at : at + chance.randint(1, 64)] + data[at:]
