"""What a student's code may import: loaded before the jail closes, since nothing can be opened afterwards."""

import importlib
from collections.abc import Iterator, Mapping
from contextlib import suppress

import numpy as np

from grader.facts import AnyArray

STANDARD = (
    "__future__ abc argparse array ast base64 bisect builtins calendar cmath collections collections.abc concurrent.futures "
    "contextlib copy csv dataclasses datetime decimal difflib encodings.idna enum fnmatch fractions functools gc glob "
    "hashlib heapq importlib importlib.util inspect io itertools json logging math multiprocessing "
    "multiprocessing.popen_fork multiprocessing.shared_memory numbers operator os os.path pathlib pickle platform pprint "
    "queue random re shutil signal statistics string struct subprocess sys tempfile textwrap threading time timeit "
    "traceback types typing typing_extensions uuid warnings weakref zipfile zlib"
)
TORCH = (
    "torch torch.nn torch.nn.functional torch.nn.init torch.nn.modules torch.nn.parallel torch.nn.parameter torch.nn.utils "
    "torch.nn.utils.fusion torch.nn.utils.parametrizations torch.nn.utils.parametrize torch.nn.utils.prune "
    "torch.nn.utils.rnn torch.autograd torch.backends torch.cuda torch.distributions torch.fft torch.fx torch.hub torch.jit "
    "torch.linalg torch.onnx torch.optim torch.optim.lr_scheduler torch.quantization torch.amp torch.cuda.amp "
    "torch.utils.checkpoint torch.utils.data torch.utils.serialization"
)
OTHERS = "numpy numpy.random torchvision torchvision.models torchvision.transforms einops timm tqdm tqdm.auto"
"""Loaded where they are installed."""

SAMPLE_SHAPE = (3, 16, 16)
SAMPLE_ENTRIES = ("build",)
_SAMPLE = """
from __future__ import annotations
import math
import torch
from torch import nn
import torch.nn.functional as F
from dataclasses import dataclass
from a_module_that_is_not_there import something

@dataclass
class Size:
    filters: int = 4

class Block(nn.Module):
    def __init__(self, filters):
        super().__init__()
        self.parts = nn.Sequential(
            nn.Conv2d(filters, filters, 3, padding=1, groups=filters, bias=False), nn.BatchNorm2d(filters), nn.ReLU6(),
            nn.Conv2d(filters, filters, 1), nn.GroupNorm(2, filters), nn.PReLU(), nn.Dropout2d(0.1))
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(filters, filters, 1), nn.Hardsigmoid())

    def forward(self, x):
        y = self.parts(x)
        a, b = torch.chunk(y * self.gate(y), 2, 1)
        y = torch.cat([F.gelu(a), F.hardswish(b)], dim=1)
        n, c, h, w = y.shape
        return x + y.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)

class Net(nn.Module):
    def __init__(self, filters=Size().filters):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, filters, 3, 2, 1), nn.InstanceNorm2d(filters), nn.LeakyReLU(0.1), nn.MaxPool2d(2), nn.SiLU())
        self.block = Block(filters)
        self.norm = nn.LayerNorm(filters)
        self.fc = nn.Linear(filters, 3)

    def forward(self, x):
        x = self.block(F.avg_pool2d(self.stem(x), 2))
        x = F.interpolate(x, scale_factor=2, mode="nearest") * math.sqrt(2)
        x = torch.stack([x, x]).mean(0)
        return self.fc(self.norm(x.mean((2, 3)))).log_softmax(1)

def build():
    return Net()
"""
_FAILING = (
    "return torch.fft.fft(x).real",
    "return x.to('cuda')",
    "return self.no_such_layer(x)",
    "return x if x.sum() > 0 else torch.nonzero(x)",
)


def load() -> None:
    """Imports everything that there is."""
    for name in f"{STANDARD} {TORCH} {OTHERS}".split():
        with suppress(ImportError, RuntimeError):  # torchvision may be there and not fit
            importlib.import_module(name)


def samples() -> Iterator[tuple[str, bytes, Mapping[str, AnyArray]]]:
    """Name, source and arrays of small networks, good and failing, for warming up."""
    from torch import nn  # the package is asked for when it is loaded

    names: dict[str, object] = {"__name__": "warm"}
    source = _SAMPLE.replace("from a_module_that_is_not_there import something\n", "").replace("@dataclass\n", "")
    exec(source, names)  # noqa: S102 - the text above
    network = names["build"]()  # type: ignore[operator]
    assert isinstance(network, nn.Module)  # noqa: S101 - as written above
    arrays = {name: tensor.numpy() for name, tensor in network.state_dict().items() if "tracked" not in name}
    yield "warm.py", _SAMPLE.encode(), arrays
    both = {f"{number}.{name}": array for number in range(2) for name, array in arrays.items()}
    yield "warm.py", _SAMPLE.replace("return Net()", "return [Net(), Net()]").encode(), both
    yield "warm.py", _SAMPLE.encode(), {name.replace("fc", "fd"): np.zeros(2) for name in arrays}
    for line in _FAILING:
        yield "warm.py", _SAMPLE.replace("x = self.block", f"{line}\n        x = self.block").encode(), arrays
    for text in (
        "def build(:",
        "x = 1",
        "def build(): return 1",
        "def build(a): return 1",
        "import nothing\ndef build(): nothing()",
    ):
        yield "warm.py", text.encode(), {}
    yield "warm.ipynb", b'{"cells": [{"cell_type": "code", "source": ["%time x = 1\\n"]}]}', {}
