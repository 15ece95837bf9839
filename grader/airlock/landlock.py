"""Landlock with an empty ruleset: no path may be opened, no TCP port used, no abstract socket or signal sent out.

Format: linux/landlock.h and Documentation/userspace-api/landlock.rst. Works without any privilege since Linux 5.13.
"""

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from grader.airlock.kernel import call

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every machine
PATH_BENEATH = 1  # the kind of a rule
READING = 0b1101  # execute (a library is mapped so), read a file, list a folder
OF_FILES = 0b0111  # execute, write and read, which are all that a file can have before ABI 3
VERSION_FLAG = 1
FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # how many access rights to files each ABI knows; the last holds on
NET_RIGHTS_SINCE, NET_RIGHTS = 4, 0b11  # bind and connect TCP
SCOPES_SINCE, SCOPES = 6, 0b11  # abstract unix sockets, signals


def abi() -> int:
    """The kernel's Landlock version, 0 where it has none or has it switched off."""
    try:
        return call(CREATE_RULESET, None, ctypes.c_ulong(0), ctypes.c_ulong(VERSION_FLAG))
    except OSError:
        return 0


def forbid_everything() -> str:
    """Closes every right that this kernel knows, for good, and returns their kinds.

    Needs no_new_privs. Raises OSError where the kernel refuses.
    """
    return confine((), ())


def confine(readable: Iterable[Path], writable: Iterable[Path]) -> str:
    """Closes every right that this kernel knows but those to read and to write below some paths, and returns their kinds."""
    version = abi()
    if version < 1:
        raise OSError(0, "this kernel has no Landlock")
    all_of_files = (1 << FS_RIGHTS[min(version, max(FS_RIGHTS))]) - 1
    rights = [all_of_files]
    rights += [NET_RIGHTS] if version >= NET_RIGHTS_SINCE else []
    rights += [SCOPES] if version >= SCOPES_SINCE else []
    attribute = struct.pack(f"={len(rights)}Q", *rights)
    ruleset = call(CREATE_RULESET, _buffer(attribute), ctypes.c_ulong(len(attribute)), ctypes.c_ulong(0))
    try:
        for path in readable:
            _allow(ruleset, path, READING)
        for path in writable:
            _allow(ruleset, path, all_of_files)
        call(RESTRICT_SELF, ctypes.c_ulong(ruleset), ctypes.c_ulong(0))
    finally:
        os.close(ruleset)
    return f"ABI {version}: " + " ".join(["files", "tcp", "scopes"][: len(rights)])


def _allow(ruleset: int, path: Path, rights: int) -> None:
    """Leaves rights to what is below a path; a file has those of files alone."""
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        wanted = rights if path.is_dir() else rights & OF_FILES
        rule = struct.pack("=Qi", wanted, parent)
        arguments = (ctypes.c_ulong(PATH_BENEATH), _buffer(rule), ctypes.c_ulong(0))
        call(ADD_RULE, ctypes.c_ulong(ruleset), *arguments)
    finally:
        os.close(parent)


def _buffer(content: bytes) -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(content, len(content))
