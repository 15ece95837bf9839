"""What comes out of a sign-in with another provider, or keeps it from coming out."""

from dataclasses import dataclass


class ProviderAway(Exception):
    """The provider does not answer, or with something else than it should."""


class NotBelieved(Exception):
    """What came back does not prove who somebody is."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in on its way: where the browser goes, and what it keeps until it comes back."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Claims:
    """Who somebody is to the provider."""

    issuer: str
    subject: str
    email: str
    email_is_verified: bool
    name: str
