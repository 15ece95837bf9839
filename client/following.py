"""A submission on its way, from the upload to its end."""

import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, TextIO

import click

from client.card import ENDS, Card
from client.connection import Connection
from client.trouble import Exit, Trouble

PAUSES_SECONDS = (0.2, 0.3, 0.5, 1.0)
"""Between two looks; the last one from then on."""
WHOLE = 100
UPLOADED = 50
REACHED = {"reading": 55, "checking": 60, "waiting": 65, "evaluating": 80, "scoring": 95}
"""How far of WHOLE a submission is, by the phase that it is in."""


class Progress(Protocol):
    """Is told how far of WHOLE a submission is, and in which words."""

    def __call__(self, reached: int, words: str) -> None:
        """Takes notice."""


def silent(reached: int, words: str) -> None:
    """Shows nothing."""


def submit(connection: Connection, path: Path, slug: str, progress: Progress, name: str = "", key: str = "") -> Card:
    """Hands a file in; what the server answers at once, a refusal of the file as well. Raises Trouble else."""

    def uploaded(sent: int, size: int) -> None:
        progress(UPLOADED * sent // max(size, 1), f"uploading {sent:,} of {size:,} bytes")

    try:
        accepted = connection.submit(path, slug, name, uploaded, key)
    except Trouble as trouble:
        if trouble.exit_code != Exit.REJECTED:
            raise
        return Card({"state": "rejected", "competition": slug, "report": {"problems": trouble.problems}})
    progress(UPLOADED, "received")
    return Card(accepted, f"{connection.url}{accepted['url']}")


def follow(
    connection: Connection,
    submission_id: int,
    progress: Progress,
    seconds: float,
) -> Card:
    """The submission at its end. Raises Trouble where that takes longer than `seconds`."""
    ends = time.monotonic() + seconds
    for wait in _pauses():
        body = connection.get(f"/submissions/{submission_id}")
        if body["state"] in ENDS:
            progress(WHOLE, _words(body))
            return Card(body, f"{connection.url}/submissions/{submission_id}")
        progress(REACHED.get(body["phase"], UPLOADED), _words(body))
        if time.monotonic() + wait > ends:
            break
        rest(wait)
    told = f"submission {submission_id} is not graded after {seconds:,.0f} s; look again: secateur show {submission_id}"
    raise Trouble(Exit.FAILED, told)


def rest(seconds: float) -> None:
    """Waits."""
    time.sleep(seconds)


def _pauses() -> Iterator[float]:
    yield from PAUSES_SECONDS
    while True:
        yield PAUSES_SECONDS[-1]


def _words(body: Mapping[str, Any]) -> str:
    if body["state"] == "queued":
        ahead, seconds = body.get("position"), body.get("expected_seconds")
        place = "next in the queue" if not ahead else f"{ahead:,} ahead in the queue"
        return place if seconds is None else f"{place}, about {seconds:.0f} s"
    if body["state"] == "scored" and body.get("rank"):
        return f"scored, rank {body['rank']:,}"
    return str(body["phase"] if body["state"] == "running" else body["state"])


class Bar:
    """A progress bar in a terminal; a line for each new step where nobody watches."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._bar = click.progressbar(length=WHOLE, file=self._stream, show_eta=False, label="secateur")
        self._lively = self._stream.isatty()
        self._said = ""

    def __call__(self, reached: int, words: str) -> None:
        """Shows how far it is."""
        if self._lively:
            self._bar.label = f"{words:<32.60}"
            self._bar.update(max(0, reached - self._bar.pos))
            self._bar.render_progress()
        elif (step := words.partition(" ")[0]) != self._said:
            self._said = step
            click.echo(words, file=self._stream)

    def close(self) -> None:
        """Ends the line."""
        if self._lively:
            self._bar.render_finish()
