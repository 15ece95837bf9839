"""An upload's bytes on their way from the network into the store. Nothing here looks further than its first bytes.

A raw body and multipart/form-data are taken. Both are streamed: what an upload takes of memory does not depend on its size.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import TypeAlias

from anyio import fail_after
from starlette.requests import ClientDisconnect, Request

from app.errors import AppError, Unprocessable
from app.storage import Incoming, Store, Stored
from app.submissions import multipart
from app.submissions.multipart import Data, Field, FileBegins
from app.threads import UPLOADING
from grader import door, messages
from grader.errors import Finding
from grader.upload_rules import FileRule

FRAME_BYTES = 64 << 10
"""What a form's body may hold beside the file: boundaries, headers, short fields."""
CHUNK_BYTES = door.FIRST_BYTES
"""Bytes are gathered to this size before another thread hashes and writes them; the first of them are looked at."""
MAX_NAME_CHARACTERS = 200

Admit: TypeAlias = Callable[[str], Awaitable[FileRule]]


@dataclass(frozen=True, slots=True)
class Upload:
    """A complete file in the store, and the name that the sender gave it."""

    name: str
    stored: Stored


async def receive(request: Request, store: Store, admit: Admit, seconds: float) -> Upload:
    """Streams a request's file into the store. `admit` is asked with the competition's slug before the file is read.

    Raises AppError for what can be told from the request alone: no competition, a wrong name, another kind of file, too
    large, not complete within `seconds`. Nothing is kept then.
    """
    try:
        with fail_after(seconds):  # lets a thread that writes to the disk end first, other than asyncio.timeout
            return await _receive(request, store, admit)
    except ClientDisconnect:
        raise AppError(400, "upload-cut-short", "The connection ended before the file was complete.") from None
    except TimeoutError:
        raise AppError(
            408,
            "upload-too-slow",
            f"The file was not complete after {seconds:,g} seconds. Nothing was stored; send it again, over a faster connection.",
            headers={"Connection": "close"},
        ) from None


async def _receive(request: Request, store: Store, admit: Admit) -> Upload:
    slug = request.query_params.get("competition")
    rule = await admit(slug) if slug else None
    if rule is not None:
        _check_declared_size(request, rule)
    content_type = request.headers.get("content-type", "")
    if content_type.lower().startswith("multipart/form-data"):
        return await _receive_form(request, store, content_type, rule, admit)
    if rule is None:
        raise _no_competition()
    name = request.query_params.get("name") or default_name(rule)
    return await _receive_file(request.stream(), store, name, rule)


async def _receive_form(
    request: Request, store: Store, content_type: str, rule: FileRule | None, admit: Admit
) -> Upload:
    async with aclosing(multipart.events(content_type, request.stream())) as events:
        async for event in events:
            if isinstance(event, Field) and event.name == "competition" and rule is None:
                rule = await admit(event.value)
                _check_declared_size(request, rule)
            elif isinstance(event, FileBegins) and event.file_name:  # a browser sends a field left empty without a name
                if rule is None:
                    raise _no_competition()
                return await _receive_file(_rest_of_file(events), store, event.file_name, rule)
    raise Unprocessable("no-file", "The form holds no file. Choose one, or send it with curl -F file=@FILE.")


async def _rest_of_file(events: AsyncIterator[multipart.Event]) -> AsyncIterator[bytes]:
    """The bytes of the one file; whatever else follows is read to the end, so that a body cut short is noticed."""
    async for event in events:
        if isinstance(event, Data):
            yield event.content
        elif isinstance(event, FileBegins):
            raise Unprocessable("several-files", "The form holds more than one file; send one file a submission.")


async def _receive_file(body: AsyncIterator[bytes], store: Store, name: str, rule: FileRule) -> Upload:
    with store.receive() as incoming:
        gathered: list[bytes] = []
        size = 0
        async for chunk in body:
            gathered.append(chunk)
            size += len(chunk)
            if size >= CHUNK_BYTES:
                await _write(incoming, gathered, size, name, rule)
                gathered, size = [], 0
        if gathered or not incoming.bytes:
            await _write(incoming, gathered, size, name, rule)
        stored = await UPLOADING.run(incoming.keep)
    return Upload(name[:MAX_NAME_CHARACTERS], stored)


async def _write(incoming: Incoming, gathered: Sequence[bytes], size: int, name: str, rule: FileRule) -> None:
    if not incoming.bytes:
        gathered = [b"".join(gathered)]
        if wrong := door.refused(name, gathered[0], rule):
            raise refused(wrong)
    if incoming.bytes + size > rule.max_bytes:
        raise _too_large(rule, f"more than {rule.max_bytes:,} bytes")
    await UPLOADING.run(lambda: incoming.write(b"".join(gathered)))


def default_name(rule: FileRule) -> str:
    """The name of a file that was sent without one: the first that the assignment asks for."""
    return rule.names[0].replace("*", "").replace("?", "")


def refused(finding: Finding, status: int = 422, headers: Mapping[str, str] | None = None) -> AppError:
    """The refusal of a file that never entered the queue, in the words of a report."""
    problem = messages.problem(finding)
    return AppError(
        status, problem.code, problem.message, errors=[asdict(problem)], quota_charged=False, headers=headers
    )


def _check_declared_size(request: Request, rule: FileRule) -> None:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > rule.max_bytes + FRAME_BYTES:
        raise _too_large(rule, f"{int(declared):,} bytes")


def _too_large(rule: FileRule, got: str) -> AppError:
    # The rest of the body is not wanted. After other refusals the server reads it and throws it away, since a browser
    # shows the answer only when it has sent everything.
    finding = Finding("too-large", expected=f"{rule.max_bytes:,} bytes", got=got)
    return refused(finding, 413, {"Connection": "close"})


def _no_competition() -> AppError:
    return Unprocessable(
        "no-competition",
        "Say which competition this is for: ?competition=SLUG in the address, or a field `competition` before the file.",
    )
