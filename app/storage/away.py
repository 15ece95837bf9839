"""A file store that does not answer."""

from app.errors import AppError

RETRY_SECONDS = 30


class StoreAway(AppError):
    """The file store did not answer in time, or refused. It is not the caller's fault and may pass."""

    def __init__(self, reason: str) -> None:
        told = "The file store does not answer at the moment. Nothing was stored and no try is used; try again in a minute."
        super().__init__(503, "store-away", told, retry_after_seconds=RETRY_SECONDS)
        self.reason = reason

    def __str__(self) -> str:
        return f"the file store is away: {self.reason}"
