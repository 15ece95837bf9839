"""The secrets that stand for a person: a session's cookie and an API token. Only their digests are stored."""

import hashlib
import re
import secrets
import string
from typing import NamedTuple

from models.accounts import TOKEN_PREFIX_LENGTH

SESSION_TOKEN_BYTES = 32
"""256 random bits: nobody guesses one, so a fast digest is enough."""
SECRET_CHARACTERS = 43
"""Letters and digits of an API token's secret part: 62 ** 43 is just above 2 ** 256."""
API_TOKEN = re.compile(rf"sec_([a-z0-9]{{{TOKEN_PREFIX_LENGTH}}})_[A-Za-z0-9]{{{SECRET_CHARACTERS}}}", re.ASCII)


class NewToken(NamedTuple):
    """An API token as it is shown once: `text` in whole, `prefix` its part that is stored in clear."""

    prefix: str
    text: str


def new_session_token() -> str:
    """A fresh token for a session's cookie."""
    return secrets.token_urlsafe(SESSION_TOKEN_BYTES)


def new_api_token() -> NewToken:
    """A fresh API token, `sec_PREFIX_SECRET`; letters and digits alone, so that a double click selects a whole part."""
    prefix = _random_text(string.ascii_lowercase + string.digits, TOKEN_PREFIX_LENGTH)
    secret = _random_text(string.ascii_letters + string.digits, SECRET_CHARACTERS)
    return NewToken(prefix, f"sec_{prefix}_{secret}")


def prefix_of(text: str) -> str | None:
    """The part of an API token under which its row is found; None for what does not have a token's form."""
    match = API_TOKEN.fullmatch(text)
    return match.group(1) if match else None


def digest_of(token: str) -> str:
    """SHA-256 of a token in hexadecimal."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _random_text(alphabet: str, length: int) -> str:
    """So many random characters of the alphabet."""
    return "".join(secrets.choice(alphabet) for _ in range(length))
