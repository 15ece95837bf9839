"""Writing submissions down without taking the threads that pages need."""

import logging

from sqlalchemy.exc import IntegrityError

from app.observability import traces
from app.services import Services
from app.submissions import service
from app.submissions.admission import Admission
from app.submissions.intake import Upload
from app.submissions.service import Accepted
from app.threads import RECORDING
from models.submissions import Via

log = logging.getLogger(__name__)


async def record(services: Services, admitted: Admission, upload: Upload, via: Via, key: str | None) -> Accepted:
    """The submission of a stored upload, in the queue. Raises AppError where no try is left by now."""
    return await RECORDING.run(_record, services, admitted, upload, via, key)


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
