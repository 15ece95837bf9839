"""A child's answer is read as if an attacker had written it."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from grader import limits
from grader.airlock.answer import read_frame
from grader.airlock.protocol import FRAME
from grader.errors import Cause, ChildDied, Refusal

EMPTY = save({})
HONEST = b'{"kind":"answer","head":{}}'


def frame_of(words: bytes, blob: bytes = EMPTY) -> bytes:
    return FRAME.pack(len(words), len(blob)) + words + blob


def header_of(table: dict[str, object], data: bytes = b"") -> bytes:
    words = json.dumps(table).encode()
    return len(words).to_bytes(8, "little") + words + data


HOSTILE = {
    "nothing": b"",
    "short": b"\x00" * 11,
    "trailing byte": frame_of(HONEST) + b"x",
    "lengths too large": FRAME.pack(2**32 - 1, 2**64 - 1) + HONEST,
    "head too long": frame_of(b'{"kind":"answer","head":{}}'.ljust(limits.MAX_HEAD_BYTES + 1)),
    "no JSON": frame_of(b"{"),
    "not UTF-8": frame_of(b'{"kind":"\xff"}'),
    "a list": frame_of(b"[]"),
    "no kind": frame_of(b"{}"),
    "a kind that is a list": frame_of(b'{"kind":[]}'),
    "a head that is a list": frame_of(b'{"kind":"answer","head":[]}'),
    "not a number": frame_of(b'{"kind":"answer","head":{"x":NaN}}'),
    "too large an integer": frame_of(b'{"kind":"answer","head":{"x":' + b"9" * 5000 + b"}}"),
    "deep": frame_of(b'{"kind":"answer","head":{"x":' + b"[" * 20 + b"]" * 20 + b"}}"),
    "deeper": frame_of(b'{"kind":"answer","head":{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"),
    "a key that hides": frame_of(b'{"kind":"answer","head":{"a\\u202e":1}}'),
    "a refusal without findings": frame_of(b'{"kind":"refusal","findings":[]}'),
    "a refusal of a number": frame_of(b'{"kind":"refusal","findings":[["a","","",1]]}'),
    "a refusal with three facts": frame_of(b'{"kind":"refusal","findings":[["a","",""]]}'),
    "a code that is a sentence": frame_of(b'{"kind":"refusal","findings":[["You win","","",""]]}'),
    "no arrays": frame_of(HONEST, b""),
    "arrays of garbage": frame_of(HONEST, b"\xff" * 40),
    "too long a table": frame_of(HONEST, (limits.MAX_ARRAYS_HEADER_BYTES + 1).to_bytes(8, "little") + b"{}"),
    "an array beyond its bytes": frame_of(
        HONEST, header_of({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, b"1234")
    ),
    "a huge array": frame_of(
        HONEST, header_of({"a": {"dtype": "F32", "shape": [2**62, 2**62], "data_offsets": [0, 4]}}, b"1234")
    ),
    "a dtype without numbers": frame_of(HONEST, save({"a": np.ones(1, np.bool_)})),
    "an array that cannot be named": frame_of(HONEST, save({"a\n": np.ones(1, np.float32)})),
}


@pytest.mark.parametrize("frame", HOSTILE.values(), ids=HOSTILE.keys())
def test_malformed_answer_is_told_as_such(frame: bytes) -> None:
    with pytest.raises(ChildDied) as caught:
        read_frame(frame)
    assert caught.value.cause is Cause.ANSWER


def test_too_many_findings_are_no_refusal() -> None:
    findings = [["a", "", "", ""]] * (limits.MAX_FINDINGS + 1)
    with pytest.raises(ChildDied):
        read_frame(frame_of(json.dumps({"kind": "refusal", "findings": findings}).encode()))


def test_too_many_arrays_are_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_ANSWER_ARRAYS", 2)
    two, three = ({str(number): np.ones(1, np.float32) for number in range(count)} for count in (2, 3))
    assert len(read_frame(frame_of(HONEST, save(two)))[1]) == 2
    with pytest.raises(ChildDied):
        read_frame(frame_of(HONEST, save(three)))


def test_words_of_an_answer_are_cleaned_and_cut() -> None:
    words = json.dumps({"kind": "answer", "head": {"a": ["x\x00y", "z" * 5000]}}).encode()
    head, _ = read_frame(frame_of(words))
    assert head == {"a": ["x\ufffdy", "z" * limits.MAX_HEAD_TEXT_CHARACTERS]}


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_bytes_break_the_reader(words: bytes, blob: bytes) -> None:
    for told in (words, HONEST):
        with pytest.raises((ChildDied, Refusal)):
            read_frame(frame_of(told, blob))
