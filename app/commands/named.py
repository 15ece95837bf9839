"""Who an operator means."""

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.errors import NotFound
from models.accounts import User


def user_named(session: Session, email: str) -> User:
    """The person with this e-mail address. Raises NotFound."""
    found = accounts.user_by_email(session, email)
    if found is None:
        raise NotFound(f"There is no account for {email}; create it with `secateur user add {email}`.")
    return found
