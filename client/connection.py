"""Requests to the server: errors become sentences, what may pass is tried again, and one file is never handed in twice."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx2

from client import account
from client.trouble import Exit, Trouble, from_answer
from client.version import version

TRIES = 6
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
"""What the server asks to wait for longer is no passing trouble, such as a day's quota."""
TIMEOUT = httpx2.Timeout(30.0, read=120.0)
PIECE_BYTES = 64 << 10
PASSING = frozenset({408, 502, 503, 504})

Told = Callable[[int, int], None]
"""Told how many bytes of how many have left."""


class Connection:
    """A server, asked with one person's token. Close it, or use it in a `with` block."""

    def __init__(self, http: httpx2.Client, pause: Callable[[float], None] = time.sleep) -> None:
        self._http = http
        self._pause = pause

    @property
    def url(self) -> str:
        """The server's address, without a final slash."""
        return str(self._http.base_url).rstrip("/")

    def get(self, address: str, **query: str | int | None) -> Any:
        """The JSON at an address. Raises Trouble."""
        asked = {key: value for key, value in query.items() if value is not None}
        return self._answer(lambda: self._http.get(address, params=asked)).json()

    def submit(self, path: Path, slug: str, name: str = "", told: Told = lambda sent, size: None, key: str = "") -> Any:
        """Hands a file in; the JSON of the answer. A repeat after a broken connection has the same key."""
        size = path.stat().st_size
        key = key or uuid4().hex
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size), "Idempotency-Key": key}
        query = {"competition": slug, "name": name or path.name}

        def send() -> httpx2.Response:
            return self._http.post("/submissions", params=query, headers=headers, content=_pieces(path, size, told))

        return self._answer(send).json()

    def _answer(self, ask: Callable[[], httpx2.Response]) -> httpx2.Response:
        for left in reversed(range(TRIES)):
            pause = FIRST_PAUSE_SECONDS * 2 ** (TRIES - left - 1)
            try:
                response = ask()
            except httpx2.TransportError as error:
                if not left:
                    raise Trouble(Exit.FAILED, f"{self.url} cannot be reached: {error}") from None
            else:
                if response.is_success:
                    return response
                wanted = _wait_wanted(response, pause)
                if not left or wanted is None:
                    raise _trouble(response)
                pause = wanted
            self._pause(min(pause, LONGEST_PAUSE_SECONDS))
        raise AssertionError("the last try answers or raises")

    def close(self) -> None:
        """Ends the connection."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def connect(known: account.Account | None = None) -> Connection:
    """A connection for the account that is signed in. Raises Trouble where nobody is."""
    known = known or account.load()
    if not known.url:
        raise Trouble(Exit.USAGE, "no server is known: secateur login https://ADDRESS-OF-YOUR-COURSE")
    if not known.token:
        raise Trouble(Exit.NOT_ALLOWED, f"nobody is signed in: secateur login {known.url}")
    headers = {
        "Authorization": f"Bearer {known.token}",
        "Accept": "application/json",
        "User-Agent": f"secateur-client/{version()}",
    }
    try:
        return Connection(httpx2.Client(base_url=known.url, headers=headers, timeout=TIMEOUT))
    except (httpx2.InvalidURL, UnicodeEncodeError):
        raise Trouble(Exit.USAGE, f"{known.url} is no address, or the token is none") from None


def _pieces(path: Path, size: int, told: Told) -> Iterator[bytes]:
    """The file piece by piece, no more of it than was announced."""
    sent = 0
    with path.open("rb") as stream:
        while sent < size and (piece := stream.read(min(PIECE_BYTES, size - sent))):
            yield piece
            sent += len(piece)
            told(sent, size)


def _wait_wanted(response: httpx2.Response, pause: float) -> float | None:
    """Seconds after which a refused request is worth another try; None: it is not."""
    told = response.headers.get("Retry-After", "")
    if told.isdecimal() and response.status_code in {*PASSING, 429}:
        return float(told) if float(told) <= LONGEST_PAUSE_SECONDS else None
    return pause if response.status_code in PASSING else None


def _trouble(response: httpx2.Response) -> Trouble:
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    return from_answer(response.status_code, problem if isinstance(problem, dict) else {})
