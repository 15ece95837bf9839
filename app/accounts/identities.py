"""Whose account it is that another provider vouches for."""

from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.claims import Claims
from app.audit.recording import note
from app.errors import AppError, Conflict, Forbidden
from models.accounts import User
from models.joining import Identity


def person_of(session: Session, vouched: Claims, *, new_accounts: bool) -> User:
    """The user to sign in, connected by now. Raises Forbidden.

    A person is known by issuer and subject, which never change. Somebody new is connected to the account that has their
    e-mail address, if the provider says that it is verified, and if nobody else of this provider is connected to it: addresses
    are given to other people in time.
    """
    known = queries.identity(session, vouched.issuer, vouched.subject)
    if known is not None:
        return _let_in(session.get_one(User, known.user_id))
    if not (vouched.email and vouched.email_is_verified):
        detail = "The provider does not say that your e-mail address is verified; by it we would know your account."
        raise Forbidden(detail, code="email-unverified")
    person = queries.user_by_email(session, vouched.email)
    if person is None:
        person = _new(session, vouched, allowed=new_accounts)
    _let_in(person)
    _connect(session, person, vouched)
    return person


def disconnect(session: Session, person: User, identity_id: int) -> None:
    """The user signs in with the provider no more. Raises AppError 404, and Conflict where nothing else is left."""
    found = next((each for each in queries.identities_of(session, person.id) if each.id == identity_id), None)
    if found is None:
        raise AppError(404, "identity-not-found", f"Your account has no connection with the number {identity_id}.")
    if person.password_hash is None:
        raise Conflict("last-way-in", "You have no password: you could not sign in any more. Nothing was changed.")
    session.delete(found)
    note(session, person.id, "user.disconnect", f"user:{person.id}", issuer=found.issuer)


def _let_in(person: User) -> User:
    if person.disabled_at is not None:
        raise Forbidden("The account is disabled. Ask the staff of your course.", code="account-disabled")
    return person


def _new(session: Session, vouched: Claims, *, allowed: bool) -> User:
    if not allowed:
        detail = f"There is no account for {vouched.email}. Ask the staff of your course to add you by this address."
        raise Forbidden(detail, code="no-account")
    name = vouched.name[: service.MAX_NAME_CHARACTERS].strip() or vouched.email
    return service.create_user(session, email=vouched.email, name=name)


def _connect(session: Session, person: User, vouched: Claims) -> None:
    if any(each.issuer == vouched.issuer for each in queries.identities_of(session, person.id)):
        detail = "The account with your e-mail address is connected to somebody else at the provider."
        raise Forbidden(detail, code="identity-taken")
    if person.is_unproven:
        _take_over(session, person)
    session.add(Identity(user_id=person.id, issuer=vouched.issuer, subject=vouched.subject))
    note(session, person.id, "user.connect", f"user:{person.id}", issuer=vouched.issuer)


def _take_over(session: Session, person: User) -> None:
    """The address is the person's, and whoever typed it in with a join code may be another: their ways in end."""
    queries.delete_sessions_of(session, person.id)
    queries.revoke_tokens_of(session, person.id)
    person.password_hash, person.is_unproven = None, False
    session.flush()
