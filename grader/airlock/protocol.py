"""What owner, zygote and child say to each other.

Owner and zygote trust each other: packets of JSON over a unix socket (SOCK_SEQPACKET), with descriptors beside them.
The child answers through a pipe with one frame, which `answer` reads as hostile:

    4 bytes   length of the head, little-endian
    8 bytes   length of the arrays, little-endian
    head      JSON: {"kind": "answer", "head": {...}} or "refusal" with findings or "crash" with a line for staff
    arrays    safetensors
"""

import array
import json
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any, NamedTuple, Protocol, TypeAlias

from grader import limits
from grader.airlock.layers import Layer
from grader.errors import GraderFault
from grader.facts import AnyArray

JSON: TypeAlias = Any  # whatever `json` can write
FRAME = struct.Struct("<IQ")


class Job(Protocol):
    """What a job's module offers."""

    def warm(self) -> None:
        """Touches all that loads lazily, as nothing can be opened later; leaves one thread."""

    def run(self, arguments: dict[str, JSON], inputs: list[int]) -> tuple[dict[str, JSON], dict[str, AnyArray]]:
        """The answer's head and arrays, from descriptors that may be read, sought and mapped; may raise Refusal."""


@dataclass(frozen=True, slots=True)
class JobLimits:
    """What one job may use. Memory is what it maps beyond the zygote's own; `answer_bytes` counts the whole frame."""

    cpu_seconds: float
    wall_seconds: float
    memory_bytes: int
    answer_bytes: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What one job used; `peak_bytes` includes what it shares with the zygote."""

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a child answered: well-formed, and to be doubted in every value."""

    head: Mapping[str, JSON]
    arrays: Mapping[str, AnyArray]
    usage: Usage


class ExitStatus(IntEnum):
    """How a child says by its exit status what it has no means left to write."""

    ANSWERED = 0
    CRASHED = 1
    NO_MEMORY = 70
    NO_JAIL = 71


@dataclass(frozen=True, slots=True)
class Request:
    """One job for a zygote; `required` are the layers without which it must not run."""

    number: int
    self_test: bool
    arguments: Mapping[str, JSON]
    required: Sequence[Layer]
    limits: JobLimits


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended: the signal that killed it (0: none) or its exit status, and what it used."""

    number: int
    signal: int
    status: int
    cpu_seconds: float
    peak_bytes: int


class Packet(NamedTuple):
    """A message's kind and content."""

    kind: str
    content: dict[str, JSON]


def send(control: socket.socket, kind: str, content: Mapping[str, JSON], descriptors: Sequence[int] = ()) -> None:
    """Sends one packet; raises GraderFault where it is too long, OSError where nobody listens."""
    data = json.dumps([kind, content], separators=(",", ":")).encode()
    if len(data) > limits.MAX_REQUEST_BYTES:
        raise GraderFault(f"a request of {len(data)} bytes, of at most {limits.MAX_REQUEST_BYTES}")
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    control.sendmsg([data], rights, socket.MSG_NOSIGNAL)


def receive(control: socket.socket) -> tuple[Packet | None, list[int]]:
    """The next packet and its descriptors; None where the other side is gone."""
    data, descriptors, _, _ = socket.recv_fds(control, limits.MAX_REQUEST_BYTES, limits.MAX_JAIL_INPUTS + 1)
    return (Packet(*json.loads(data)) if data else None), descriptors


def write_request(request: Request) -> dict[str, JSON]:
    """The content of a request's packet."""
    return asdict(request)


def read_request(content: dict[str, JSON]) -> Request:
    """The request in a packet."""
    return Request(**{**content, "limits": JobLimits(**content["limits"])})
