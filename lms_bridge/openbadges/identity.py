"""Who issues badges: a did:web, which is the address of the bridge in another spelling.

Whoever verifies a credential fetches the document of the did over HTTPS, from the very address that
it names, and finds there the keys that may sign. So a credential is as trustworthy as that site.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lms_bridge.i18n import mark
from lms_bridge.openbadges.encoding import base58, base64url, from_base58, from_base64url
from lms_bridge.openbadges.untrue import Untrue

_ED25519 = b"\xed\x01"
"""multicodec of an Ed25519 public key"""


class PublicKey(Protocol):
    """A key by its name and its public half."""

    @property
    def name(self) -> str: ...

    @property
    def public(self) -> Ed25519PublicKey: ...


def did_of(home_page: str) -> str:
    """The did of the bridge at that address.

    >>> did_of("https://bridge.example/lms")
    'did:web:bridge.example:lms'

    Raises :exc:`ValueError` where there can be none: a did:web is fetched over HTTPS.
    """
    parts = urlsplit(home_page)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise ValueError("a did:web needs an address that begins with https://")
    host = parts.hostname + (f":{parts.port}" if parts.port else "")
    folders = [one for one in parts.path.split("/") if one]
    return ":".join(["did:web", *(quote(one, safe="") for one in (host, *folders))])


def address_of(did: str) -> str:
    """Where the document of `did` is.

    >>> address_of("did:web:bridge.example"), address_of("did:web:bridge.example%3A8443:lms")
    ('https://bridge.example/.well-known/did.json', 'https://bridge.example:8443/lms/did.json')

    Raises :exc:`ValueError` for what is no did:web.
    """
    method, _, rest = did.partition("did:web:")
    host, *folders = [unquote(one) for one in rest.split(":")]
    wrong = method or any(not one or set(one) & set("/?#@\\ ") for one in (host, *folders))
    if wrong or ".." in folders or "." in folders:
        raise ValueError("no did:web")
    return f"https://{host}/{'/'.join(folders) or '.well-known'}/did.json"


def document(did: str, keys: Iterable[PublicKey]) -> dict[str, Any]:
    """The document of `did`: the `keys` that sign, and those that did while they were in use.

    Each is there twice: as verifiers of Data Integrity proofs want it, and as those of JWTs do.
    """
    methods = [method for key in keys for method in _both(did, key)]
    return {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/multikey/v1",
            "https://w3id.org/security/suites/jws-2020/v1",
        ],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def multikey_id(did: str, name: str) -> str:
    """By what a Data Integrity proof names the key with that `name`."""
    return f"{did}#{name}"


def jwk_id(did: str, name: str) -> str:
    """By what a JWT names it."""
    return f"{did}#{name}-jwk"


def multikey(key: Ed25519PublicKey) -> str:
    """A public key as Multikey has it."""
    return "z" + base58(_ED25519 + key.public_bytes_raw())


def _both(did: str, key: PublicKey) -> list[dict[str, Any]]:
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": base64url(key.public.public_bytes_raw())}
    return [
        {
            "id": multikey_id(did, key.name),
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": multikey(key.public),
        },
        {
            "id": jwk_id(did, key.name),
            "type": "JsonWebKey2020",
            "controller": did,
            "publicKeyJwk": jwk,
        },
    ]


def key_in(document: Any, did: str, method_id: str) -> Ed25519PublicKey:
    """The key that a proof names as `method_id`, if `document` of `did` lets it sign credentials.

    Raises :exc:`Untrue` otherwise.
    """
    if not isinstance(document, dict) or document.get("id") != did:
        raise Untrue(mark("the document is not that of the issuer"))
    may = document.get("assertionMethod")
    methods = document.get("verificationMethod")
    for method in methods if isinstance(methods, list) else []:
        if not isinstance(method, dict) or method.get("id") != method_id:
            continue
        if not isinstance(may, list) or method_id not in may or method.get("controller") != did:
            raise Untrue(mark("the key is not for credentials"))
        encoded, jwk = method.get("publicKeyMultibase"), method.get("publicKeyJwk")
        if isinstance(encoded, str) and encoded.startswith("z"):
            raw = from_base58(encoded[1:])
            if raw.startswith(_ED25519):
                return Ed25519PublicKey.from_public_bytes(raw.removeprefix(_ED25519))
        elif isinstance(jwk, dict) and jwk.get("crv") == "Ed25519":
            return Ed25519PublicKey.from_public_bytes(from_base64url(str(jwk.get("x"))))
        raise Untrue(mark("the key is of another kind than Ed25519"))
    raise Untrue(mark("the issuer has no such key, or has it no more"))
