"""What code names: imports of every kind, other names for modules, attributes, code in texts, broken code."""

import pytest

from grader.sources.mentions import Kind, mentions_of


def names(source: str, *kinds: Kind) -> list[str]:
    return [each.name for each in mentions_of(source) if not kinds or each.kind in kinds]


@pytest.mark.parametrize(
    "source",
    [
        "import torch.nn.utils.prune",
        "import os, torch.nn.utils.prune as p",
        "from torch.nn.utils import prune",
        "from torch.nn.utils import (rnn,\n    prune as p)",
        "from torch.nn.utils.prune import l1_unstructured",
        "import torch\ntorch.nn.utils.prune.l1_unstructured(m, 'weight', 0.5)",
        "import torch.nn as nn\nnn.utils.prune.remove(m, 'weight')",
        "from torch import nn as n\nx = n.utils\nx.prune.remove(m, 'weight')",
        "import importlib\nimportlib.import_module('torch.nn.utils.prune')",
        "from importlib import import_module as load\nload('torch.nn.utils.prune')",
        "import importlib as i\ni.import_module('.prune', 'torch.nn.utils')",
        "import importlib as i\ni.import_module('.prune', package='torch.nn.utils')",
        "__import__('torch.nn.utils.prune')",
        "p = __import__('torch.nn' + '.utils.prune')",
        "load = __import__\nimport builtins\nbuiltins.__import__('torch.nn.utils.prune')",
        "import torch\ngetattr(torch.nn.utils, 'prune')",
        "exec('from torch.nn.utils import prune')",
        "exec(\"exec('import torch.nn.utils.prune')\")",
        "def f():\n    if True:\n        import torch.nn.utils.prune",
        "try:\n    import torch.nn.utils.prune\nexcept ImportError:\n    pass",
        "import runpy\nrunpy.run_module('torch.nn.utils.prune')",
        "# coding: no-such-codec\nimport torch.nn.utils.prune",
        "x = '\\d'\nimport torch.nn.utils.prune",
    ],
)
def test_a_module_is_found_however_it_is_named(source: str) -> None:
    assert any(f"{name}.".startswith("torch.nn.utils.prune.") for name in names(source)), names(source)


@pytest.mark.parametrize(
    "source",
    [
        "# import torch.nn.utils.prune",
        "'''import torch.nn.utils.prune'''",
        "print('import torch.nn.utils.prune')",
        "prune = 1\nprune",
        "import torch\ntorch.nn.utils.rnn",
    ],
)
def test_what_only_looks_like_it_is_not_found(source: str) -> None:
    assert not any("torch.nn.utils.prune" in name for name in names(source))


@pytest.mark.parametrize(
    "source",
    [
        "import importlib\nimportlib.import_module(name)",
        "__import__('a' + b)",
        "exec(open('x.py').read())",
        "eval(input())",
    ],
)
def test_a_name_that_is_computed_is_told_as_such(source: str) -> None:
    assert len(names(source, Kind.COMPUTED)) == 1


def test_a_star_is_told_with_its_package() -> None:
    assert names("from torch.nn.utils import *") == ["torch.nn.utils.*"]


def test_a_mention_has_its_line_and_the_lines_text() -> None:
    [mention] = mentions_of("\n\n    \nfrom  a import b  # why\n")

    assert (mention.line, mention.text) == (4, "from  a import b  # why")


def test_what_is_no_python_is_looked_at_line_by_line() -> None:
    source = "print 'two'\nimport a.b, c as d\n  from e import (f as g, h)  # i\nfrom j import *\n"

    assert names(source) == ["a.b", "c", "e", "e.f", "e.h", "j", "j.*"]


@pytest.mark.parametrize(
    "source", ["(" * 100_000, "a" + ".b" * 100_000, "x = " + "[" * 50_000 + "]" * 50_000, "\0", "-" * 100_000 + "1"]
)
def test_code_that_is_made_to_break_a_parser_breaks_none(source: str) -> None:
    assert names(f"import hidden\n{source}") == ["hidden"]


def test_names_of_an_earlier_cell_hold_in_a_later_one() -> None:
    aliases: dict[str, str] = {}
    mentions_of("import torch.nn as nn", aliases)

    assert "torch.nn.utils.prune" in [each.name for each in mentions_of("nn.utils.prune", aliases)]
