"""Which submissions a person may see."""

from sqlalchemy.orm import Session

from app.authorisation.refusals import hidden
from app.authorisation.rules import Place
from app.competitions.access import Entry, enter
from app.dependencies import Caller
from app.errors import NotFound
from app.services import Services
from app.submissions import queries
from models.submissions import Submission


def visible(session: Session, services: Services, signed: Caller, submission_id: int) -> tuple[Submission, Entry]:
    """A submission that the caller may see. Raises NotFound, which does not tell whether it exists."""
    unknown = hidden(Place.SUBMISSION, submission_id)
    found = queries.submission(session, submission_id)
    if found is None:
        raise unknown
    try:
        entry = enter(session, services.definitions, found.competition.slug, signed.user)
    except NotFound:
        raise unknown from None
    # Who handed it in sees it, also where staff have put them into another team since.
    mine = found.user_id == signed.user.id or queries.is_of(session, found, signed.user.id)
    if not entry.is_staff and not mine:
        raise unknown
    return found, entry
