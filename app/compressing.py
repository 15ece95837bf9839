"""Text as gzip for whoever takes it so (RFC 9110, 12.5.3): pages as they come, static files once."""

import gzip
import re
from functools import cache
from os import PathLike, stat_result
from pathlib import Path

from isal import igzip
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

LEAST_BYTES = 1000
"""Below that one packet carries it anyway."""
LEVEL = 2
"""Of ISA-L's: a quarter of zlib's work at its first level for somewhat fewer bytes, and a tenth more than its fifth makes."""
_TAKES = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")


def packed(content: bytes, headers: Headers) -> bytes | None:
    """The content as gzip; None where it is small or the caller does not take it so."""
    if len(content) < LEAST_BYTES or not takes_gzip(headers):
        return None
    return igzip.compress(content, LEVEL, mtime=0)


def takes_gzip(headers: Headers) -> bool:
    """Whether the caller takes gzip."""
    return _TAKES.search(headers.get("accept-encoding", "")) is not None


class CompressedFiles(StaticFiles):
    """Static files whose text is sent compressed; each is compressed when it is first asked for."""

    def file_response(
        self, full_path: PathLike[str] | str, stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file, or the news that it has not changed."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.add_vary_header("Accept-Encoding")
        headers = Headers(scope=scope)
        if not isinstance(response, FileResponse) or not takes_gzip(headers) or "range" in headers:
            return response
        content = _compressed(str(full_path), stat_result.st_mtime_ns)
        response.headers["content-encoding"] = "gzip"
        response.headers["content-length"] = str(len(content))
        del response.headers["accept-ranges"]
        return Response(content, status_code, dict(response.headers))


@cache
def _compressed(path: str, _changed: int) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)
