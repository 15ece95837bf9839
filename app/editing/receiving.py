"""Staff's uploads on their way in: a form's short fields, then one file, which is streamed to disk under a cap."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

from anyio import fail_after
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from app.errors import AppError, Unprocessable
from app.storage import Incoming
from app.submissions import multipart
from app.submissions.intake import CHUNK_BYTES, MAX_NAME_CHARACTERS
from app.submissions.multipart import Data, Field, FileBegins


@dataclass(slots=True)
class Received:
    """The file's name, and the fields that stood before it; those of the address where the body is the file itself."""

    name: str
    fields: Mapping[str, str] = field(default_factory=dict)


async def receive(request: Request, incoming: Incoming, max_bytes: int, seconds: float) -> Received:
    """Streams a request's file to `incoming`. Raises AppError where it is too large, too slow or not complete."""
    try:
        with fail_after(seconds):
            return await _receive(request, incoming, max_bytes)
    except ClientDisconnect:
        raise AppError(400, "upload-cut-short", "The connection ended before the file was complete.") from None
    except TimeoutError:
        told = f"The file was not complete after {seconds:,g} seconds. Nothing was stored; send it again."
        raise AppError(408, "upload-too-slow", told, headers={"Connection": "close"}) from None


async def _receive(request: Request, incoming: Incoming, max_bytes: int) -> Received:
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/form-data"):
        fields = {key: value for key, value in request.query_params.items() if value.isprintable()}
        await _write(request.stream(), incoming, max_bytes)
        return _checked(Received(fields.get("file_name", ""), fields), incoming)
    fields = {}
    async with aclosing(multipart.events(content_type, request.stream())) as events:
        async for event in events:
            if isinstance(event, Field):
                fields[event.name] = _printable(event)
            elif isinstance(event, FileBegins) and event.file_name:
                await _write(_rest(events), incoming, max_bytes)
                return _checked(Received(event.file_name[:MAX_NAME_CHARACTERS], fields), incoming)
    raise Unprocessable("no-file", "The form holds no file. Choose one, or send it with curl -F file=@FILE.")


def _checked(received: Received, incoming: Incoming) -> Received:
    if not incoming.bytes:
        raise Unprocessable("no-file", "The file is empty. Choose another one, or send it with curl -F file=@FILE.")
    return received


def _printable(event: Field) -> str:
    if not event.value.isprintable():
        raise Unprocessable("upload-fields", f"{event.name[:60]}: it holds a character that cannot be printed.")
    return event.value.strip()


async def _rest(events: AsyncIterator[multipart.Event]) -> AsyncIterator[bytes]:
    """The bytes of the one file; fields behind it are too late to be heeded."""
    async for event in events:
        if isinstance(event, Data):
            yield event.content
        elif isinstance(event, FileBegins):
            raise Unprocessable("several-files", "The form holds more than one file; send one at a time.")


async def _write(body: AsyncIterator[bytes], incoming: Incoming, max_bytes: int) -> None:
    gathered = bytearray()
    async for chunk in body:
        gathered += chunk
        if incoming.bytes + len(gathered) > max_bytes:
            told = f"At most {max_bytes:,} bytes are taken here."
            raise AppError(413, "too-large", told, headers={"Connection": "close"})
        if len(gathered) >= CHUNK_BYTES:
            await run_in_threadpool(incoming.write, bytes(gathered))
            gathered.clear()
    if gathered:
        await run_in_threadpool(incoming.write, bytes(gathered))
