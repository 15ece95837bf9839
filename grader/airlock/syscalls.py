"""The system calls of a sealed child, by name, and their numbers on each machine.

Numbers: Linux `arch/x86/entry/syscalls/syscall_64.tbl` and `include/uapi/asm-generic/unistd.h` (aarch64).
"""

from typing import NamedTuple


class Machine(NamedTuple):
    """A processor family: its AUDIT_ARCH value (linux/audit.h) and its numbers. A call it lacks is not in the table."""

    audit_arch: int
    numbers: dict[str, int]


_BYTES = "read write readv writev pread64 preadv lseek close poll ppoll select pselect6"
_STATUS = "fstat newfstatat"  # glibc's fstat() is newfstatat() with an empty path, and a filter cannot look at paths
_MEMORY = "munmap mremap madvise brk"
_THREADS = "futex set_robust_list rseq sched_yield sched_getaffinity membarrier getcpu exit exit_group"
_SIGNALS = "rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall nanosleep clock_nanosleep"
_CLOCKS = "clock_gettime clock_getres gettimeofday time times getrandom getrusage uname sysinfo"
_IDENTITY = "getpid gettid getuid geteuid getgid getegid"
ALWAYS = tuple(" ".join([_BYTES, _STATUS, _MEMORY, _THREADS, _SIGNALS, _CLOCKS, _IDENTITY]).split())
"""Allowed with any arguments. `seccomp` allows a few more with certain arguments only."""

_X86_64 = """
    read=0 write=1 close=3 fstat=5 poll=7 lseek=8 mmap=9 mprotect=10 munmap=11 brk=12 rt_sigaction=13
    rt_sigprocmask=14 rt_sigreturn=15 pread64=17 readv=19 writev=20 select=23 sched_yield=24 mremap=25 madvise=28
    nanosleep=35 getpid=39 clone=56 exit=60 uname=63 fcntl=72 gettimeofday=96 getrusage=98 sysinfo=99 times=100
    getuid=102 getgid=104 geteuid=107 getegid=108 sigaltstack=131 prctl=157 gettid=186 time=201 futex=202
    sched_getaffinity=204 restart_syscall=219 clock_gettime=228 clock_getres=229 clock_nanosleep=230 exit_group=231
    tgkill=234 newfstatat=262 pselect6=270 ppoll=271 set_robust_list=273 preadv=295 prlimit64=302 getcpu=309
    seccomp=317 getrandom=318 membarrier=324 rseq=334 clone3=435
"""
_AARCH64 = """
    fcntl=25 close=57 lseek=62 read=63 write=64 readv=65 writev=66 pread64=67 preadv=69 pselect6=72 ppoll=73
    newfstatat=79 fstat=80 exit=93 exit_group=94 futex=98 set_robust_list=99 nanosleep=101 clock_gettime=113
    clock_getres=114 clock_nanosleep=115 sched_getaffinity=123 sched_yield=124 restart_syscall=128 tgkill=131
    sigaltstack=132 rt_sigaction=134 rt_sigprocmask=135 rt_sigreturn=139 times=153 uname=160 getrusage=165 prctl=167
    getcpu=168 gettimeofday=169 getpid=172 getuid=174 geteuid=175 getgid=176 getegid=177 gettid=178 sysinfo=179
    brk=214 munmap=215 mremap=216 clone=220 mmap=222 mprotect=226 madvise=233 prlimit64=261 seccomp=277 getrandom=278
    membarrier=283 rseq=293 clone3=435
"""


def _numbers(table: str) -> dict[str, int]:
    return {name: int(number) for name, number in (entry.split("=") for entry in table.split())}


MACHINES = {"x86_64": Machine(0xC000003E, _numbers(_X86_64)), "aarch64": Machine(0xC00000B7, _numbers(_AARCH64))}
"""By `platform.machine()`. On any other machine there is no seccomp layer, and so no airlock."""
