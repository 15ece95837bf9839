"""The filter's program, run by a small interpreter, so that it is tried for machines that are not at hand."""

import re
import struct
from pathlib import Path

import pytest

from grader.airlock import seccomp
from grader.airlock.syscalls import ALWAYS, MACHINES

OWN, STRANGER = 4242, 4243
ALLOWED, REFUSED, KILLED = seccomp.ALLOW, seccomp.REFUSE, seccomp.KILL_PROCESS
PTHREAD_FLAGS = 0x3D0F00
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
both_machines = pytest.mark.parametrize("machine", MACHINES)


def decide(machine: str, call: str | int, *arguments: int, arch: int | None = None) -> int:
    """What the filter returns for a call, by its name or number (linux/filter.h, the opcodes that we use)."""
    target = MACHINES[machine]
    number = target.numbers[call] if isinstance(call, str) else call
    padded = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("<IIQ6Q", number, arch or target.audit_arch, 0, *padded)
    steps = list(struct.iter_unpack("=HBBI", seccomp.program(target, OWN)))
    at, word = 0, 0
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        if code == seccomp.RETURN:
            return int(value)
        if code == seccomp.LOAD:
            (word,) = struct.unpack_from("<I", data, value)
            continue
        holds = {
            seccomp.JUMP_EQUAL: word == value,
            seccomp.JUMP_AT_LEAST: word >= value,
            seccomp.JUMP_ANY_BIT: bool(word & value),
        }[code]
        at += if_true if holds else if_false


@both_machines
def test_plain_calls_are_allowed(machine: str) -> None:
    numbers = MACHINES[machine].numbers
    assert {decide(machine, name) for name in ALWAYS if name in numbers} == {ALLOWED}


@both_machines
def test_every_other_number_is_refused(machine: str) -> None:
    known = set(MACHINES[machine].numbers.values())
    assert {decide(machine, number) for number in range(600) if number not in known} == {REFUSED}


@both_machines
def test_another_architecture_is_killed(machine: str) -> None:
    assert decide(machine, "read", arch=0x40000003) == KILLED


@both_machines
def test_calls_under_their_other_numbers_are_killed(machine: str) -> None:
    assert decide(machine, seccomp.X32_BIT) == KILLED


@both_machines
@pytest.mark.parametrize(
    ("call", "arguments", "verdict"),
    [
        ("clone", (PTHREAD_FLAGS,), ALLOWED),
        ("clone", (17,), REFUSED),
        ("clone", (PTHREAD_FLAGS | 0x10000000,), REFUSED),
        ("clone", (PTHREAD_FLAGS & ~seccomp.CLONE_THREAD,), REFUSED),
        ("clone3", (0,), seccomp.ERRNO | 38),
        ("mmap", (0, 4096, 3, 34), ALLOWED),
        ("mmap", (0, 4096, 7, 34), REFUSED),
        ("mprotect", (0, 4096, 1), ALLOWED),
        ("mprotect", (0, 4096, 4), REFUSED),
        ("tgkill", (OWN, 1, 6), ALLOWED),
        ("tgkill", (STRANGER, 1, 6), REFUSED),
        ("fcntl", (3, 1030, 0), ALLOWED),
        ("fcntl", (3, 8, STRANGER), REFUSED),
        ("fcntl", (3, 10, 9), REFUSED),
        ("fcntl", (3, 1031, 1 << 30), REFUSED),
        ("prctl", (15,), ALLOWED),
        ("prctl", (1, 0), REFUSED),
        ("prctl", (4, 1), REFUSED),
        ("prlimit64", (0, 7, 0, 4096), ALLOWED),
        ("prlimit64", (0, 7, 4096, 0), REFUSED),
        ("prlimit64", (0, 7, 1 << 32, 0), REFUSED),
        ("prlimit64", (STRANGER, 7, 0, 4096), REFUSED),
        ("seccomp", (0,), REFUSED),
    ],
)
def test_arguments_decide(machine: str, call: str, arguments: tuple[int, ...], verdict: int) -> None:
    assert decide(machine, call, *arguments) == verdict


@both_machines
def test_numbers_are_the_kernels(machine: str) -> None:
    header = HEADERS[machine]
    if not header.exists():
        pytest.skip(f"no {header} to compare with")
    defined = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text()))
    defined.setdefault("newfstatat", defined.get("fstatat", ""))
    numbers = MACHINES[machine].numbers
    assert numbers == {name: int(defined[name]) for name in numbers}
