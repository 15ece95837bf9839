"""Which places in code staff are shown, under a competition's rules."""

from typing import Any

import pytest

from app.finalists.findings import findings_of, unread


def scan_of(*names: str, kind: str = "import") -> dict[str, Any]:
    places = [["a.py", 0, at, kind, name, "text"] for at, name in enumerate(names, 1)]
    return {"files": [], "places": places, "cut": False}


@pytest.mark.parametrize(
    ("name", "is_named"),
    [
        ("torch.nn.utils.prune", True),
        ("torch.nn.utils.prune.l1_unstructured", True),
        ("torch.nn.utils.pruned", False),
        ("torch.nn.utils", False),
        ("torch.nn.utils.*", True),
        ("torch.*", True),
        ("torch.nn.utils.prune.*", True),
        ("torchvision.*", False),
        (".prune", False),
    ],
)
def test_a_module_its_contents_and_a_star_over_it_are_named(name: str, is_named: bool) -> None:
    named, _ = findings_of(scan_of(name), ["torch.nn.utils.prune"])

    assert [each.forbidden for each in named] == ["torch.nn.utils.prune"] * is_named


@pytest.mark.parametrize(("name", "is_named"), [("tensorflow_model_optimization", True), ("torch", False)])
def test_a_package_that_is_installed_is_named_but_not_for_one_of_its_modules(name: str, is_named: bool) -> None:
    rules = ["tensorflow_model_optimization", "torch.nn.utils.prune"]

    assert bool(findings_of(scan_of(name, kind="install"), rules)[0]) is is_named


def test_what_is_computed_is_for_a_person_to_look_at() -> None:
    named, computed = findings_of(scan_of("exec", kind="computed"), ["exec"])

    assert (named, [each.place for each in computed]) == ([], ["a.py, line 1"])


def test_a_file_that_was_not_read_is_told() -> None:
    assert unread({"files": [["a.zip", 0, "why"], ["b.py", 3, ""]]}) == [("a.zip", "why")]
    assert unread(None) == []
