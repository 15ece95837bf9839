"""What goes wrong with a request: one exception with a status, rendered in one place.

    Exception
    └── AppError                 the caller's request, or a rule that it meets
        ├── NotSignedIn  401
        ├── Forbidden    403
        ├── NotFound     404
        ├── Conflict     409
        └── Unprocessable 422

Any other exception is our own fault and becomes a 500 without details.
"""

from collections.abc import Mapping, Sequence
from typing import Any

TITLES = {
    400: "The request cannot be understood",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    408: "Too slow",
    409: "This clashes with something that exists",
    411: "The size is missing",
    412: "This has changed meanwhile",
    413: "Too large",
    415: "Not this kind of content",
    422: "Something in the request has to be changed",
    429: "Too many at once",
    500: "Our fault, not yours",
    503: "Not ready",
    507: "The server's disk is full",
}


class AppError(Exception):
    """A request that is refused: `code` for programs, `detail` for people, `errors` for each thing to change."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.extra = extra

    @property
    def title(self) -> str:
        """The heading that goes with the status."""
        return TITLES.get(self.status, "This did not work")


class NotSignedIn(AppError):
    """Nobody is signed in, or the token is not valid."""

    def __init__(self, detail: str = "Sign in, or send an API token as `Authorization: Bearer sec_...`.") -> None:
        super().__init__(401, "not-signed-in", detail, headers={"WWW-Authenticate": "Bearer"})


class Forbidden(AppError):
    """Somebody is signed in and may not do this."""

    def __init__(self, detail: str, code: str = "forbidden") -> None:
        super().__init__(403, code, detail)


class NotFound(AppError):
    """There is no such thing, or it is not for this person to know of."""

    def __init__(self, detail: str, code: str = "not-found") -> None:
        super().__init__(404, code, detail)


class Conflict(AppError):
    """The request clashes with what exists."""

    def __init__(self, code: str, detail: str, **extra: Any) -> None:
        super().__init__(409, code, detail, **extra)


class Unprocessable(AppError):
    """The request is understood and something in it has to be changed."""

    def __init__(self, code: str, detail: str, **extra: Any) -> None:
        super().__init__(422, code, detail, **extra)
