"""Checkpoints that are nearly right: their pickles, archives, tables and numbers changed, and put together again.

Checksums and lengths are made right where the change is not theirs, so that it reaches the code behind them.
"""

import random
import struct
import zipfile
from functools import cache
from io import BytesIO
from typing import Any

from tests.corpus.makers import checkpoint, zip_writer
from tests.corpus.makers.zip_writer import Entry
from tests.fuzz import pickle_mutations, torch_programs

LIES = (
    "crc",
    "packed",
    "size",
    "local-size",
    "local-crc",
    "local-name",
    "local-method",
    "central-flags",
    "local-flags",
    "at",
)
ENDS = ("entries", "long-entries", "size", "start", "disk")
INTERESTING = (0, 1, 2, 8, 64, 96, 255, 4096, 65535, (1 << 31) - 1, (1 << 32) - 1)
NAMES = ("model/data.pkl", "model/data/0", "model/constants.pkl", "model/code/a.py", "../x", "other/data/0", "model/x")
DONORS = 100
CHANGES = (0, 0, 1, 1, 1, 1, 1, 2, 4)
TABLE_LETTERS = b'{}[]":,0123456789.-eFIB\\ \0\xff'


def make(seed: int, number: int) -> bytes:
    """The input of that number."""
    chance = random.Random(f"torch/{seed}/{number}")
    program = torch_programs.draw(chance)
    data = {"zip": _zip, "legacy": _legacy, "safetensors": _safetensors}[program["form"]](program, chance)
    if chance.random() < 0.05:
        data = _archive(data, chance)
    return _bytes(data, chance) if chance.random() < 0.12 else data


def _zip(program: dict[str, Any], chance: random.Random) -> bytes:
    entries = checkpoint.entries_of(program, checkpoint.arrays_of(program, chance.randrange(97)))
    if chance.random() < 0.7:
        entries[0].content = _pickle(entries[0].content, chance)
    if chance.random() < 0.25:
        entries = _entries(entries, chance)
    end = {chance.choice(ENDS): chance.choice(INTERESTING[:9])} if chance.random() < 0.03 else {}
    return zip_writer.write(entries, zip64=chance.random() < 0.8, end=end)


@cache
def donors() -> tuple[list[bytes], ...]:
    """The steps of pickles to take some from."""
    programs = (torch_programs.draw(random.Random(number)) | {"form": "pickle"} for number in range(DONORS))
    return tuple(pickle_mutations.steps_of(checkpoint.make(program, 1)) for program in programs)


def _pickle(pickle: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice(CHANGES)):
        pickle = pickle_mutations.mutate(pickle, chance, chance.choice(donors()))
    return pickle


def _entries(entries: list[Entry], chance: random.Random) -> list[Entry]:
    """One of the entries is another, is there twice or not at all, or tells a lie."""
    at = chance.randrange(len(entries))
    entry = entries[at]
    way = chance.randrange(7)
    if way == 0:
        return entries[:at] + entries[at + 1 :]
    if way == 1:
        return [*entries, Entry(chance.choice((*NAMES, entry.name)), chance.randbytes(chance.choice((0, 4, 96))))]
    if way == 2:
        chance.shuffle(entries)
    elif way == 3:
        entry.method = chance.choice((8, 8, 12, 99))
    elif way == 4:
        entry.content = _bytes(entry.content, chance) if entry.content else b"\0"
    elif way == 5:
        entry.attributes = chance.choice((0o120777, 0o040755, 0o100644))
    else:
        lie = chance.choice(LIES)
        entry.lies[lie] = chance.choice(NAMES) if lie == "local-name" else chance.choice(INTERESTING)
        entry.lies[lie] = entry.lies[lie] % 65536 if lie.endswith(("method", "flags")) else entry.lies[lie]
    return entries


def _legacy(program: dict[str, Any], chance: random.Random) -> bytes:
    parts = checkpoint.legacy_parts(program, checkpoint.arrays_of(program, chance.randrange(97)))
    for _ in range(chance.choice(CHANGES)):
        at = chance.choice((0, 1, 2, 3, 3, 3, 3, 4, 5, len(parts) - 1))
        if at < 5:
            parts[at] = pickle_mutations.mutate(parts[at], chance, chance.choice(donors()))
        else:
            parts[at] = _bytes(parts[at], chance)
    return b"".join(parts)


def _safetensors(program: dict[str, Any], chance: random.Random) -> bytes:
    table, numbers = checkpoint.safetensors_parts(program, checkpoint.arrays_of(program, chance.randrange(97)))
    for _ in range(chance.choice(CHANGES)):
        letters = bytearray(table)
        at = chance.randrange(2, len(letters))
        letters[at : at + chance.randrange(2)] = bytes([chance.choice(TABLE_LETTERS)]) * chance.choice((0, 1, 1, 2))
        table = bytes(letters) if chance.random() < 0.7 else table
    length = len(table) if chance.random() < 0.95 else chance.choice(INTERESTING)
    return struct.pack("<Q", length) + table + (numbers if chance.random() < 0.9 else numbers[: chance.randrange(200)])


def _archive(data: bytes, chance: random.Random) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        archive.writestr("steps/a.pt", data)
        archive.writestr("steps/series.yaml", "final: a.pt")
    return buffer.getvalue()


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
