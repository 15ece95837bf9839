"""Files on their way back: what was uploaded, what came out of an archive, and the compacted network."""

import re
from pathlib import PurePosixPath
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.responses import Response

from app.dependencies import AppServices, Reading, Signed
from app.errors import NotFound
from app.openapi import problems
from app.parameters import RowNumber
from app.services import Services
from app.submissions import queries
from app.submissions.access import visible
from models.artifacts import ArtifactKind

router = APIRouter(tags=["submissions"])

BYTES = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
POLICY = "default-src 'none'; sandbox"
"""Should a browser show the bytes after all, they may load nothing, run nothing and belong to no site."""


@router.get(
    "/submissions/{submission_id}/files/{file_id}",
    operation_id="getFile",
    summary="A file of a submission",
    response_class=Response,
    responses={200: BYTES, **problems(401, 404, 422, 503)},
)
def download(
    services: AppServices, signed: Signed, session: Reading, submission_id: RowNumber, file_id: RowNumber
) -> Response:
    """What was uploaded, or a notebook or report out of the archive. For its entrant and the staff; always a download."""
    found, _ = visible(session, services, signed, submission_id)
    file = next((each for each in found.files if each.id == file_id), None)
    if file is None:
        raise NotFound(f"Submission {submission_id} has no file {file_id}.")
    if file.erased_at is not None:
        raise NotFound(f"The file {file_id} was erased; its result stays.", code="file-erased")
    return _sent(services, file.sha256, file.name)


@router.get(
    "/submissions/{submission_id}/compacted/{kind}",
    operation_id="getCompacted",
    summary="The compacted network",
    response_class=Response,
    responses={200: BYTES, **problems(401, 404, 422, 503)},
)
def download_compacted(
    services: AppServices, signed: Signed, session: Reading, submission_id: RowNumber, kind: ArtifactKind
) -> Response:
    """The network without the channels and neurons that do nothing, as a state dict or as ONNX."""
    found, _ = visible(session, services, signed, submission_id)
    made = next((each for each in queries.live(found).artifacts if each.kind is kind), None)
    if made is None:
        raise NotFound(f"Submission {submission_id} has no compacted network as {kind.value}.")
    return _sent(services, made.sha256, made.name)


def _sent(services: Services, sha256: str, name: str) -> Response:
    headers = {"Content-Disposition": disposition(name), "Content-Security-Policy": POLICY}
    return FileResponse(services.store.path(sha256), media_type="application/octet-stream", headers=headers)


def disposition(name: str) -> str:
    """The header that makes a browser save a file under the last part of its name (RFC 6266), whatever is in it."""
    last = PurePosixPath(name.replace("\\", "/")).name or "file"
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", last)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(last, safe='')}"
