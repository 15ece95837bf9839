"""A small OpenID Connect provider, run as a process of its own: `python -m tests.app.accounts.oidc_provider`.

It signs in whomever the authorization request names by `login_hint`, in the way that its `trouble` asks for. It checks what a
provider checks: the client and its secret, the redirect address, PKCE, and that a code is used once.
"""

import base64
import hashlib
import json
import secrets
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "secateur", "hush-hush"
PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"sub": "u-1", "email": "Ada@Example.org", "email_verified": True, "name": "Ada Lovelace"},
    "moved": {"sub": "u-1", "email": "moved@example.org", "email_verified": True, "name": "Ada Lovelace"},
    "namesake": {"sub": "u-2", "email": "ada@example.org", "email_verified": True, "name": "Another Ada"},
    "unverified": {"sub": "u-3", "email": "grace@example.org", "email_verified": False, "name": "Mallory"},
    "silent": {"sub": "u-4", "email": "grace@example.org", "name": "Grace"},
    "new": {"sub": "u-5", "email": "new@example.org", "email_verified": True, "name": "New"},
    "newcomer": {"sub": "u-6", "email": "joined@example.org", "email_verified": True, "name": "Joined"},
    "anonymous": {"sub": "u-7"},
}


@cache
def key(name: str, whose: str = "ours") -> RSAKey:
    """The key of that name, the same at each asking; one of somebody else may have its name."""
    return RSAKey.generate_key(2048, {"kid": name})


class Provider(ThreadingHTTPServer):
    """Keeps the codes that it has given out, and which key it signs with."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.codes: dict[str, dict[str, str]] = {}
        self.published = ["first"]


class Answers(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Provider

    def do_GET(self) -> None:
        """Metadata, keys, the sign-in itself, and what is known of a person."""
        path = urlsplit(self.path).path
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if path == "/.well-known/openid-configuration":
            self._say(self._metadata())
        elif path == "/keys":
            self._say({"keys": [key(name).as_dict(private=False) for name in self.server.published]})
        elif path == "/authorize":
            self._authorize(asked)
        elif path == "/userinfo":
            hint = self.headers["Authorization"].removeprefix("Bearer at-")
            self._say({**PEOPLE[hint], "email": "new@example.org", "email_verified": True, "name": "New"})
        else:
            self._say({"error": "not_found"}, 404)

    def do_POST(self) -> None:
        """A code for a token."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        kept = self.server.codes.pop(form.get("code", ""), None)
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if self.headers["Authorization"] != basic:
            self._say({"error": "invalid_client"}, 401)
        elif kept is None or form["redirect_uri"] != kept["redirect_uri"] or not _proves(form, kept):
            self._say({"error": "invalid_grant"}, 400)
        else:
            token = {"access_token": f"at-{kept['login_hint']}", "token_type": "Bearer", "expires_in": 60}
            self._say({**token, "id_token": self._id_token(kept)})

    def _metadata(self) -> dict[str, Any]:
        here = self.server.issuer
        return {
            "issuer": here,
            "authorization_endpoint": f"{here}/authorize",
            "token_endpoint": f"{here}/token",
            "jwks_uri": f"{here}/keys",
            "userinfo_endpoint": f"{here}/userinfo",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _authorize(self, asked: dict[str, str]) -> None:
        wanted = {"response_type": "code", "client_id": CLIENT, "code_challenge_method": "S256"}
        if any(asked.get(name) != value for name, value in wanted.items()) or "openid" not in asked["scope"].split():
            self._say({"error": "invalid_request"}, 400)
            return
        trouble = asked.get("trouble", "")
        back = {"state": asked["state"], "iss": self.server.issuer}
        if trouble == "refused":
            back["error"] = "access_denied"
        else:
            back["code"] = secrets.token_urlsafe(16)
            self.server.codes[back["code"]] = asked
        if trouble == "mixed-up":
            back["iss"] = "https://another.example"
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(back)}")
        self.end_headers()

    def _id_token(self, kept: dict[str, str]) -> str:
        trouble, now = kept.get("trouble", ""), int(time.time())
        claims: dict[str, Any] = {
            "iss": self.server.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": kept["nonce"],
        }
        claims |= PEOPLE[kept["login_hint"]]
        changes: dict[str, dict[str, Any]] = {
            "wrong-nonce": {"nonce": "another"},
            "wrong-audience": {"aud": "another", "azp": CLIENT},
            "wrong-issuer": {"iss": "https://another.example"},
            "expired": {"iat": now - 7200, "exp": now - 3600},
        }
        claims |= changes.get(trouble, {})
        name = "second" if trouble == "new-key" else "first"
        if trouble == "new-key":
            self.server.published = ["first", "second"]
        header = {"alg": "RS256", "kid": name}
        if trouble == "no-signature":
            return f"{_part({**header, 'alg': 'none'})}.{_part(claims)}."
        if trouble == "shared-secret":
            return jwt.encode({**header, "alg": "HS256"}, claims, OctKey.import_key(SECRET * 8), algorithms=["HS256"])
        return jwt.encode(header, claims, key("first", "a stranger's") if trouble == "strange-key" else key(name))

    def _say(self, body: dict[str, Any], status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Says nothing."""


def _proves(form: dict[str, str], kept: dict[str, str]) -> bool:
    """Whether who sends the code is who asked for it (PKCE)."""
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=") == kept["code_challenge"]


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


if __name__ == "__main__":
    with Provider() as provider:
        print(provider.issuer, flush=True)
        provider.serve_forever()
