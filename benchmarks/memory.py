"""Whether web server and workers keep what they take: their memory over 2,000 submissions, and what a large upload adds.

`python -m benchmarks.memory` runs the service on a small test set and looks at the resident memory of each kind of process every
100 submissions; then it sends files of the largest size that may be, slowly and in full, one and several at once. The exit
status is 0 where web server and workers stay as they are and one upload adds less than 16 MB to the web server.
"""

import argparse
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from app.settings import Settings
from benchmarks.material import SHIPPED, distinct_files, prepare
from benchmarks.service_tree import ServiceTree, service

EXAMPLES = 50
"""Images of the test set: what an evaluation takes of time is not measured here."""
EVERY = 100
AT_ONCE = 20
STUDENTS = 40
"""One alone may hand in no more than 200 files an hour."""
MIB = 1 << 20
PIECE_BYTES = 1 << 20
SLOW_SECONDS = 10.0
UPLOAD_BYTES = 16 * MIB
"""What one upload may add to the web process."""
GROWTH_BYTES = 2 * MIB
"""What a process may grow by in a thousand submissions, once it has settled: what is measured scatters by about as much."""
KINDS = ("web", "worker", "checker", "evaluating jail", "reading jail")


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=2_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="secateur-memory-") as name:
        folder = Path(name)
        test_set = prepare(folder, EXAMPLES).test_set
        with service(folder / "service", test_set, _largest(folder), students=STUDENTS) as tree:
            seen = list(_over_submissions(tree, chosen.submissions))
            grown = _tell_slopes(seen)
            added = _tell_uploads(tree)
    complaints = [f"{kind} grows" for kind in grown] + ([] if added < UPLOAD_BYTES else ["an upload takes too much"])
    print("\n".join(f"WRONG: {each}" for each in complaints) or "everything as it must be")
    return int(bool(complaints))


def _largest(folder: Path) -> Path:
    """The demo's rules, for files as large as the service takes by default."""
    text = (SHIPPED / "demo.yaml").read_text(encoding="utf-8")
    (folder / "cmu-10605.keras.json").write_bytes((SHIPPED / "cmu-10605.keras.json").read_bytes())
    path = folder / "demo.yaml"
    path.write_text(text.replace("max_bytes: 16777216", f"max_bytes: {_largest_bytes()}"), encoding="utf-8")
    return path


def _largest_bytes() -> int:
    default: int = Settings.model_fields["max_upload_bytes"].default
    return default


def _over_submissions(tree: ServiceTree, submissions: int) -> Iterator[tuple[int, dict[str, float]]]:
    """After every so many submissions, how many there were, and the resident bytes of each kind of process."""
    files, done = distinct_files(), 0
    print(f"{'submissions':>11}  " + "  ".join(f"{kind:>15}" for kind in KINDS), flush=True)
    while done < submissions:
        for _ in range(EVERY // AT_ONCE):
            numbers = [tree.post(next(files), tree.tokens[(done + each) % STUDENTS]) for each in range(AT_ONCE)]
            tree.wait_for(numbers)
            done += AT_ONCE
        seen = _resident(tree)
        print(f"{done:11,}  " + "  ".join(f"{seen.get(kind, 0) / MIB:12.1f} MB" for kind in KINDS), flush=True)
        yield done, seen


def _resident(tree: ServiceTree) -> dict[str, float]:
    """Resident bytes of each kind of process, the mean where there are several."""
    found: dict[str, list[int]] = {}
    for process, kind in tree.processes().items():
        if size := _status(process, "VmRSS"):
            found.setdefault(kind, []).append(size)
    return {kind: statistics.fmean(sizes) for kind, sizes in found.items()}


def _status(process: int, field: str) -> int:
    """Bytes that /proc tells of a process under a name; 0 where it is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(f"{field}:")), 0)


def _tell_slopes(seen: Sequence[tuple[int, dict[str, float]]]) -> list[str]:
    """The kinds of process that grow: by the straight line through the second half of what was seen."""
    half, grown = seen[len(seen) // 2 :], []
    for kind in KINDS:
        first, last = seen[0][1][kind], seen[-1][1][kind]
        slope = 0.0
        if len(half) > 1:
            slope = statistics.linear_regression([done for done, _ in half], [each[kind] for _, each in half]).slope
        print(
            f"{kind:16} first {first / MIB:.1f} MB, last {last / MIB:.1f} MB, {slope * 1000 / MIB:+.2f} MB a thousand"
        )
        if slope * 1000 > GROWTH_BYTES and "jail" not in kind:
            grown.append(kind)
    return grown


def _tell_uploads(tree: ServiceTree) -> int:
    """Bytes that one upload of the largest size adds to the web process at its peak."""
    cap: int = Settings.model_fields["max_uploads_at_once"].default
    one = max(_added(tree, 1, seconds) for seconds in (0.0, SLOW_SECONDS))
    several = max(_added(tree, cap, seconds) for seconds in (0.0, SLOW_SECONDS))
    print(
        f"an upload of {_largest_bytes() / MIB:.0f} MiB adds {one / MIB:.1f} MB to the web process, {cap} at once {several / MIB:.1f} MB"
    )
    return one


def _added(tree: ServiceTree, uploads: int, seconds: float) -> int:
    """What so many uploads at once, each sent within so many seconds, add to the web process at its peak."""
    web = next(process for process, kind in tree.processes().items() if kind == "web")
    Path(f"/proc/{web}/clear_refs").write_text("5")  # the peak begins anew
    before = _status(web, "VmRSS")
    threads = [threading.Thread(target=_upload, args=(tree, number, seconds)) for number in range(uploads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    added = _status(web, "VmHWM") - before
    how = f"in {seconds:.0f} s" if seconds else "as fast as it goes"
    print(f"  {uploads} at once, {how}: {added / MIB:+.1f} MB", flush=True)
    return added


def _upload(tree: ServiceTree, number: int, seconds: float) -> None:
    """Sends a file of the largest size that begins as a weight file does. All are one student's."""
    size = _largest_bytes()
    piece = next(distinct_files())[:PIECE_BYTES]
    head = (
        f"POST /submissions?competition=demo&name=my_model_weights.h5 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Authorization: Bearer {tree.tokens[0]}\r\nContent-Length: {size}\r\n\r\n"
    )
    with closing(socket.create_connection(("127.0.0.1", tree.port), timeout=300)) as connection:
        connection.sendall(head.encode())
        for first in range(0, size, PIECE_BYTES):
            told = f"{number} {first} {time.time()}".encode()  # no two files alike
            connection.sendall(piece[: -len(told)] + told)
            time.sleep(seconds * PIECE_BYTES / size)
        answer = connection.recv(1000)
    if b" 202 " not in answer[:20]:
        raise RuntimeError(answer.decode(errors="replace"))


if __name__ == "__main__":
    sys.exit(main())
