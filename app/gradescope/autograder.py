#!/usr/bin/env python3
"""Gradescope's `run_autograder`: forwards the student's file to Secateur, waits, and writes what Gradescope reads.

The standard library is enough. `config.json` beside the other files of the autograder says where Secateur is; its token
belongs to staff of the course, and the file is handed in for the student whose e-mail address Gradescope tells.
"""

from __future__ import annotations

import fnmatch
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(os.environ.get("AUTOGRADER_ROOT", "/autograder"))
WAIT_SECONDS = float(os.environ.get("AUTOGRADER_WAIT_SECONDS", "900"))
LOOK_SECONDS = 1.0
TRIES = 5
"""Of a request that the network or a busy server spoils."""
PASSING = (408, 429)
"""The file came too slowly, or too much waits: it is taken in a while."""
QUOTAS = ("quota-used", "total-used", "refused-used")
"""What is said with such a status and lasts: the student has used what the competition allows."""
PAUSE_SECONDS = 10.0
"""Before the next try, where the server does not say."""


class Refused(Exception):
    """What the student has to read: the file, the phase or the quota."""


class Broken(Exception):
    """What the student can do nothing about; the instructor reads it, and Gradescope shows that the autograder failed."""


def main() -> int:
    """The exit status: 0 where the student has something to read."""
    config = json.loads((ROOT / "source" / "config.json").read_text(encoding="utf-8"))
    try:
        results = run(config)
    except Refused as refused:
        results = told(str(refused))
    except Broken as broken:
        print(broken, file=sys.stderr)
        return 1
    folder = ROOT / "results"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    return 0


def run(config: dict[str, Any]) -> dict[str, Any]:
    """The results of the student's file."""
    metadata = json.loads((ROOT / "submission_metadata.json").read_text(encoding="utf-8"))
    path = chosen(ROOT / "submission", config["file_names"])
    number = hand_in(config, metadata, path, "")
    state = wait(config, number)
    if state == "failed":  # no fault of the file: it is worth another try, under another key
        number = hand_in(config, metadata, path, f"-{time.time():.0f}")
        state = wait(config, number)
    if state == "failed":
        raise Broken(f"Secateur could not grade submission {number}, by a fault of its own; run the autograder again.")
    query = {} if config.get("max_score") is None else {"max": repr(config["max_score"])}
    return ask(config, "GET", f"/submissions/{number}/gradescope.json", query)


def chosen(folder: Path, patterns: list[str]) -> Path:
    """The one file that the competition takes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__MACOSX" not in path.parts)
    fitting = [path for path in files if any(fnmatch.fnmatch(path.name, pattern) for pattern in patterns)]
    found = fitting or files
    if len(found) == 1:
        return found[0]
    names = ", ".join(path.name for path in found[:10]) or "nothing"
    raise Refused(f"Hand in one file called {' or '.join(patterns)}; found {names}.")


def hand_in(config: dict[str, Any], metadata: dict[str, Any], path: Path, again: str) -> int:
    """The number of the submission, in the name of the first student who is known there."""
    users = [user["email"] for user in metadata.get("users", []) if user.get("email")]
    if not users:
        raise Broken("submission_metadata.json names no student with an e-mail address.")
    query = {"competition": config["competition"], "name": path.name}
    if metadata.get("created_at"):
        query["at"] = metadata["created_at"]
    key = f"gradescope-{metadata.get('id', '')}{again}"
    unknown = None
    for email in users:
        try:
            body = path.read_bytes()
            headers = {"Content-Type": "application/octet-stream", "Idempotency-Key": key}
            answer = ask(config, "POST", "/submissions", {**query, "on_behalf_of": email}, body, headers)
            return int(answer["id"])
        except Unknown as error:
            unknown = error
    raise Refused(str(unknown))


def wait(config: dict[str, Any], number: int) -> str:
    """The state in which the grading ended."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        state = ask(config, "GET", f"/submissions/{number}")["state"]
        if state not in ("queued", "running"):
            return str(state)
        time.sleep(LOOK_SECONDS)
    raise Broken(f"Submission {number} was not graded within {WAIT_SECONDS:g} s; run the autograder again.")


class Unknown(Exception):
    """Nobody in the course has this e-mail address."""


def ask(
    config: dict[str, Any],
    method: str,
    path: str,
    query: dict[str, str] | None = None,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """The answer as JSON, once there is one. Raises Refused for what the student can change, Broken for the rest."""
    url = config["url"] + path + ("?" + urllib.parse.urlencode(query) if query else "")
    headers = {"Authorization": f"Bearer {config['token']}", "Accept": "application/json", **(headers or {})}
    trouble, spoiled, end = "", 0, time.monotonic() + WAIT_SECONDS
    while spoiled < TRIES:
        try:
            request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - the address of config.json
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            problem = said(error)
            code, trouble = problem.get("code", ""), problem.get("detail") or f"HTTP {error.code}"
            if error.code in PASSING and code not in QUOTAS:
                hold(pause(error, problem), end, trouble)
                continue
            if error.code < 500:
                raise kind(error.code, code)(trouble) from None
        except OSError as error:
            trouble = str(error)
        time.sleep(min(2.0**spoiled, 20.0))
        spoiled += 1
    raise Broken(f"Secateur at {config['url']} does not answer: {trouble}")


def pause(error: urllib.error.HTTPError, problem: dict[str, Any]) -> float:
    """Seconds after which the server wants to be asked again."""
    told = str(problem.get("retry_after_seconds") or error.headers.get("Retry-After") or "")
    return float(told) if told.isdecimal() else PAUSE_SECONDS


def hold(seconds: float, end: float, trouble: str) -> None:
    """Waits. Raises Broken where that would be longer than we wait: nothing is wrong with the file, and it gets no 0."""
    if time.monotonic() + seconds > end:
        raise Broken(f"Secateur took nothing within {WAIT_SECONDS:g} s; run the autograder again. It says: {trouble}")
    time.sleep(seconds)


def kind(status: int, code: str) -> type[Exception]:
    """Who has to read a refusal."""
    if code == "student-unknown":
        return Unknown
    return Broken if status in (400, 401, 403, 404) else Refused


def said(error: urllib.error.HTTPError) -> dict[str, Any]:
    """The problem details of an answer."""
    try:
        found = json.load(error)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def told(text: str) -> dict[str, Any]:
    """Results without a measurement: Gradescope needs a number, and the text says that nothing was graded."""
    test = {"name": "The file can be graded", "status": "failed", "output": text, "visibility": "visible"}
    return {"score": 0.0, "output": text, "tests": [test], "visibility": "visible", "stdout_visibility": "hidden"}


if __name__ == "__main__":
    sys.exit(main())
