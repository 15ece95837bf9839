"""Files that are nearly right: bytes changed inside known structures, structures swapped, pieces of two files joined."""

import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.corpus.cases import all_cases
from tests.corpus.makers import hdf5
from tests.fuzz import programs
from tests.fuzz.checksums import repaired
from tests.fuzz.structures import Piece, pieces

KERAS = ("corpus", "cmu-10605")
MAX_SEED_BYTES = 30_000  # of a case of the corpus that is taken as a seed
BASES = ("keras-vars", "keras-legacy", "keras-vars-2.12", "keras-full")
FORMATS: tuple[dict[str, str], ...] = ({}, {"libver": "latest"}, {"libver": "v108"})
PACKED = [
    {"do": "store-as", "at": "layers/conv2d/vars/0", "chunks": [3, 3, 1, 1], "compression": "gzip", "shuffle": True},
    {"do": "store-as", "at": "layers/dense/vars/0", "chunks": [3, 2], "compression": "gzip", "fletcher32": True},
    {"do": "store-as", "at": "layers/dense/vars/1", "chunks": [2], "maxshape": [None]},
]
INTERESTING = (0, 1, 2, 3, 4, 7, 8, 12, 16, 64, 127, 128, 255, 256, 4095, 65535, 1 << 20, 1 << 31, (1 << 32) - 1)
LIKING = {
    **dict.fromkeys(("dataspace", "datatype", "layout", "filters", "attribute", "fill value"), 3.0),
    "superblock": 0.3,
    "message": 0.5,
    "header": 0.5,
}
"""How often a kind is chosen: what leads to the arrays more often, what every file needs to open less often."""
HONEST_CHANGES = (1, 1, 1, 1, 2, 2, 3, 5)
CHANGES = (0, *HONEST_CHANGES)  # of a file that is odd already
LARGE = (1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)


@dataclass(frozen=True)
class Seed:
    """A file to begin with, and what is where in it."""

    data: bytes
    by_kind: dict[str, list[Piece]]


@cache
def seeds() -> tuple[tuple[Seed, ...], tuple[Seed, ...]]:
    """Honest files, and the small ones of the corpus, accepted or not."""
    programs_: list[dict[str, Any]] = [{"base": base, "options": options} for base in BASES for options in FORMATS]
    programs_ += [{"steps": PACKED, "options": options} for options in FORMATS]
    honest = [hdf5.make(program, number) for number, program in enumerate(programs_)]
    cases = [case.content for case in all_cases() if case.trouble != "mixed-up" and case.competition in KERAS]
    return tuple(map(_seed, honest)), tuple(_seed(data) for data in cases if 96 <= len(data) <= MAX_SEED_BYTES)


def _seed(data: bytes) -> Seed:
    by_kind: dict[str, list[Piece]] = {}
    for piece in pieces(data):
        by_kind.setdefault(piece.kind, []).append(piece)
    return Seed(data, by_kind)


def make(seed: int, number: int) -> bytes:
    """The input of that number."""
    chance = random.Random(f"{seed}/{number}")
    honest, cases = seeds()
    if chance.random() < 0.1:
        start = _seed(hdf5.make(programs.draw(chance), number % 97))
    else:
        start = chance.choice(honest if chance.random() < 0.75 else cases)
    data = start.data
    for _ in range(chance.choice(HONEST_CHANGES if start in honest else CHANGES)):
        data = chance.choices(WAYS, WEIGHTS)[0](data, start, chance)
    return repaired(data) if chance.random() < 0.9 else data


def _change_field(data: bytes, seed: Seed, chance: random.Random) -> bytes:
    """An integer inside a structure becomes another one."""
    piece = _piece(seed, chance)
    width = chance.choice((1, 1, 2, 4, 8))
    at = piece.start + chance.randrange(max(1, piece.length - width + 1))
    old = int.from_bytes(data[at : at + width], "little")
    places = [each.start for each in seed.by_kind.get(piece.kind, [])]
    new = chance.choice(
        (
            *(old + 1, old - 1, old ^ 1 << chance.randrange(8 * width), chance.getrandbits(8 * width), old * 2),
            *(chance.choice(INTERESTING), chance.choice(LARGE), len(data), chance.choice(places or [0])),
        )
    )
    return data[:at] + (new % (1 << 8 * width)).to_bytes(width, "little") + data[at + width :]


def _flip(data: bytes, seed: Seed, chance: random.Random) -> bytes:
    """One bit inside a structure."""
    piece = _piece(seed, chance)
    at = piece.start + chance.randrange(piece.length)
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :] if at < len(data) else data


def _exchange(data: bytes, seed: Seed, chance: random.Random) -> bytes:
    """One structure takes the bytes of another one of its kind, of this file or of another."""
    piece = _piece(seed, chance)
    donor = seed if chance.random() < 0.5 else chance.choice(seeds()[0])
    others = donor.by_kind.get(piece.kind)
    if not others:
        return data
    other = chance.choice(others)
    new = donor.data[other.start : other.start + min(piece.length, other.length)]
    return data[: piece.start] + new + data[piece.start + len(new) :]


def _change_numbers(data: bytes, seed: Seed, chance: random.Random) -> bytes:
    """Bytes anywhere, most of which are numbers, names or nothing."""
    at = chance.randrange(len(data))
    new = chance.randbytes(chance.randint(1, 8))
    return data[:at] + new + data[at + len(new) :]


def _blank(data: bytes, seed: Seed, chance: random.Random) -> bytes:
    """A structure becomes zeros or ones."""
    piece = _piece(seed, chance)
    return data[: piece.start] + chance.choice((b"\0", b"\xff")) * piece.length + data[piece.start + piece.length :]


def _cut(data: bytes, seed: Seed, chance: random.Random) -> bytes:
    """The end is missing; the superblock may say so."""
    kept = data[: chance.randrange(len(data) // 2, len(data))]
    return _with_length(kept) if chance.random() < 0.7 else kept


def _shift(data: bytes, seed: Seed, chance: random.Random) -> bytes:
    """Some bytes are missing, doubled or new in the middle."""
    at, length = chance.randrange(8, len(data)), chance.randint(1, 64)
    middle = chance.choice((b"", data[at : at + length] * 2, chance.randbytes(length)))
    return _with_length(data[:at] + middle + data[at + length :])


def _join(data: bytes, seed: Seed, chance: random.Random) -> bytes:
    """The beginning of this file and the rest of another."""
    other = chance.choice(seeds()[0]).data
    at = chance.randrange(8, min(len(data), len(other)))
    return _with_length(data[:at] + other[at:])


def _with_length(data: bytes) -> bytes:
    """The file with a superblock that states its length, so that it is not just told as cut short."""
    at = 40 if data[8:9] < b"\x02" else 28
    return data[:at] + struct.pack("<Q", len(data)) + data[at + 8 :]


def _piece(seed: Seed, chance: random.Random) -> Piece:
    """A structure of any kind, whether there are many of it or few."""
    kinds = list(seed.by_kind)
    return chance.choice(seed.by_kind[chance.choices(kinds, [LIKING.get(kind, 1) for kind in kinds])[0]])


WAYS: tuple[Callable[[bytes, Seed, random.Random], bytes], ...] = (
    *(_change_field, _flip, _exchange, _change_numbers, _blank, _cut, _shift, _join),
)
WEIGHTS = (45, 15, 12, 18, 2, 3, 3, 2)
