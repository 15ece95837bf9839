"""Reads a child's answer, which is as hostile as the file it was made from."""

import json
import re
import struct
import unicodedata
from typing import NoReturn

from safetensors import SafetensorError
from safetensors.numpy import load

from grader import limits
from grader.airlock.protocol import FRAME, JSON
from grader.errors import Cause, ChildDied, Finding, Refusal
from grader.facts import AnyArray

CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+){0,9}")
ARRAYS_HEADER = struct.Struct("<Q")
NUMBER_KINDS = "fiu"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class MalformedAnswer(Exception):
    """An answer that no job of ours would give."""


def read_frame(frame: bytes | bytearray) -> tuple[dict[str, JSON], dict[str, AnyArray]]:
    """The head and arrays of an answer. Raises Refusal for a refusal, ChildDied for a crash or a malformed frame."""
    try:
        words, blob = _split(frame)
        told = _read_words(words)
        if told.get("kind") == "refusal":
            raise Refusal(*_findings(told.get("findings")))
        if told.get("kind") == "crash":
            raise ChildDied(Cause.CRASH, clean(str(told.get("text")), limits.MAX_CRASH_CHARACTERS))
        head = told.get("head")
        if told.get("kind") != "answer" or not isinstance(head, dict):
            raise MalformedAnswer("a head of no known kind")
        return head, _read_arrays(blob)
    except MalformedAnswer as error:
        raise ChildDied(Cause.ANSWER, str(error)) from error


def clean(text: str, characters: int) -> str:
    """The text cut to a length, with control, format and surrogate characters replaced."""
    return "".join(REPLACEMENT if unicodedata.category(one)[0] == "C" else one for one in text[:characters])


def _split(frame: bytes | bytearray) -> tuple[bytes, bytes]:
    if len(frame) < FRAME.size:
        raise MalformedAnswer(f"{len(frame)} bytes are no frame")
    words, blob = FRAME.unpack_from(frame)
    if FRAME.size + words + blob != len(frame):
        raise MalformedAnswer("the frame's lengths do not add up")
    if words > limits.MAX_HEAD_BYTES:
        raise MalformedAnswer(f"a head of {words} bytes, of at most {limits.MAX_HEAD_BYTES}")
    view = memoryview(frame)[FRAME.size :]
    return bytes(view[:words]), bytes(view[words:])


def _read_words(words: bytes) -> dict[str, JSON]:
    try:
        told = json.loads(words.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedAnswer(f"the head is not JSON: {type(error).__name__}") from error
    if not isinstance(told, dict):
        raise MalformedAnswer("the head is not a table")
    return {key: _tidy(value, limits.MAX_HEAD_DEPTH) for key, value in told.items()}


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _tidy(value: JSON, depth: int) -> JSON:
    """The value with every string cleaned; keys must be clean already."""
    if depth == 0:
        raise MalformedAnswer(f"a head nested more than {limits.MAX_HEAD_DEPTH} deep")
    if isinstance(value, str):
        return clean(value, limits.MAX_HEAD_TEXT_CHARACTERS)
    if isinstance(value, list):
        return [_tidy(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return {_key(key): _tidy(item, depth - 1) for key, item in value.items()}
    return value


def _key(key: str) -> str:
    if key != clean(key, limits.MAX_HEAD_TEXT_CHARACTERS):
        raise MalformedAnswer("a key that cannot be printed")
    return key


def _findings(told: JSON) -> list[Finding]:
    if not isinstance(told, list) or not 0 < len(told) <= limits.MAX_FINDINGS:
        raise MalformedAnswer("a refusal without findings, or with too many")
    return [_finding(fact) for fact in told]


def _finding(fact: JSON) -> Finding:
    if not isinstance(fact, list) or len(fact) != 4 or not all(isinstance(text, str) for text in fact):
        raise MalformedAnswer("a finding that is not four strings")
    code, *facts = fact
    if not CODE.fullmatch(code):
        raise MalformedAnswer("a finding with no code")
    return Finding(code, *(clean(text, limits.MAX_FINDING_CHARACTERS) for text in facts))


def _read_arrays(blob: bytes) -> dict[str, AnyArray]:
    if len(blob) < ARRAYS_HEADER.size or ARRAYS_HEADER.unpack_from(blob)[0] > limits.MAX_ARRAYS_HEADER_BYTES:
        raise MalformedAnswer("no arrays, or too long a table of them")
    try:
        arrays = load(blob)
    except (SafetensorError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise MalformedAnswer(f"the arrays are not safetensors: {type(error).__name__}") from error
    if len(arrays) > limits.MAX_ANSWER_ARRAYS:
        raise MalformedAnswer(f"{len(arrays)} arrays, of at most {limits.MAX_ANSWER_ARRAYS}")
    if any(values.dtype.kind not in NUMBER_KINDS for values in arrays.values()):
        raise MalformedAnswer("an array that is neither of floats nor of integers")
    return {_key(name): values for name, values in arrays.items()}
