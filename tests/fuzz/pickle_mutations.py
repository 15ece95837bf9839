"""Pickles that are nearly right: steps changed, exchanged, repeated, left out and put in."""

import pickletools
import random
import struct
from collections.abc import Callable

Steps = list[bytes]
OPCODES = [opcode.code.encode("latin-1") for opcode in pickletools.opcodes]
NUMBERS = (0, 1, 2, 3, 4, 8, 9, 24, 96, 255, 256, 65535, 1 << 20, (1 << 31) - 1, -1, -2, -(1 << 31))
WORDS = (
    *(
        b"X\x06\0\0\0weight",
        b"X\x07\0\0\0storage",
        b"X\x01\0\0\x007",
        b"X\0\0\0\0",
        b"N",
        b"\x88",
        b"}",
        b"]",
        b")",
        b"(",
    ),
    *(b"ctorch\nDoubleStorage\n", b"ctorch\nBoolStorage\n", b"ccollections\nOrderedDict\n", b"cposix\nsystem\n"),
    *(
        b"ctorch._utils\n_rebuild_parameter\n",
        b"ctorch._utils\n_rebuild_qtensor\n",
        b"\x8a\x08" + b"\xff" * 8,
        b"q\0",
        b"h\0",
    ),
)


def steps_of(pickle: bytes) -> Steps:
    """The bytes of each step of a pickle, as far as it can be read."""
    ends: list[int] = []
    try:
        ends = [position or 0 for _, _, position in pickletools.genops(pickle)]
    except (ValueError, IndexError, struct.error):
        ends = ends or [0, len(pickle)]
    steps = [pickle[begin:end] for begin, end in zip(ends, [*ends[1:], len(pickle)], strict=True)]
    return [step for step in steps if step] or [b"."]


def mutate(pickle: bytes, chance: random.Random, donor: Steps) -> bytes:
    """The pickle after one change; `donor` are the steps of another one, to take some from."""
    way = chance.choices(WAYS, WEIGHTS)[0]
    return b"".join(way(steps_of(pickle), chance, donor))


def _number(steps: Steps, chance: random.Random, donor: Steps) -> Steps:
    """A whole number becomes another one."""
    at = _index_of(steps, chance, b"JKM")
    number = chance.choice(NUMBERS) if chance.random() < 0.7 else chance.getrandbits(31)
    return [*steps[:at], b"J" + struct.pack("<i", number), *steps[at + 1 :]]


def _word(steps: Steps, chance: random.Random, donor: Steps) -> Steps:
    """A text or name becomes another one of the donor, or of a list."""
    at = _index_of(steps, chance, b"Xc")
    other = donor[_index_of(donor, chance, b"Xc")]
    return [*steps[:at], chance.choice((other, chance.choice(WORDS))), *steps[at + 1 :]]


def _letter(steps: Steps, chance: random.Random, donor: Steps) -> Steps:
    """One letter of a text or name is another."""
    at = _index_of(steps, chance, b"Xc")
    text = bytearray(steps[at])
    place = chance.randrange(len(text))
    text[place] = (text[place] ^ 1 << chance.randrange(8)) if chance.random() < 0.5 else chance.randrange(256)
    return [*steps[:at], bytes(text), *steps[at + 1 :]]


def _opcode(steps: Steps, chance: random.Random, donor: Steps) -> Steps:
    """A step's opcode is another, its argument stays."""
    at = chance.randrange(len(steps))
    return [*steps[:at], chance.choice(OPCODES) + steps[at][1:], *steps[at + 1 :]]


def _leave_out(steps: Steps, chance: random.Random, donor: Steps) -> Steps:
    at = chance.randrange(len(steps))
    return [*steps[:at], *steps[at + chance.choice((1, 1, 1, 2, 5)) :]]


def _repeat(steps: Steps, chance: random.Random, donor: Steps) -> Steps:
    at = chance.randrange(len(steps))
    some = steps[at : at + chance.choice((1, 2, 10, 30))]
    return [*steps[:at], *some, *steps[at:]]


def _exchange(steps: Steps, chance: random.Random, donor: Steps) -> Steps:
    at, other = chance.randrange(len(steps)), chance.randrange(len(steps))
    found = [*steps]
    found[at], found[other] = found[other], found[at]
    return found


def _put_in(steps: Steps, chance: random.Random, donor: Steps) -> Steps:
    at = chance.randrange(len(steps))
    new = chance.choice((chance.choice(WORDS), chance.choice(OPCODES) + chance.randbytes(chance.randrange(5))))
    return [*steps[:at], new, *steps[at:]]


def _splice(steps: Steps, chance: random.Random, donor: Steps) -> Steps:
    """The beginning of this one, the end of the donor."""
    return [*steps[: chance.randrange(len(steps))], *donor[chance.randrange(len(donor)) :]]


def _flip(steps: Steps, chance: random.Random, donor: Steps) -> Steps:
    content = bytearray(b"".join(steps))
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return [bytes(content)]


def _index_of(steps: Steps, chance: random.Random, opcodes: bytes) -> int:
    """The place of a step with one of the opcodes; any place where there is none."""
    places = [at for at, step in enumerate(steps) if step[:1] in opcodes]
    return chance.choice(places or range(len(steps)))


WAYS: tuple[Callable[[Steps, random.Random, Steps], Steps], ...] = (
    *(_number, _word, _letter, _opcode, _leave_out, _repeat, _exchange, _put_in, _splice, _flip),
)
WEIGHTS = (30, 14, 10, 8, 8, 5, 5, 8, 4, 8)
