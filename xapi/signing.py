"""Signed statements: a JSON web signature that comes as an attachment (Data 2.6, RFC 7515).

The signature carries the statement as it was signed, and is refused if that is not the
statement that it is attached to, or if it is not well formed; and where it brings the
certificate of whoever signed, also if it was not made with it. That catches mistakes. Whether
the certificate is to be trusted is not asked, as the standard has it.

>>> check_signature(b"eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmVk", b"{}")
Traceback (most recent call last):
xapi.errors.InvalidStatement: $: "HS256" is none of the algorithms RS256, RS384, RS512\
 (xAPI 1.0.3 Data 2.6)
"""

from __future__ import annotations

import base64
import itertools
import re
from typing import Any, Final, NamedTuple

import msgspec

from xapi.comparison import same_statement
from xapi.errors import InvalidStatement, broken

_CLAUSE: Final = "Data 2.6"
_COMPACT: Final = re.compile(rb"([0-9A-Za-z_\-]+)\.([0-9A-Za-z_\-]+)\.([0-9A-Za-z_\-]+)")
_ALGORITHMS: Final = {"RS256": "SHA256", "RS384": "SHA384", "RS512": "SHA512"}
"""the hash that goes with an algorithm; the signature is always RSA's, PKCS #1 v1.5"""
_FEWEST_BITS: Final = 2048
"""a shorter key is none for these algorithms (RFC 7518, 3.3)"""


class Signature(NamedTuple):
    """A signature that is well formed."""

    algorithm: str
    payload: bytes
    """the statement as it was signed"""
    certificates: tuple[bytes, ...]
    """the chain of X.509 certificates, that of the signer first, in DER; may be empty"""


def check_signature(jws: bytes, statement: bytes) -> Signature:
    """Refuse `jws` if it is no signature of `statement`, the bytes that were received.

    Raises :exc:`InvalidStatement`, with a path that begins at the attachment.
    """
    found, signed, signature = _read(jws)
    try:
        same = same_statement(found.payload, statement)
    except InvalidStatement as error:
        rule = f"was signed, and is no statement: {error.path} {error.rule}"
        raise broken("$", found.payload, rule, _CLAUSE) from None
    if not same:
        rule = "was signed, and is not the statement that the signature comes with"
        raise broken("$", found.payload, rule, _CLAUSE)
    if found.certificates:
        _verify(found, signed, signature)
    return found


def _read(jws: bytes) -> tuple[Signature, bytes, bytes]:
    """The signature in its compact form, what was signed, and the signature proper."""
    parts = _COMPACT.fullmatch(jws.strip())
    if parts is None:
        rule = "is no JSON web signature in its compact form (three parts with dots between)"
        raise broken("$", jws, rule, _CLAUSE)
    header = _header(parts[1])
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in _ALGORITHMS:
        rule = f"is none of the algorithms {', '.join(_ALGORITHMS)}"
        raise broken("$", algorithm, rule, _CLAUSE)
    if "crit" in header:
        rule = "must be understood to read the signature, and is not"
        raise broken("$", header["crit"], rule, _CLAUSE)
    found = Signature(algorithm, _decoded(parts[2]), _certificates(header))
    return found, parts[0].rpartition(b".")[0], _decoded(parts[3])


def _header(encoded: bytes) -> dict[str, Any]:
    decoded = _decoded(encoded)
    try:
        return msgspec.json.decode(decoded, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise broken("$", decoded, "is no header, a JSON object", _CLAUSE) from None


def _decoded(encoded: bytes) -> bytes:
    try:
        return base64.urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4))
    except ValueError:
        raise broken("$", encoded, "is not base64url", _CLAUSE) from None


def _certificates(header: dict[str, Any]) -> tuple[bytes, ...]:
    if "x5c" not in header:
        return ()
    chain = header["x5c"]
    if isinstance(chain, list) and chain and all(isinstance(item, str) for item in chain):
        try:
            return tuple(base64.b64decode(item, validate=True) for item in chain)
        except ValueError:
            pass  # refused below, like what has not the form at all
    rule = 'is no "x5c", an array of certificates in base64'
    raise broken("$", chain, rule, _CLAUSE)


def _verify(found: Signature, signed: bytes, signature: bytes) -> None:
    """Refuse a signature that was not made with the first of its certificates.

    Each further certificate is the one that certifies the one before it (RFC 7515, 4.1.6).
    """
    # Few statements are signed, and this takes long to load.
    from cryptography import exceptions, x509  # type: ignore[import-not-found,unused-ignore]
    from cryptography.hazmat.primitives import hashes  # type: ignore[import-not-found,unused-ignore]
    from cryptography.hazmat.primitives.asymmetric import padding, rsa  # type: ignore[import-not-found,unused-ignore]

    unreadable = (ValueError, exceptions.UnsupportedAlgorithm, x509.InvalidVersion)
    try:
        chain = [x509.load_der_x509_certificate(der) for der in found.certificates]
        names = [certificate.subject.rfc4514_string() for certificate in chain]
        key = chain[0].public_key()
    except unreadable:
        rule = 'are certificates of the "x5c" that cannot be read'
        raise broken("$", len(found.certificates), rule, _CLAUSE) from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _FEWEST_BITS:
        rule = f"has a certificate without an RSA key of at least {_FEWEST_BITS} bits"
        raise broken("$", names[0], rule, _CLAUSE)
    hashing = getattr(hashes, _ALGORITHMS[found.algorithm])()
    try:
        key.verify(signature, signed, padding.PKCS1v15(), hashing)
    except exceptions.InvalidSignature:
        rule = "has a certificate that the signature was not made with"
        raise broken("$", names[0], rule, _CLAUSE) from None
    for name, (certificate, issuer) in zip(names, itertools.pairwise(chain), strict=False):
        try:
            certificate.verify_directly_issued_by(issuer)
        except (*unreadable, TypeError, exceptions.InvalidSignature):
            rule = "has a certificate that the next of the chain does not certify"
            raise broken("$", name, rule, _CLAUSE) from None
