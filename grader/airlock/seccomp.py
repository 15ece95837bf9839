"""The seccomp filter of a sealed child: an allow-list, as classic BPF built by hand.

Format: linux/seccomp.h, linux/filter.h, Documentation/userspace-api/seccomp_filter.rst. A refused call returns EPERM,
so that a parser raises instead of vanishing. The filter sees registers, never what a pointer points to.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator

from grader.airlock.kernel import call
from grader.airlock.syscalls import ALWAYS, MACHINES, Machine

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL_PROCESS, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
REFUSE = ERRNO | errno.EPERM
NUMBER_OFFSET, ARCH_OFFSET, ARGUMENTS_OFFSET = 0, 4, 16  # struct seccomp_data
SET_MODE_FILTER, FLAG_TSYNC = 1, 1
X32_BIT = 0x40000000  # x86-64 only: the same calls under other numbers

PROT_EXEC = 0x4
CLONE_THREAD = 0x00010000
CLONE_OF_PTHREADS = 0x003D0F00 | 0x01000000  # what glibc and musl pass to make a thread
SAFE_FCNTL = (0, 1, 2, 3, 1030)  # F_DUPFD F_GETFD F_SETFD F_GETFL F_DUPFD_CLOEXEC; F_SETOWN could signal strangers
SAFE_PRCTL = (15, 16)  # PR_SET_NAME PR_GET_NAME; the death signal stays as it was set


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _load(argument: int, high: bool = False) -> bytes:
    """Loads 32 bits of an argument; both machines are little-endian."""
    return _step(LOAD, ARGUMENTS_OFFSET + 8 * argument + 4 * high)


def _one_of(*values: int) -> list[bytes]:
    """Goes on if the loaded word is one of the values, else refuses."""
    count = len(values)
    jumps = [_step(JUMP_EQUAL, value, if_true=count - index) for index, value in enumerate(values)]
    return [*jumps, _step(RETURN, REFUSE)]


def _any_bit(mask: int) -> list[bytes]:
    return [_step(JUMP_ANY_BIT, mask, if_true=1), _step(RETURN, REFUSE)]


def _no_bit(mask: int) -> list[bytes]:
    return [_step(JUMP_ANY_BIT, mask, if_false=1), _step(RETURN, REFUSE)]


def _conditions(process_id: int) -> Iterator[tuple[str, list[bytes]]]:
    """The calls that are allowed with certain arguments only, each with the test that its arguments must pass."""
    yield "clone", [_load(0), *_any_bit(CLONE_THREAD), *_no_bit(0xFFFFFFFF & ~CLONE_OF_PTHREADS)]
    yield "mmap", [_load(2), *_no_bit(PROT_EXEC)]
    yield "mprotect", [_load(2), *_no_bit(PROT_EXEC)]
    yield "tgkill", [_load(0), *_one_of(process_id)]
    yield "fcntl", [_load(1), *_one_of(*SAFE_FCNTL)]
    yield "prctl", [_load(0), *_one_of(*SAFE_PRCTL)]
    # reading one's own limits: process 0, no new limit (a null pointer)
    yield "prlimit64", [_load(0), *_one_of(0), _load(2), *_one_of(0), _load(2, high=True), *_one_of(0)]


def program(machine: Machine, process_id: int) -> bytes:
    """The filter for one child as an array of struct sock_filter; `process_id` is the only process it may signal."""
    numbers = machine.numbers
    steps = [_step(LOAD, ARCH_OFFSET), _step(JUMP_EQUAL, machine.audit_arch, if_true=1), _step(RETURN, KILL_PROCESS)]
    steps += [_step(LOAD, NUMBER_OFFSET), _step(JUMP_AT_LEAST, X32_BIT, if_false=1), _step(RETURN, KILL_PROCESS)]
    # clone3 hides its flags behind a pointer; told that it does not exist, libc falls back to clone
    steps += [_step(JUMP_EQUAL, numbers["clone3"], if_false=1), _step(RETURN, ERRNO | errno.ENOSYS)]
    for name in ALWAYS:
        if name in numbers:
            steps += [_step(JUMP_EQUAL, numbers[name], if_false=1), _step(RETURN, ALLOW)]
    for name, test in _conditions(process_id):
        steps += [_step(JUMP_EQUAL, numbers[name], if_false=len(test) + 1), *test, _step(RETURN, ALLOW)]
    return b"".join([*steps, _step(RETURN, REFUSE)])


def seal() -> str:
    """Puts the filter on this process for good; returns what it is. Needs no_new_privs; raises OSError."""
    machine = MACHINES.get(platform.machine())
    if machine is None or os.uname().sysname != "Linux":
        raise OSError(0, f"no table of system calls for {platform.machine()}")
    code = program(machine, os.getpid())
    steps = len(code) // len(_step(RETURN, ALLOW))
    buffer = ctypes.create_string_buffer(code, len(code))
    fprog = struct.pack("@HP", steps, ctypes.addressof(buffer))
    pointer = ctypes.create_string_buffer(fprog, len(fprog))
    call(machine.numbers["seccomp"], ctypes.c_ulong(SET_MODE_FILTER), ctypes.c_ulong(FLAG_TSYNC), pointer)
    return f"allow-list of {steps} steps"
