"""A running service as a program sees it: plain HTTP and a token."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

PATIENCE_SECONDS = 600.0
LOOK_SECONDS = 0.5
ANSWER_SECONDS = 60.0


class Trouble(Exception):
    """What went wrong with the service, in one line."""


class Service:
    """Asks a service for JSON."""

    def __init__(self, url: str, token: str) -> None:
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise Trouble(f"{url!r} is no address: it begins with http:// or https://")
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def get(self, path: str) -> Any:
        """What stands at a path."""
        return self._ask(path, None, {})

    def post_form(self, path: str, fields: Mapping[str, str]) -> Any:
        """The answer to a form."""
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask(path, urllib.parse.urlencode(fields).encode(), form)

    def post_file(self, path: str, content: bytes) -> Any:
        """The answer to a file."""
        return self._ask(path, content, {"Content-Type": "application/octet-stream"})

    def result(self, path: str) -> Any:
        """A submission as soon as it has ended."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            body = self.get(path)
            if body["state"] not in ("queued", "running"):
                return body
            time.sleep(LOOK_SECONDS)
        raise Trouble(f"{path} has no result after {PATIENCE_SECONDS:g} seconds: does a worker run?")

    def _ask(self, path: str, body: bytes | None, headers: Mapping[str, str]) -> Any:
        request = urllib.request.Request(self._url + path, data=body, headers={**self._headers, **headers})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Trouble(f"{error.code}: {_detail(error)}") from None
        except OSError as error:
            raise Trouble(f"{self._url} does not answer: {error}") from None


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        told = json.load(error)
    except ValueError:
        return error.reason
    return str(told.get("detail") or told.get("title"))
