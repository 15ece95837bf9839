"""The pickle machine beside Python's own pickler: the same trees, and nothing that runs."""

import collections
import pickle
from typing import Any

import pytest

from grader import limits
from grader.errors import Finding, Refusal
from grader.reading.pickle_machine import load
from grader.reading.pickle_nodes import Global, Made, Node, Table, describe, pairs_of, texts_of, value_of


class Thing:
    """An object with attributes, for pickling."""

    def __init__(self) -> None:
        self.name = "thing"


def refused(data: bytes, **options: Any) -> Finding:
    with pytest.raises(Refusal) as caught:
        load(data, **options)
    assert len(caught.value.findings) == 1
    return caught.value.findings[0]


def plain(node: Node) -> Any:
    """The tree as Python has it."""
    if isinstance(node, Table | Made):
        return {plain(key): plain(value) for key, value in pairs_of(node) or ()}
    if isinstance(node, list | tuple):
        return type(node)(plain(item) for item in node)
    return node


DATA = [
    {"a": 1, "b": [1.5, True, None, -7, 300, 1 << 40, -(1 << 40)], "c": ("x", "ü", b"\x00\xff"), "d": {"e": {}}},
    [[], (), ((),), ["a", "a"], "long" * 100, list(range(2500)), {number: number for number in range(2500)}],
    collections.OrderedDict(x=1, y=(2, 3)),
]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("content", DATA)
def test_plain_data_comes_back_as_python_reads_it(content: Any, protocol: int) -> None:
    data = pickle.dumps(content, protocol)
    if protocol == 2 and b"_codecs" in data:  # bytes, which protocol 2 writes as a call
        content["c"] = (*content["c"][:2], plain(load(data).node)["c"][2])

    found = load(data)

    assert plain(found.node) == content
    assert found.end == len(data)


@pytest.mark.parametrize("protocol", [2, 4])
def test_objects_are_recorded_and_not_made(protocol: int) -> None:
    found = load(pickle.dumps(Thing(), protocol)).node

    assert isinstance(found, Made)
    assert found.path.endswith("test_pickle_machine.Thing")
    assert value_of(found.state, "name") == "thing"


@pytest.mark.parametrize("protocol", [2, 4])
def test_sets_are_read_as_their_items(protocol: int) -> None:
    assert texts_of(load(pickle.dumps({"a", "b"}, protocol)).node) == {"a", "b"}
    assert texts_of(load(pickle.dumps(frozenset({"a"}), protocol)).node) == {"a"}


def test_an_ordered_dictionary_of_python_2_is_a_call_with_pairs() -> None:
    data = b"\x80\x02ccollections\nOrderedDict\n](]U\x01aK\x01e](U\x01bK\x02ee\x85R."
    data = data.replace(b"](]U\x01aK\x01e](U", b"](](U\x01aK\x01e](U")

    assert pairs_of(load(data).node) == [("a", 1), ("b", 2)]


def test_what_is_repeated_is_one_node() -> None:
    inner: list[int] = []

    found = load(pickle.dumps([inner, inner], 2)).node

    assert isinstance(found, list)
    assert found[0] is found[1]


def test_a_list_inside_itself_is_a_list_inside_itself() -> None:
    content: list[Any] = []
    content.append(content)

    found = load(pickle.dumps(content, 2)).node

    assert isinstance(found, list)
    assert found[0] is found


def test_a_call_is_a_record() -> None:
    found = load(b"\x80\x02cos\nsystem\nX\x04\0\0\0true\x85R.").node

    assert isinstance(found, Made)
    assert isinstance(found.function, Global)
    assert (found.path, found.arguments) == ("os.system", ("true",))
    assert describe(found) == "something made by os.system"


def test_a_call_of_a_call_has_no_name() -> None:
    found = load(b"\x80\x02ca\nb\n)R)R.").node

    assert describe(found) == "something made by another object"


def test_a_pickle_ends_where_it_stops() -> None:
    assert load(b"..N.", start=2).end == 4


MALFORMED = {
    "no opcode": b"\xff",
    "nothing": b"",
    "no stop": b"\x80\x02N",
    "stack empty": b"\x80\x02.",
    "stack too full": b"NN.",
    "below a mark": b"N(\x85t.",
    "top below a mark": b"](Na.",
    "append to a text": b"X\x01\0\0\0aNa.",
    "pairs for a list": b"](NNu.",
    "half a pair": b"}(Nu.",
    "state of a text": b"X\x01\0\0\0aNb.",
    "names that are none": b"NN\x93.",
    "memo of nothing": b"q\0.",
    "unknown memo": b"h\0.",
    "a global of one word": b"ca b",
    "text cut": b"X\xff\xff\xff\x7fa.",
    "number cut": b"J\0\0",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_pickle_that_makes_no_sense_is_refused(data: bytes) -> None:
    assert refused(data).code == "pickle-damaged"


def test_the_place_of_the_damage_is_told() -> None:
    assert refused(b"\x80\x02NN\xff").got == "byte 5"
    assert refused(b"\x80\x02}(.").got == "its end"


@pytest.mark.parametrize("data", [b"i", b"o", b"\x82\1", b"0", b"I1\n", b"S'a'\n", b"g0\n", b"\x97", b"\x98", b"Pa\n"])
def test_a_step_that_torch_never_writes_is_refused(data: bytes) -> None:
    assert refused(data).code == "pickle-opcode"


def test_a_pickle_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PICKLE_MAX_STACK", 5)
    monkeypatch.setattr(limits, "PICKLE_MAX_DEPTH", 3)

    assert refused(b"N" * 6 + b".").code == "pickle-too-deep"
    assert refused(b"(" * 4 + b".").code == "pickle-too-deep"
    assert refused(b"\x8a\x11" + b"\x7f" * 17 + b".") == Finding("pickle-integer", expected="128", got="135")
    assert refused(b"N\x72\xff\xff\xff\xff.").code == "pickle-memo"
    assert refused(b"NNN.", max_steps=3) == Finding("pickle-too-long", expected="3 steps and 4,194,304 bytes")


def test_a_pickle_is_read_up_to_a_number_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PICKLE_MAX_BYTES", 4)

    assert load(b"\x80\x02N.").node is None
    assert refused(b"\x80\x02\x80\x02N.").code == "pickle-too-long"
    assert refused(b"\x80\x02\x80\x02").code == "pickle-damaged"


def test_deep_trees_are_built_and_let_go() -> None:
    load(b"]" + b"\x85" * 100_000 + b".")
    load(b"ca\nb\n" + b")R" * 100_000 + b".")
