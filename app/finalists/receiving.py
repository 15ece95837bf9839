"""Code on its way from the network into the store, streamed; who sends it is known before a byte is read."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import PurePosixPath

from anyio import fail_after
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from app.errors import AppError, Unprocessable
from app.storage import Store
from app.submissions import multipart
from app.submissions.intake import MAX_NAME_CHARACTERS, Upload
from app.submissions.multipart import Data, FileBegins
from grader import limits

ENDINGS = (".zip", ".ipynb", ".py")


async def receive(request: Request, store: Store, admit: Callable[[], Awaitable[None]], seconds: float) -> Upload:
    """The file of a form, or a raw body with `?name=`, in the store once `admit` has let it in. Raises AppError."""
    await admit()
    try:
        with fail_after(seconds):
            return await _receive(request, store)
    except ClientDisconnect:
        raise AppError(400, "upload-cut-short", "The connection ended before the file was complete.") from None
    except TimeoutError:
        detail = f"The file was not complete after {seconds:,g} seconds. Nothing was stored; send it again."
        raise AppError(408, "upload-too-slow", detail, headers={"Connection": "close"}) from None


async def _receive(request: Request, store: Store) -> Upload:
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/form-data"):
        return await _kept(request.query_params.get("name", ""), request.stream(), store)
    async with aclosing(multipart.events(content_type, request.stream())) as events:
        async for event in events:
            if isinstance(event, FileBegins) and event.file_name:
                return await _kept(event.file_name, _content(events), store)
    raise Unprocessable("no-file", "The form holds no file. Choose one, or send it with curl -F file=@FILE.")


async def _content(events: AsyncIterator[multipart.Event]) -> AsyncIterator[bytes]:
    async for event in events:
        if isinstance(event, Data):
            yield event.content
        elif isinstance(event, FileBegins):
            raise Unprocessable("several-files", "The form holds more than one file; put them into one zip.")


async def _kept(name: str, body: AsyncIterator[bytes], store: Store) -> Upload:
    last = PurePosixPath(name.replace("\\", "/")).name
    if not last.lower().endswith(ENDINGS) or not last.isprintable():
        got = ascii(last[:60]) if last else "no name"
        raise Unprocessable("code-name", f"Code is a file that ends in {', '.join(ENDINGS)}; got {got}.")
    with store.receive() as incoming:
        async for chunk in body:
            if incoming.bytes + len(chunk) > limits.SOURCE_MAX_UPLOAD_BYTES:
                raise _too_large()
            await run_in_threadpool(incoming.write, chunk)
        if not incoming.bytes:
            raise Unprocessable("no-file", "The file is empty.")
        return Upload(last[:MAX_NAME_CHARACTERS], await run_in_threadpool(incoming.keep))


def _too_large() -> AppError:
    most = f"{limits.SOURCE_MAX_UPLOAD_BYTES:,} bytes"
    detail = f"Code may have {most}. Leave data and weights out, and clear the notebooks' outputs."
    return AppError(413, "too-large", detail, headers={"Connection": "close"})
