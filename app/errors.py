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
from typing import Any, NamedTuple

TITLES = {
    400: "The request cannot be understood",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    408: "Too slow",
    409: "This clashes with something that exists",
    411: "The size is missing",
    413: "Too large",
    415: "Not this kind of content",
    422: "Something in the request has to be changed",
    429: "Too many at once",
    500: "Our fault, not yours",
    503: "Not ready",
    507: "The server's disk is full",
}


class Explained(NamedTuple):
    """What a code means, and what to do then."""

    meaning: str
    advice: str


CODES = {
    "not-signed-in": Explained(
        "Nobody is signed in, or the token is not known.", "Sign in, or make a new token on your account's page."
    ),
    "session-needed": Explained(
        "A token may not do this.", "Sign in with your password and do it on your account's page."
    ),
    "cross-site": Explained("The request came from another site.", "Open the page on this server and try again there."),
    "forbidden": Explained("This is for the staff of the course.", "Ask your instructor."),
    "board-hidden": Explained(
        "The staff keep the scores of this competition to themselves.", "Wait until they show them."
    ),
    "column-unknown": Explained(
        "A plot was asked for with a column that there is not.", "The answer names the columns that there are."
    ),
    "not-found": Explained(
        "There is no such thing, or it is not yours to see.",
        "Check the address; ask your instructor whether you are in the course.",
    ),
    "not-a-member": Explained("You are not in this course.", "Ask its instructor to add you."),
    "session-not-found": Explained(
        "You have no such session.", "Open your account's page again: it lists those that there are."
    ),
    "token-not-found": Explained(
        "You have no such API token.", "Open your account's page again: it lists those that there are."
    ),
    "method-not-allowed": Explained(
        "The address exists, but not for this method.", "The header Allow names those that it takes."
    ),
    "request-form": Explained(
        "A value is missing or has another form than it needs.", "The answer lists each one and what was found."
    ),
    "request-refused": Explained("The server could not take the request as it was.", "The answer says why."),
    "too-large": Explained(
        "The request has more bytes than this address takes.", "The answer says how many it may have."
    ),
    "multipart-form": Explained(
        "The body is not the form that its content type names.", "Send it with curl -F file=@FILE."
    ),
    "no-competition": Explained(
        "The upload names no competition.",
        "Add ?competition=SLUG to the address, or a field `competition` before the file.",
    ),
    "no-file": Explained("The form held no file.", "Choose a file first; with curl: -F file=@FILE."),
    "several-files": Explained("The form held more than one file.", "Send one file a submission."),
    "upload-cut-short": Explained(
        "The connection ended before the file was complete.", "Nothing was stored. Send the file again."
    ),
    "upload-too-slow": Explained(
        "The file took too long to arrive.", "Nothing was stored. Send it again, over a faster connection."
    ),
    "disk-full": Explained(
        "The server has no room for uploads.",
        "Nothing was stored and no try is used. Tell your instructor, and try again later.",
    ),
    "not-open-yet": Explained(
        "The phase has not begun.", "The competition's page says when it opens, in the course's time zone."
    ),
    "closed": Explained(
        "The phase is over.",
        "What counts is when your request reached the server, not how long the upload or the queue took.",
    ),
    "quota-used": Explained(
        "Today's submissions are used.",
        "Rejected files and our own faults are not counted. The answer says when the next day begins.",
    ),
    "idempotency-key-reused": Explained(
        "The Idempotency-Key came before with another file.", "Use a new key for each file."
    ),
    "not-scored": Explained(
        "A submission without a score cannot be the dense reference.", "Choose one that was scored."
    ),
    "grading-under-way": Explained("The submission is being graded at this moment.", "Wait until it has ended."),
    "too-many-sign-ins": Explained(
        "Too many sign-ins failed.",
        "Wait for a quarter of an hour, then try again; or ask the staff for a new password.",
    ),
    "password-wrong": Explained("The present password is another one.", "Nothing was changed. Type it again."),
    "password-too-short": Explained("The new password is too short.", "The answer says how many characters it needs."),
    "password-too-long": Explained("The new password is too long.", "The answer says how many characters it may have."),
    "name-length": Explained("A name is empty or too long.", "The answer says how many characters it may have."),
    "title-length": Explained(
        "A course's title is empty or too long.", "The answer says how many characters it may have."
    ),
    "email-form": Explained("This is not an e-mail address.", "It needs the form name@host."),
    "email-too-long": Explained("The e-mail address is too long.", "The answer says how many characters it may have."),
    "email-taken": Explained(
        "There is already an account with this e-mail address.", "Use that one, or another address."
    ),
    "course-taken": Explained("There is already a course with this short name.", "Choose another one."),
    "slug-form": Explained(
        "A short name has characters that cannot stand in an address.", "Use a to z, 0 to 9 and hyphens."
    ),
    "slug-taken": Explained("The short name belongs to a competition of another course.", "Choose another one."),
    "time-zone-unknown": Explained("This is not a time zone.", "Use an IANA name such as America/New_York."),
    "dataset-exists": Explained("There is a data set of this name with other content.", "Choose another name."),
    "dataset-shape": Explained(
        "The data set's samples have another shape than the network takes.",
        "Name the data set that was made for this network.",
    ),
    "dataset-classes": Explained(
        "The data set has labels beyond the network's outputs.", "Name the data set that was made for this network."
    ),
    "database-away": Explained(
        "The database does not answer, is full, or lets nobody write.", "Try again in a few seconds."
    ),
    "our-fault": Explained(
        "Something broke on our side.", "No try is used. Tell your instructor the number in the answer."
    ),
}
"""Every code that an AppError can have; the help page shows them, and an error's `type` leads there."""


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

    def __init__(self, detail: str) -> None:
        super().__init__(404, "not-found", detail)


class Conflict(AppError):
    """The request clashes with what exists."""

    def __init__(self, code: str, detail: str, **extra: Any) -> None:
        super().__init__(409, code, detail, **extra)


class Unprocessable(AppError):
    """The request is understood and something in it has to be changed."""

    def __init__(self, code: str, detail: str, **extra: Any) -> None:
        super().__init__(422, code, detail, **extra)
