"""A student at a deadline: hands in, looks at the board every so often, and keeps the newest file's page open."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import httpx2

from benchmarks.storm.plan import Handed, Kind, Plan

REQUEST_SECONDS = 600.0
AGAIN_SECONDS = 2.0
"""Before a stream that broke off is opened again, as a browser does."""
MOST_TRIES = 20
KEPT_SECONDS = 18.0
"""Idle connections: the server closes them after 20 s, and unlike a browser this client does not send again what meets that."""
PAGE = {"Accept": "text/html, */*"}
LOOK = {"HX-Request": "true"}
"""What an open page's script says when it asks for its changing part anew."""
BOARD = "/competitions/demo/leaderboard"
SUBMIT = "/submissions?competition=demo&name=my_model_weights.h5"
PIECE_BYTES = 1 << 20
"""Sent at a time: in small pieces the students take a seventh of both processors from the service that they share them with."""

Pieces = Sequence[bytes | memoryview]


@dataclass
class Student:
    """One of them, with connections of its own as its browser has."""

    plan: Plan
    token: str
    files: Sequence[Handed]
    contents: Mapping[int, Pieces]
    waiting: list[Handed] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    etag: str = ""

    async def take_part(self, offset: float) -> None:
        """Returns when all files have ended. `offset`: the first look at the board, in seconds after the beginning."""
        headers = {"Authorization": f"Bearer {self.token}"}
        limits = httpx2.Limits(keepalive_expiry=KEPT_SECONDS)
        transport = httpx2.AsyncHTTPTransport(verify=False, trust_env=False, limits=limits)
        async with httpx2.AsyncClient(
            base_url=self.plan.url, headers=headers, transport=transport, timeout=REQUEST_SECONDS
        ) as client:
            looks = asyncio.create_task(self._look_at_board(client, offset))
            try:
                async with asyncio.TaskGroup() as group:
                    uploads = [group.create_task(self._hand_in(client, file)) for file in self.files]
                    group.create_task(self._watch(client, uploads))
            finally:
                looks.cancel()
                with suppress(asyncio.CancelledError):
                    await looks

    async def _look_at_board(self, client: httpx2.AsyncClient, offset: float) -> None:
        await self._until(offset)
        while True:
            begun = time.time()
            headers = PAGE | ({**LOOK, "If-None-Match": self.etag} if self.etag else {})
            with suppress(httpx2.TransportError):
                answer = await client.get(BOARD, headers=headers)
                self._count(f"board {answer.status_code}")
                self.etag = answer.headers["etag"] if answer.status_code in (200, 304) else self.etag
                self.plan.polls.append(time.time() - begun)
            await asyncio.sleep(max(0.0, begun + self.plan.poll_seconds - time.time()))

    async def _hand_in(self, client: httpx2.AsyncClient, file: Handed) -> None:
        """Sends one file; again where it was told to come again, after as long as it was told."""
        await self._until(file.at)
        file.begun = time.time()
        for _ in range(MOST_TRIES):
            try:
                answer = await self._send(client, file)
            except httpx2.TransportError as error:
                file.statuses.append(type(error).__name__)
                return
            file.answered = time.time()
            file.statuses.append(str(answer.status_code))
            if answer.status_code != 429:
                break
            await asyncio.sleep(float(answer.headers.get("retry-after", AGAIN_SECONDS)))
        if answer.status_code == 202:
            file.submission = answer.json()["id"]
            self.waiting.append(file)
            self.news.set()
        elif answer.status_code == 422:
            file.told, file.state = file.answered, "rejected"

    async def _send(self, client: httpx2.AsyncClient, file: Handed) -> httpx2.Response:
        pieces = self.contents[file.number]

        async def body() -> AsyncIterator[bytes]:
            for piece in pieces:
                for first in range(0, len(piece), PIECE_BYTES):
                    yield bytes(piece[first : first + PIECE_BYTES])
            file.sent = time.time()

        length = str(sum(map(len, pieces)))
        return await client.post(SUBMIT, content=body(), headers={"Content-Length": length})

    async def _watch(self, client: httpx2.AsyncClient, uploads: Sequence["asyncio.Task[None]"]) -> None:
        """Keeps one stream open while something waits: of the newest file, and of those before when that has ended."""
        while self.waiting or not all(each.done() for each in uploads):
            self.news.clear()
            if not self.waiting:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.news.wait(), AGAIN_SECONDS)
                continue
            newest = self.waiting[-1]
            listening = asyncio.create_task(self._listen(client, newest))
            newer = asyncio.create_task(self.news.wait())
            await asyncio.wait({listening, newer}, return_when=asyncio.FIRST_COMPLETED)
            for each in (listening, newer):
                each.cancel()
                with suppress(asyncio.CancelledError):
                    await each
            if newest.told is None:
                newest.interrupted = True
            else:
                self.waiting.remove(newest)

    async def _listen(self, client: httpx2.AsyncClient, file: Handed) -> None:
        """Returns when the stream has told the end of a file, and its page has been fetched anew."""
        while file.told is None:
            try:
                async with client.stream("GET", f"/submissions/{file.submission}/events") as answer:
                    self._count(f"stream {answer.status_code}")
                    async for line in answer.aiter_lines():
                        if line.startswith("data:"):
                            self._hear(file, json.loads(line.removeprefix("data:")))
            except httpx2.TransportError as error:
                self._count(f"stream {type(error).__name__}")
            if file.told is None:
                await asyncio.sleep(AGAIN_SECONDS)
        with suppress(httpx2.TransportError):
            answer = await client.get(f"/submissions/{file.submission}", headers={**PAGE, **LOOK})
            self._count(f"page {answer.status_code}")

    def _hear(self, file: Handed, news: Mapping[str, object]) -> None:
        self._count("news")
        if news["ended"]:
            file.told, file.state = time.time(), str(news["state"])

    def _count(self, what: str) -> None:
        self.plan.counts[what] = self.plan.counts.get(what, 0) + 1

    async def _until(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, self.plan.began + seconds - time.time()))


def content_of(kind: Kind, good: Pieces, wrong: Pieces) -> Pieces:
    """The pieces of a file of that kind."""
    if kind is Kind.NO_WEIGHTS:
        return (b"epoch,loss,accuracy\n" * 5_000,)
    return good if kind is Kind.GOOD else wrong
