"""Another provider's word for who somebody is: OpenID Connect, authorization code with PKCE, by Authlib."""

import time
from collections.abc import Mapping
from threading import Lock
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from app.accounts.claims import Begun, Claims, NotBelieved, ProviderAway
from app.clock import MonotonicClock
from app.settings import Settings

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures with a public key alone; the provider may support fewer. Never `none`, never a shared secret."""
SECONDS = 10
"""For each request to the provider."""
METADATA_SECONDS = 3600
"""How long what the provider says of itself is believed."""
LEEWAY_SECONDS = 60
"""By how much clocks may differ."""


class Provider:
    """One OpenID Connect provider. Waits for the network: call it outside of a database session."""

    def __init__(self, settings: Settings, clock: MonotonicClock = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = Lock()
        self._metadata: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._read_at = 0.0

    @property
    def callback(self) -> str:
        """The address that the provider sends browsers back to."""
        return f"{self._settings.public_url}/oidc/callback"

    def begin(self) -> Begun:
        """A new sign-in. Raises ProviderAway."""
        state, nonce, verifier = generate_token(32), generate_token(32), generate_token(64)
        with self._session() as session:
            url, _ = session.create_authorization_url(
                self._known()["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return Begun(url, state, nonce, verifier)

    def finish(self, code: str, nonce: str, verifier: str, issuer: str | None = None) -> Claims:
        """Who came back with a code. Raises ProviderAway, and NotBelieved where that is not proven.

        `issuer`: who the browser says has sent it back (RFC 9207), where it says so.
        """
        metadata = self._known()
        if issuer is not None and issuer != metadata["issuer"]:
            raise NotBelieved(f"the answer is from {issuer!r}")
        try:
            with self._session() as session:
                token = session.fetch_token(
                    metadata["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=verifier
                )
                claims = self._checked(token, nonce)
                if "email" not in claims and "userinfo_endpoint" in metadata:
                    claims = {**claims, **self._userinfo(session, claims["sub"])}
        except OSError as error:
            raise ProviderAway(str(error)) from error
        except (AuthlibBaseError, JoseError, KeyError, TypeError, ValueError) as error:
            raise NotBelieved(f"{type(error).__name__}: {error}") from error
        return self._claims(claims)

    def _userinfo(self, session: OAuth2Session, subject: str) -> dict[str, Any]:
        """What the provider says of the person beside the token."""
        told = session.get(self._known()["userinfo_endpoint"], timeout=SECONDS).json()
        if told.get("sub") != subject:
            raise ValueError("the answer about the person is about somebody else")
        return {key: told[key] for key in ("email", "email_verified", "name") if key in told}

    def _claims(self, claims: Mapping[str, Any]) -> Claims:
        verified = claims.get("email_verified") in (True, "true") or self._settings.oidc_trust_email
        email = str(claims.get("email") or "")
        return Claims(claims["iss"], str(claims["sub"]), email, verified, str(claims.get("name") or ""))

    def _checked(self, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """The claims of a token that is the provider's, for us, of now, and of this sign-in. Raises ValueError."""
        supported = self._known().get("id_token_signing_alg_values_supported") or ["RS256"]
        registry = JWSRegistry(algorithms=[each for each in ALGORITHMS if each in supported], strict_check_header=False)
        try:
            decoded = jwt.decode(token["id_token"], self._key_set(), registry=registry)
        except InvalidKeyIdError:
            decoded = jwt.decode(token["id_token"], self._key_set(again=True), registry=registry)
        options = {
            "iss": {"essential": True, "value": self._known()["issuer"]},
            "aud": {"essential": True, "value": self._settings.oidc_client_id},
        }
        params = {"nonce": nonce, "client_id": self._settings.oidc_client_id, "access_token": token.get("access_token")}
        claims = CodeIDToken(decoded.claims, decoded.header, options, params)
        claims.validate(leeway=LEEWAY_SECONDS)
        return dict(claims)

    def _session(self) -> OAuth2Session:
        secret = self._settings.oidc_client_secret
        return OAuth2Session(
            self._settings.oidc_client_id,
            secret.get_secret_value() if secret else None,
            token_endpoint_auth_method=self._auth_method() if secret else "none",
            scope="openid email profile",
            redirect_uri=self.callback,
            code_challenge_method="S256",
            default_timeout=SECONDS,
            leeway=0,
        )

    def _auth_method(self) -> str:
        supported = self._known().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in supported else "client_secret_post"

    def _known(self) -> dict[str, Any]:
        """What the provider says of itself."""
        with self._lock:
            if not self._metadata or self._clock() - self._read_at > METADATA_SECONDS:
                issuer = str(self._settings.oidc_issuer).rstrip("/")
                found = _fetch(f"{issuer}/.well-known/openid-configuration")
                if str(found.get("issuer", "")).rstrip("/") != issuer:
                    raise ProviderAway(f"it calls itself {found.get('issuer')!r} and not {issuer!r}")
                self._metadata, self._keys, self._read_at = found, None, self._clock()
            return self._metadata

    def _key_set(self, *, again: bool = False) -> KeySet:
        """The provider's public keys, read again where it has signed with a new one."""
        uri = self._known()["jwks_uri"]
        with self._lock:
            if self._keys is None or again:
                self._keys = KeySet.import_key_set(_fetch(uri))  # type: ignore[arg-type]
            return self._keys


def _fetch(url: str) -> dict[str, Any]:
    try:
        with OAuth2Session(default_timeout=SECONDS) as session:
            response = session.request("GET", url, withhold_token=True, timeout=SECONDS)
            response.raise_for_status()
            found = response.json()
    except (OSError, ValueError) as error:
        raise ProviderAway(f"{url}: {error}") from error
    if not isinstance(found, dict):
        raise ProviderAway(f"{url}: it answers with no object")
    return found
