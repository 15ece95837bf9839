"""Students who hand in while the service is harmed: in order, with patience, and with an Idempotency-Key."""

import shutil
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import h5py
import httpx2
import numpy as np

from tests.app.world import SAMPLES, STUDENTS
from tests.faults.tree import Tree

SENT_TWICE, CUT_SHORT = 0.2, 0.1
"""Share of uploads that are sent again though they were answered, and that break off in the middle first."""
WRONG_EVERY, AGAIN_EVERY = 15, 10
"""Every so many uploads are a file that is refused, and a file that the same student has handed in before."""
RETRY_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Upload:
    """One file that a student hands in. What becomes of it depends on nothing but its content."""

    number: int
    student: str
    path: Path

    @property
    def key(self) -> str:
        return f"upload-{self.number}"


def make_uploads(folder: Path, count: int) -> Sequence[Upload]:
    """As many uploads, in turn from each student, with scores of their own."""
    uploads: list[Upload] = []
    for number in range(count):
        student = STUDENTS[number % len(STUDENTS)]
        mine = [upload for upload in uploads if upload.student == student]
        if number % WRONG_EVERY == WRONG_EVERY - 1:
            path = SAMPLES / "wrong-architecture" / "my_model_weights.h5"
        elif number % AGAIN_EVERY == AGAIN_EVERY - 1 and mine:
            path = mine[len(mine) // 2].path
        else:
            path = pruned_further(folder / f"my_model_weights_{number}.h5", number + 1)
        uploads.append(Upload(number, student, path))
    return uploads


def pruned_further(path: Path, weights: int) -> Path:
    """The sample in which 93 % of the weights are zero, with so many more."""
    shutil.copyfile(SAMPLES / "pruned-93" / "my_model_weights.h5", path)
    with h5py.File(path, "r+") as file:
        found: list[Any] = []
        file.visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
        array = min((each for each in found if np.count_nonzero(each) > 2 * weights), key=lambda each: each.size)
        values = array[()]
        values.flat[np.flatnonzero(values)[:weights]] = 0
        array[...] = values
    return path


@dataclass
class Client(threading.Thread):
    """A student's program. It goes on to the next file when the last one was answered with 202."""

    tree: Tree
    uploads: Sequence[Upload]
    pace: threading.Semaphore
    random: Random
    numbers: dict[int, int] = field(default_factory=dict)
    """The upload's number -> the submission's."""
    answers: Counter[str] = field(default_factory=Counter)
    changed: list[int] = field(default_factory=list)
    """Uploads whose second answer named another submission than the first."""
    ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(name=f"client {self.uploads[0].student}", daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        for upload in self.uploads:
            self.pace.acquire()
            if self.random.random() < CUT_SHORT:
                self.break_off(upload)
            self.numbers[upload.number] = self.send_until_accepted(upload)
            if self.random.random() < SENT_TWICE and self.send_until_accepted(upload) != self.numbers[upload.number]:
                self.changed.append(upload.number)

    def send_until_accepted(self, upload: Upload) -> int:
        while not self.ended.is_set():
            try:
                response = httpx2.post(
                    self.tree.url + self.target(upload),
                    content=upload.path.read_bytes(),
                    headers={"Authorization": self.token(upload), "Idempotency-Key": upload.key},
                    timeout=60,
                )
            except httpx2.TransportError as error:
                self.answers[type(error).__name__] += 1
            else:
                self.answers[str(response.status_code)] += 1
                if response.status_code == 202:
                    number: int = response.json()["id"]
                    return number
                assert response.status_code >= 500, response.text
            self.ended.wait(RETRY_SECONDS)
        raise TimeoutError(f"upload {upload.number} was never accepted: {dict(self.answers)}")

    def break_off(self, upload: Upload) -> None:
        """Sends half of a file and goes away."""
        content = upload.path.read_bytes()
        head = (
            f"POST {self.target(upload)} HTTP/1.1\r\nHost: x\r\nAuthorization: {self.token(upload)}\r\n"
            f"Idempotency-Key: {upload.key}\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        try:
            with closing(socket.create_connection(("127.0.0.1", self.tree.port), timeout=10)) as connection:
                connection.sendall(head.encode() + content[: len(content) // 2])
        except OSError as error:
            self.answers[type(error).__name__] += 1

    def target(self, upload: Upload) -> str:
        return "/submissions?" + urlencode({"competition": "demo", "name": upload.path.name})

    def token(self, upload: Upload) -> str:
        return f"Bearer {self.tree.world.people[upload.student].token}"


def clients(tree: Tree, uploads: Sequence[Upload], pace: threading.Semaphore, random: Random) -> Iterator[Client]:
    """One for each student."""
    for student in STUDENTS:
        own = [upload for upload in uploads if upload.student == student]
        if own:
            yield Client(tree, own, pace, Random(random.random()))
