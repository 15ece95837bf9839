"""Running what is kept, one statement after the other."""

import sys
from typing import Any

import pytest

from grader.exporting.execution import MODULE, Executed, execute
from grader.exporting.missing import Missing, MissingModule
from grader.exporting.script import read


def executed(source: str) -> Executed:
    return execute(read("hw13.py", source.encode()))


def test_the_module_is_not_the_main_one_and_can_be_found() -> None:
    names = executed("name = __name__\nclass A: pass").names

    assert names["name"] == MODULE
    assert sys.modules[names["A"].__module__].__dict__ is names


def test_a_dataclass_can_be_made() -> None:
    assert (
        executed(
            "from __future__ import annotations\nimport dataclasses\n@dataclasses.dataclass\nclass A:\n    x: int = 2"
        )
        .names["A"]()
        .x
        == 2
    )


def test_a_statement_that_fails_is_remembered_by_the_names_it_would_have_made() -> None:
    found = executed("a = 1 / 0\nclass B(a): pass\nc = 3")

    assert found.names["c"] == 3
    assert {name: type(error) for name, error in found.failed.items()} == {"a": ZeroDivisionError, "B": NameError}


def test_whatever_a_statement_raises_ends_nothing() -> None:
    assert isinstance(executed("class A:\n    raise SystemExit").failed["A"], SystemExit)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("import no_such_module.part", "no_such_module"),
        ("import no_such_module.part as short", "short"),
        ("from no_such_module.part import thing", "thing"),
        ("from math import no_such_name", "no_such_name"),
    ],
)
def test_something_stands_for_what_cannot_be_imported(line: str, name: str) -> None:
    assert isinstance(executed(line).names[name], Missing)


def test_of_several_imports_those_that_are_there_are_made() -> None:
    names = executed("import math, no_such_module, json").names

    assert (names["math"].pi > 3, names["json"].dumps([])) == (True, "[]")


def test_a_script_that_asks_first_is_told_that_a_module_is_not_there() -> None:
    assert (
        executed("try:\n    import no_such_module\nexcept ImportError:\n    no_such_module = None").names[
            "no_such_module"
        ]
        is None
    )


def test_a_missing_module_may_be_named_and_not_used() -> None:
    pandas: Any = Missing("pandas")

    assert isinstance(pandas.DataFrame["x"] | None, Missing)
    with pytest.raises(MissingModule) as called:
        pandas.read_csv("train.csv")
    assert called.value.name == "pandas"


def test_a_class_cannot_derive_from_what_is_missing() -> None:
    found = executed("import lightning\nclass Net(lightning.LightningModule): pass")

    assert isinstance(found.failed["Net"], MissingModule)
