"""What was read from a file whose evaluation waits, so that a full queue does not have each file read twice.

An answer of the reading jail, as it was given: whoever takes it up believes no more of it than of a fresh one. It is a
convenience, and may be missing or damaged at any time: then the file is read again.
"""

import hashlib
import json
import logging
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from grader.airlock.protocol import Answer, JobLimits, Usage
from grader.checked import Known
from grader.running import Runner

log = logging.getLogger(__name__)

MAX_BYTES = 2 << 30
"""Room for some eight hundred files that wait; those beyond are read again."""
SHARE_OF_FREE = 0.05
"""Of the disk's free room, which is the database's as well."""
COUNTED_SECONDS = 5.0
"""For so long a count of what is kept holds."""
ABANDONED_SECONDS = 24 * 3600.0
"""Age at which what a dead worker left behind is removed."""


@dataclass(slots=True)
class Reading:
    """A reader for one ticket: it runs the jail unless there is an answer, and has the answer afterwards.

    `known` is what the check of a kept answer found out, and the weights that it must come to; None for a fresh one.
    """

    runner: Runner
    level: str
    answer: Answer | None = None
    known: Known | None = None

    @classmethod
    def fresh(cls, runner: Runner) -> Self:
        """A reader without an answer."""
        return cls(runner, str(runner.level))

    def forget(self) -> None:
        """Has the jail asked again."""
        self.level, self.answer, self.known = str(self.runner.level), None, None

    def run(self, arguments: Mapping[str, Any], inputs: Sequence[int], job_limits: JobLimits) -> Answer:
        """The answer that was kept, else the jail's. What is asked of an archive is not kept: it holds many files."""
        if "task" in arguments or "member" in arguments:
            return self.runner.run(arguments, inputs, job_limits)
        if self.answer is None:
            self.answer = self.runner.run(arguments, inputs, job_limits)
        return self.answer


class Parked:
    """A folder with one answer for each grading that waits for its evaluation."""

    def __init__(self, root: Path) -> None:
        self._folder = root / "parked"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._full, self._counted_at = False, -COUNTED_SECONDS

    def keep(self, grading_id: int, reading: Reading, known: Known) -> None:
        """Keeps an answer, and what its check found out, where there is room."""
        if reading.answer is None or self._is_full():
            return
        facts = {
            "head": json.dumps(reading.answer.head),
            "level": reading.level,
            "known": (text := json.dumps(asdict(known))),
            "seal": _seal(text),
        }
        place = self._place(grading_id)
        draft = place.with_suffix(f".{os.getpid()}")
        try:
            save_file(dict(reading.answer.arrays), draft, metadata=facts)
            draft.replace(place)
        except (OSError, SafetensorError) as error:
            log.warning("parked.not_kept grading=%d: %s", grading_id, error)
            draft.unlink(missing_ok=True)

    def recall(self, grading_id: int, runner: Runner) -> Reading:
        """A reader with the answer that was kept for a grading, or one without."""
        try:
            with safe_open(self._place(grading_id), framework="numpy") as file:
                facts = file.metadata()
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
            answer = Answer(json.loads(facts["head"]), arrays, Usage(0.0, 0.0, 0))
            return Reading(runner, facts["level"], answer, _known(facts))
        except FileNotFoundError:
            pass
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            log.warning("parked.damaged grading=%d: %s", grading_id, error)
        return Reading.fresh(runner)

    def drop(self, grading_id: int) -> None:
        """Forgets what was kept for a grading."""
        self._place(grading_id).unlink(missing_ok=True)

    def numbers(self) -> set[int]:
        """The gradings for which something is kept here."""
        return {int(path.name) for path in self._folder.iterdir() if path.name.isdecimal()}

    def sweep(self) -> None:
        """Removes what nobody came back for."""
        oldest = time.time() - ABANDONED_SECONDS
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):  # another worker just dropped it
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def _place(self, grading_id: int) -> Path:
        return self._folder / str(grading_id)

    def _is_full(self) -> bool:
        """Whether there is no room. Other workers put files here too, so it is counted anew every few seconds."""
        now = time.monotonic()
        if now - self._counted_at >= COUNTED_SECONDS:
            disk = os.statvfs(self._folder)
            room = min(MAX_BYTES, SHARE_OF_FREE * disk.f_bavail * disk.f_frsize)
            self._full, self._counted_at = self._bytes() > room, now
        return self._full

    def _bytes(self) -> int:
        total = 0
        with os.scandir(self._folder) as entries:
            for entry in entries:
                try:
                    total += entry.stat().st_size
                except FileNotFoundError:  # taken up in this moment
                    continue
        return total


def _known(facts: Mapping[str, str]) -> Known:
    """What was found out, as it was written; raises ValueError where it has changed since."""
    if _seal(facts["known"]) != facts["seal"]:
        raise ValueError("what was found out has changed")
    return Known(**json.loads(facts["known"]))


def _seal(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
