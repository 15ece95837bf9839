"""System calls that the standard library does not offer, through libc."""

import ctypes
import os
from functools import cache

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38
CAP_KILL_BIT = 5  # linux/capability.h


@cache
def libc() -> ctypes.CDLL:
    """The C library of this process; raises OSError where there is none to load."""
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library


def call(number: int, *arguments: ctypes.c_ulong | ctypes.Array[ctypes.c_char] | None) -> int:
    """The result of a raw system call; raises OSError with the kernel's errno."""
    result: int = libc().syscall(ctypes.c_long(number), *arguments)
    return checked(result)


def prctl(option: int, value: int) -> None:
    """Sets one attribute of this process; raises OSError with the kernel's errno."""
    zero = ctypes.c_ulong(0)
    checked(libc().prctl(ctypes.c_int(option), ctypes.c_ulong(value), zero, zero, zero))


def checked(result: int) -> int:
    """The result of a C call as it came; raises OSError for a negative one."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
