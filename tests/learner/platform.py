"""A small LTI platform: it has keys, asks for logins, and says who somebody is."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import responses
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.test import TestResponse

from lms_bridge.config.settings import Platform as Settings
from lms_bridge.lti.launch import CLAIM
from tests.conftest import Clock
from tests.learner.world import Browser

ISSUER = "https://moodle.example"
JWKS = f"{ISSUER}/mod/lti/certs.php"
CLIENT = "aBcDeFgHiJkLmNo"

_KEYS: list[rsa.RSAPrivateKey] = []


def key_number(number: int) -> rsa.RSAPrivateKey:
    """One of a few keys; to make them takes a while."""
    while len(_KEYS) <= number:
        _KEYS.append(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    return _KEYS[number]


def settings(**changes: Any) -> Settings:
    values: dict[str, Any] = {
        "issuer": ISSUER,
        "client_id": CLIENT,
        "auth_url": f"{ISSUER}/mod/lti/auth.php",
        "jwks_url": JWKS,
        "deployments": ("1",),
        "lms": "moodle",
    }
    return Settings(**values | changes)


class Platform:
    """The platform, on a clock that the bridge has as well."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.kid = "key-0"
        self.key = key_number(0)

    def jwks(self) -> bytes:
        """Its public key, and things that are to be passed over."""
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        mine = {**public, "kid": self.kid, "alg": "RS256", "use": "sig"}
        others = [{"kty": "EC", "kid": "ec"}, {"kty": "RSA", "kid": self.kid + "x"}, "text"]
        return json.dumps({"keys": [*others, mine]}).encode()

    def show_keys(self, mock: responses.RequestsMock) -> None:
        mock.get(JWKS, body=self.jwks())

    def login(self, browser: Browser, **changes: Any) -> TestResponse:
        """Have the browser begin at the bridge; what is answered."""
        asked = {
            "iss": ISSUER,
            "login_hint": "7",
            "target_link_uri": "https://bridge.example/learner",
            "client_id": CLIENT,
            "lti_deployment_id": "1",
            "lti_message_hint": '{"cmid":3}',
        } | changes
        form = {name: value for name, value in asked.items() if value is not None}
        return browser.post("/lti/login", headers={"Sec-Fetch-Site": "cross-site"}, **form)

    def question(self, browser: Browser, **changes: Any) -> dict[str, str]:
        """What the bridge asks of the platform, by way of the browser."""
        answer = self.login(browser, **changes)
        assert answer.status_code == 302, answer.text
        query = urlsplit(answer.headers["Location"]).query
        return {name: values[0] for name, values in parse_qs(query).items()}

    def claims(self, question: dict[str, str], user: str, **changes: Any) -> dict[str, Any]:
        """What Moodle says of a user; of changes that are None nothing is said."""
        now = int(self.clock().timestamp())
        said: dict[str, Any] = {
            "iss": ISSUER,
            "aud": CLIENT,
            "sub": user,
            "nonce": question["nonce"],
            "iat": now,
            "exp": now + 60,
            CLAIM + "version": "1.3.0",
            CLAIM + "message_type": "LtiResourceLinkRequest",
            CLAIM + "deployment_id": "1",
            CLAIM + "resource_link": {"id": "4"},
        } | changes
        return {name: value for name, value in said.items() if value is not None}

    def token(self, claims: dict[str, Any], **header: Any) -> str:
        return jwt.encode(claims, self.key, "RS256", headers={"kid": self.kid} | header)

    def launch(
        self, browser: Browser, question: dict[str, str], token: str, **changes: Any
    ) -> TestResponse:
        """Have the browser post the answer, from the platform's page."""
        form = {"state": question["state"], "id_token": token} | changes
        return browser.post("/lti/launch", headers={"Sec-Fetch-Site": "cross-site"}, **form)

    def open(self, browser: Browser, user: str, **changes: Any) -> TestResponse:
        """A launch from beginning to end."""
        question = self.question(browser)
        return self.launch(browser, question, self.token(self.claims(question, user, **changes)))


def unsigned(claims: dict[str, Any], header: dict[str, Any], signature: bytes = b"") -> str:
    """A token with whatever header and signature."""
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in parts)


def handed(secret: str, clock: Clock, **changes: Any) -> str:
    """A link that a home-made LMS has signed."""
    now = int(clock().timestamp())
    claims = {
        "iss": "moodle",
        "aud": "https://bridge.example/learner",
        "sub": "7",
        "iat": now,
        "exp": now + 120,
        "jti": "0123456789abcdef",
    } | changes
    return jwt.encode(
        {name: value for name, value in claims.items() if value is not None}, secret, "HS256"
    )
