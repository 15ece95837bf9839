"""Random programs for the corpus' maker of checkpoints: honest ones, and ones that tell something that is not so."""

import random
from typing import Any

from tests.corpus.makers.checkpoint import SHAPES

FORMS = ("zip", "zip", "zip", "zip", "legacy", "legacy", "safetensors", "safetensors")
KINDS = ("float32", "float32", "float32", "float16", "bfloat16", "float64")
STORAGES = ("Float", "Double", "Half", "BFloat16", "Long", "Bool", "ComplexFloat", "QInt8", "Untyped")
FUNCTIONS = (
    "_rebuild_tensor_v2",
    "_rebuild_tensor",
    "_rebuild_tensor_v3",
    "_rebuild_qtensor",
    "_rebuild_sparse_tensor",
)
NUMBERS = (0, 1, 2, 3, 4, 8, 9, 24, 25, 96, 1 << 20, 1 << 40, (1 << 63) - 1, -1)
PREFIXES = ("module.", "_orig_mod.", "_orig_mod.module.", "model.")
WRAPS = (["state_dict"], ["model"], ["net", "state_dict"], ["anything"])
ROWS = ("F16", "BF16", "F32", "F64", "I64", "C64", "F8_E4M3", "U8")


def draw(chance: random.Random) -> dict[str, Any]:
    """A program; two in three are honest."""
    program: dict[str, Any] = {"form": chance.choice(FORMS), "dtype": chance.choice(KINDS)}
    if program["form"] == "safetensors":
        return {**program, "rows": dict([_row(chance)])} if chance.random() < 0.3 else program
    if chance.random() < 0.15:
        return {**program, "module": {}, "depth": chance.choice((0, 0, 1, 3, 31, 40))}
    if chance.random() < 0.2:
        program["prefix"] = chance.choice(PREFIXES)
    if chance.random() < 0.3:
        program |= {"wrap": chance.choice(WRAPS), "beside": {"epoch": 3, "optimizer": {"state": {}, "lr": 0.1}}}
    if chance.random() < 0.3:
        name = chance.choice(list(SHAPES))
        program["change"] = {name: _told(name, chance)}
    return program


def _row(chance: random.Random) -> tuple[str, dict[str, Any]]:
    name = chance.choice([*SHAPES, "another", "4.weight_mask"])
    begin = chance.choice(NUMBERS)
    return name, {
        "dtype": chance.choice(ROWS),
        "shape": [chance.choice(NUMBERS) for _ in range(chance.randrange(5))],
        "data_offsets": [begin, begin + chance.choice(NUMBERS)],
    }


def _told(name: str, chance: random.Random) -> Any:
    """A description that takes a tensor's place."""
    if chance.random() < 0.1:
        return chance.choice((None, 7, "text", [1, 2], {"call": "posix.system", "with": ["touch marker"]}))
    facts: dict[str, Any] = {"like": name}
    for _ in range(chance.choice((1, 1, 2, 3))):
        fact = chance.choice(
            ("shape", "stride", "offset", "numbers", "key", "storage", "function", "parameter", "extra")
        )
        facts[fact] = _fact(fact, chance)
    return {"tensor": facts}


def _fact(fact: str, chance: random.Random) -> Any:
    if fact in ("shape", "stride"):
        return [chance.choice(NUMBERS) for _ in range(chance.randrange(5))]
    if fact in ("offset", "numbers"):
        return chance.choice(NUMBERS)
    ways: dict[str, Any] = {
        "key": str(chance.randrange(12)),
        "storage": f"torch.{chance.choice(STORAGES)}Storage",
        "function": f"torch._utils.{chance.choice(FUNCTIONS)}",
        "parameter": "torch._utils._rebuild_parameter",
        "extra": [{"global": f"torch.{chance.choice(KINDS)}"}, {}],
    }
    return ways[fact]
