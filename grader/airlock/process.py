"""A zygote as its owner sees it: a process to start, ask and end."""

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from grader import limits
from grader.airlock.layers import Layer
from grader.airlock.protocol import Ending, Packet, Request, receive, send, write_request
from grader.errors import AirlockUnavailable, Cause, GraderFault

if sys.platform == "linux":  # elsewhere the module can be imported, and no zygote started
    import fcntl

CHECKOUT = Path(__file__).resolve().parents[2]
BOOT = """
import json, sys
sys.path[:] = json.loads(sys.argv.pop(1))
from grader.airlock.zygote import main
main(sys.argv[1:])
"""  # with -I and -S an interpreter looks for modules where it is told to and nowhere else

MALLOC = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TOP_PAD_": str(32 << 20),
}
"""For glibc. A child lives for one job and pays for each page that it is the first to touch: fewer and larger steps."""

ENVIRONMENT = {
    "HDF5_PLUGIN_PRELOAD": "::",  # no plugin is loaded, whatever a file asks for
    "HDF5_PLUGIN_PATH": "/nonexistent",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime would start a thread that reports to its maker
    **MALLOC,
}
CHUNK_BYTES = 1 << 20
PIPE_BYTES = 1 << 20


class Outcome(NamedTuple):
    """What came of one job: its frame, how the child ended, and why it was made to (None: it ended by itself)."""

    frame: bytearray
    ending: Ending
    stopped: Cause | None


@contextmanager
def _close_on_failure(control: socket.socket) -> Iterator[None]:
    """Closes the socket where the block raises."""
    try:
        yield
    except BaseException:
        control.close()
        raise


class ZygoteProcess:
    """One running zygote. Not for two threads at once."""

    def __init__(self, job: str, layers: Collection[Layer], search_path: Sequence[Path]) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._jobs = 0
        known = [path for path in sys.path if Path(path).is_absolute()]
        where = [*(str(path) for path in (*search_path, CHECKOUT)), *known]
        arguments = [job, str(theirs.fileno()), str(os.getpid()), ",".join(layers)]
        with theirs, _close_on_failure(self._control):
            self._process = subprocess.Popen(  # noqa: S603  (our own interpreter and code, no shell)
                [sys.executable, "-I", "-S", "-X", "utf8", "-c", BOOT, json.dumps(where), *arguments],
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd="/",
                start_new_session=True,  # a Ctrl-C in a terminal is for the owner, which then ends its jobs in order
            )

    @property
    def process_id(self) -> int:
        """The zygote's process number."""
        return self._process.pid

    @property
    def jobs(self) -> int:
        """How many jobs it has had."""
        return self._jobs

    def is_alive(self) -> bool:
        """True while the process runs."""
        return self._process.poll() is None

    def wait_until_ready(self) -> None:
        """Returns when the job's module is loaded; raises GraderFault where it does not load."""
        packet = self._next_packet(limits.ZYGOTE_START_SECONDS)
        if packet.kind != "ready":
            raise GraderFault(f"the job's module did not load: {packet.content.get('text')}")
        if packet.content["threads"] != 1:  # a fork would copy one thread and the locks of all
            raise AirlockUnavailable(f"the job's module left {packet.content['threads']} threads, of 1")

    def run(self, request: Request, inputs: Sequence[int]) -> Outcome:
        """Runs one job to its end; raises GraderFault where the zygote itself is gone."""
        self._jobs += 1
        reader, writer = os.pipe()
        try:
            _widen(reader)
            try:
                send(self._control, "run", write_request(request), [writer, *inputs])
            except OSError as error:
                raise GraderFault(f"the zygote is gone: {error.strerror}") from error
            finally:
                os.close(writer)
            return self._collect(reader, request)
        finally:
            os.close(reader)

    def close(self) -> None:
        """Ends the process and whatever it runs, and waits for it."""
        self._control.close()
        self._process.kill()
        self._process.wait()

    def _collect(self, reader: int, request: Request) -> Outcome:
        """Reads the answer until the child has ended, and has it ended for a long answer or a late one."""
        os.set_blocking(reader, False)
        poll = select.poll()
        poll.register(reader, select.POLLIN)
        poll.register(self._control, select.POLLIN)
        frame, limit = bytearray(), request.limits.answer_bytes
        stopped: Cause | None = None
        deadline = time.monotonic() + request.limits.wall_seconds
        while self._control.fileno() not in (ready := _wait(poll, deadline)):
            if reader in ready and not _read_some(reader, frame, limit):
                poll.unregister(reader)
            late = time.monotonic() >= deadline
            if late and stopped:
                raise GraderFault("the zygote does not end its child")
            if late or (len(frame) > limit and not stopped):
                stopped, deadline = self._stop(request.number, Cause.WALL if late else Cause.OUTPUT)
        ending = self._ending(request.number)
        while not stopped and _read_some(reader, frame, limit):
            pass
        return Outcome(frame, ending, Cause.OUTPUT if len(frame) > limit else stopped)

    def _stop(self, number: int, cause: Cause) -> tuple[Cause, float]:
        """Asks for the child's end; returns the cause and until when to wait for it."""
        send(self._control, "stop", {"number": number})
        return cause, time.monotonic() + limits.ZYGOTE_REPLY_SECONDS

    def _ending(self, number: int) -> Ending:
        packet = self._next_packet(limits.ZYGOTE_REPLY_SECONDS)
        if packet.kind != "ended" or packet.content["number"] != number:
            raise GraderFault(f"the zygote says {packet.kind}, and job {number} runs")
        return Ending(**packet.content)

    def _next_packet(self, seconds: float) -> Packet:
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        if not poll.poll(seconds * 1000):
            raise GraderFault(f"the zygote is silent for {seconds:.0f} s")
        packet, _ = receive(self._control)
        if packet is None:
            raise GraderFault("the zygote is gone")
        return packet


def _widen(pipe: int) -> None:
    """Fewer turns for a long answer. Above the user's share of pipe memory it stays as it is: slower, no more."""
    if sys.platform == "linux":
        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _wait(poll: "select.poll", deadline: float) -> list[int]:
    """The descriptors that are ready, none when the time is over."""
    return [descriptor for descriptor, _ in poll.poll(max(0.0, deadline - time.monotonic()) * 1000)]


def _read_some(reader: int, frame: bytearray, limit: int) -> bool:
    """Appends what is there; False at the end, when nothing is there, or beyond the limit."""
    if len(frame) > limit:
        return False
    try:
        data = os.read(reader, CHUNK_BYTES)
    except BlockingIOError:
        return False
    frame += data
    return bool(data) and len(frame) <= limit
