"""A provider of OpenID Connect over HTTP, as Keycloak is one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwk, jwt

_KEY = jwk.RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})


class KeycloakLike:
    """Signs somebody in for whatever is asked; what it says can be changed."""

    def __init__(self, address: str) -> None:
        self.issuer = address
        self.key = _KEY
        self.signs_with: Any = self.key
        self.claims: dict[str, Any] = {
            "sub": "u-77",
            "preferred_username": "Dewi",
            "name": "Dewi Lestari",
            "email": "dewi@kota.example",
            "realm_access": {"roles": ["bridge-hr", "offline_access"]},
        }
        self.changes: dict[str, Any] = {}
        """to the claims of the token"""
        self.challenge = ""
        self.nonce = ""
        self.taken: list[dict[str, str]] = []
        """the forms of the token endpoint"""

    def authorise(self, question: dict[str, str]) -> str:
        """Somebody signs in there; the code."""
        assert question["response_type"] == "code"
        assert question["code_challenge_method"] == "S256"
        self.challenge, self.nonce = question["code_challenge"], question["nonce"]
        return "code-1"

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/auth",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/certs",
            }
        if path == "/certs":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        assert path == "/token"
        self.taken.append(form)
        if (
            form["code"] != "code-1"
            or form["client_secret"] != "rahasia"
            or create_s256_code_challenge(form["code_verifier"]) != self.challenge
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": "lms-bridge",
            "azp": "lms-bridge",
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
            **self.claims,
            **self.changes,
        }
        header = {"alg": "RS256", "kid": "k1"}
        return 200, {"access_token": "a", "id_token": jwt.encode(header, claims, self.signs_with)}


@contextmanager
def a_provider() -> Iterator[KeycloakLike]:
    """One on a port of its own, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer({name: values[0] for name, values in parse_qs(sent).items()})

        def _answer(self, form: dict[str, str]) -> None:
            status, value = provider.answer(self.path, form)
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = KeycloakLike(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
