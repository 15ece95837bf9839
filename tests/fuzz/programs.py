"""Random programs for the corpus' maker: honest bases with one to four steps that may or may not be allowed."""

import random
from typing import Any

PATHS = {
    "keras-vars": ("layers/conv2d/vars/0", "layers/conv2d/vars/1", "layers/dense/vars/0", "layers/dense/vars/1"),
    "keras-vars-2.12": tuple(
        f"_layer_checkpoint_dependencies/{name}" for name in ("conv2d/vars/0", "conv2d/vars/1", "dense/vars/0")
    ),
    "keras-legacy": ("conv2d/conv2d/kernel:0", "conv2d/conv2d/bias:0", "dense/dense/kernel:0", "dense/dense/bias:0"),
}
TYPES = ("<f2", "<f4", "<f8", ">f2", ">f4", ">f8", "<i4", "<u1", "<i8")
STRANGE = ("bfloat16", "float8", "wide-exponent", "compound", "complex", "boolean", "opaque", "text", "vlen", "array")
PLACES = (
    "layers/dense_1/vars/0",
    "optimizer/vars/0",
    "metrics/m/vars/0",
    "stray",
    "layers/dense/extra/vars/0",
    "a/b/c",
)
VALUES = (0.0, -0.0, 1.0, 1e-45, 3e38, float("nan"), float("inf"))


def draw(chance: random.Random) -> dict[str, Any]:
    """A program of the maker `hdf5`."""
    base = chance.choice(list(PATHS))
    steps = [step for path in chance.sample(PATHS[base], chance.randint(1, 3)) for step in _steps(path, chance)]
    options: dict[str, Any] = chance.choice(({}, {}, {"libver": "latest"}, {"libver": "v108"}))
    return {"base": base, "steps": steps, "options": options}


def _steps(path: str, chance: random.Random) -> list[dict[str, Any]]:
    shape = [chance.choice((1, 2, 3, 8, 9, 18)) for _ in range(chance.randint(0, 4))]
    place = f"{chance.choice(PLACES)}{chance.choice(('', '1', '_2'))}/{chance.getrandbits(20)}"
    storage = {"compression": "gzip", "shuffle": chance.random() < 0.5, "fletcher32": chance.random() < 0.5}
    remove: dict[str, Any] = {"do": "remove", "at": path}
    ways: tuple[list[dict[str, Any]], ...] = (
        [{"do": "store-as", "at": path, "dtype": chance.choice(TYPES), **storage}],
        [{"do": "store-as", "at": path, "dtype": chance.choice(TYPES)}],
        [{"do": "set-number", "at": path, "value": chance.choice(VALUES)}],
        [{"do": "compact", "at": path}],
        [{"do": "reshape", "at": path, "shape": shape}],
        [remove, {"do": "add", "at": path, "shape": shape, "dtype": chance.choice(TYPES)}],
        [remove, {"do": "unwritten", "at": path, "shape": [3, *shape], "chunks": [2, *shape]}],
        [remove, {"do": "partly", "at": path, "shape": [8, 3], "chunks": [chance.randint(1, 8), 3], "until": [5, 3]}],
        [remove, {"do": "strange", "at": path, "kind": chance.choice(STRANGE), "shape": shape[:2]}],
        [remove],
        [{"do": "add", "at": place, "shape": shape}],
        [{"do": "hard-link", "at": place, "to": path}],
        [{"do": "soft-link", "at": place, "to": path}],
        [{"do": "external-link", "at": place, "file-name": "elsewhere.h5", "to": "/x"}],
        [remove, {"do": "virtual", "at": path, "shape": [2, 2], "source": ".", "path": f"/{place}"}],
        [{"do": "many-attributes", "at": "/", "count": chance.choice((1, 20, 300))}],
        [{"do": "deep", "at": place, "depth": chance.randint(1, 15)}],
        [{"do": "copy", "at": path, "to": place}],
    )
    return chance.choice(ways)
