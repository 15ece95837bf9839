"""Landlock with an empty ruleset: no path may be opened, no TCP port used, no abstract socket or signal sent out.

Format: linux/landlock.h and Documentation/userspace-api/landlock.rst. Works without any privilege since Linux 5.13.
"""

import ctypes
import os
import struct

from grader.airlock.kernel import call

CREATE_RULESET, RESTRICT_SELF = 444, 446  # the same on every machine
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
    version = abi()
    if version < 1:
        raise OSError(0, "this kernel has no Landlock")
    rights = [(1 << FS_RIGHTS[min(version, max(FS_RIGHTS))]) - 1]
    rights += [NET_RIGHTS] if version >= NET_RIGHTS_SINCE else []
    rights += [SCOPES] if version >= SCOPES_SINCE else []
    attribute = struct.pack(f"={len(rights)}Q", *rights)
    buffer = ctypes.create_string_buffer(attribute, len(attribute))
    ruleset = call(CREATE_RULESET, buffer, ctypes.c_ulong(len(attribute)), ctypes.c_ulong(0))
    try:
        call(RESTRICT_SELF, ctypes.c_ulong(ruleset), ctypes.c_ulong(0))
    finally:
        os.close(ruleset)
    return f"ABI {version}: " + " ".join(["files", "tcp", "scopes"][: len(rights)])
