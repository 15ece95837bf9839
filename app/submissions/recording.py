"""Writing submissions down without taking the threads that pages need."""

import logging

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from sqlalchemy.exc import IntegrityError

from app.observability import traces
from app.services import Services
from app.submissions import service
from app.submissions.admission import Admission
from app.submissions.intake import Upload
from app.submissions.service import Accepted
from models.submissions import Via

RECORDING_THREADS = 4
"""Threads of their own. While the database lets nobody write these wait, the uploads behind them in no thread at all."""
log = logging.getLogger(__name__)

_limiter: RunVar[CapacityLimiter] = RunVar("recording")


async def record(services: Services, admitted: Admission, upload: Upload, via: Via, key: str | None) -> Accepted:
    """The submission of a stored upload, in the queue. Raises AppError where no try is left by now."""
    return await to_thread.run_sync(_record, services, admitted, upload, via, key, limiter=_limiter_of_loop())


def _limiter_of_loop() -> CapacityLimiter:
    try:
        return _limiter.get()
    except LookupError:
        _limiter.set(CapacityLimiter(RECORDING_THREADS))
        return _limiter.get()


def _record(services: Services, admitted: Admission, upload: Upload, via: Via, key: str | None) -> Accepted:
    try:
        with services.database.write() as session:
            accepted = service.record(session, admitted, upload, via, key)
    except IntegrityError:
        # Two requests with one key at the same time: the second finds what the first has written.
        slug, sha256 = admitted.entry.competition.slug, upload.stored.sha256
        with services.database.read() as session:
            if key is not None and (known := service.replay(session, admitted.user.id, key, slug, sha256)):
                return known
        raise
    traces.note(submission=accepted.submission_id)
    log.info("submission.accepted submission=%d user=%d via=%s", accepted.submission_id, admitted.user.id, via)
    return accepted
