"""Signed statements: which signatures are well formed, and what they sign (Data 2.6)."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xapi_examples import BY_ROLE, FULL, SIMPLE, changed, told

from xapi import InvalidStatement, vocabulary
from xapi.exchange import ExchangeReader
from xapi.multipart import multipart
from xapi.signing import check_signature
from xapi.versions import Version

x509 = pytest.importorskip("cryptography.x509")
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa  # noqa: E402

MADE = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
HASHES = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}
SIGNED = told(SIMPLE)


def encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def certificate(name: str, key: Any, issuer: str, issuer_key: Any) -> bytes:
    """A certificate for `key`, in DER."""

    def called(common_name: str) -> Any:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(called(name))
        .issuer_name(called(issuer))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(MADE)
        .not_valid_after(MADE + dt.timedelta(days=1))
    )
    made: bytes = builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return made


@pytest.fixture(scope="module")
def key() -> Any:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def other_key() -> Any:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def chain(key: Any, other_key: Any) -> list[str]:
    """The certificates of a signer and of who certifies them."""
    own = certificate("signer", key, "authority", other_key)
    authority = certificate("authority", other_key, "authority", other_key)
    return [base64.b64encode(der).decode() for der in (own, authority)]


def signature(key: Any, payload: bytes = SIGNED, algorithm: str = "RS256", **header: Any) -> bytes:
    """A JSON web signature of `payload`, in its compact form."""
    protected = encoded(json.dumps({"alg": algorithm, **header}).encode())
    signed = f"{protected}.{encoded(payload)}".encode()
    made = key.sign(signed, padding.PKCS1v15(), HASHES.get(algorithm, hashes.SHA256()))
    return signed + b"." + encoded(made).encode()


def refused(jws: bytes, statement: bytes = SIGNED) -> InvalidStatement:
    with pytest.raises(InvalidStatement) as caught:
        check_signature(jws, statement)
    assert (caught.value.path, caught.value.clause) == ("$", "Data 2.6")
    return caught.value


# --- what is signed ----------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_a_statement_is_signed_with_or_without_a_certificate(
    algorithm: str, key: Any, chain: list[str]
) -> None:
    found = check_signature(signature(key, algorithm=algorithm), SIGNED)
    assert (found.algorithm, found.payload, found.certificates) == (algorithm, SIGNED, ())
    for certificates in (chain, chain[:1]):
        found = check_signature(signature(key, algorithm=algorithm, x5c=certificates), SIGNED)
        assert [base64.b64encode(der).decode() for der in found.certificates] == certificates


@pytest.mark.parametrize(
    ("payload", "received"),
    [
        (SIMPLE, {**SIMPLE, "attachments": []}),
        (SIMPLE, {**SIMPLE, "id": FULL["id"], "timestamp": FULL["timestamp"]}),
        (FULL, {**FULL, "version": "1.0.3"}),
        (BY_ROLE, BY_ROLE),
        (
            changed(SIMPLE, "result.duration", "PT1.2345S"),
            changed(SIMPLE, "result.duration", "PT1.23S"),
        ),
    ],
)
def test_what_was_signed_is_the_statement_but_for_what_says_nothing(
    payload: Any, received: Any, key: Any
) -> None:
    check_signature(signature(key, told(payload)), told(received))


@pytest.mark.parametrize(
    ("payload", "rule"),
    [
        (told(changed(SIMPLE, "verb.id", "act:other")), "is not the statement that"),
        (SIGNED.replace(b'"', b"'", 1), "is no statement: $ is not JSON"),
        (told({**SIMPLE, "verb": {}}), "is no statement: $.verb lacks the property"),
        (b"[]", "is no statement"),
        (b"\xff", "is no statement"),
    ],
)
def test_what_was_signed_is_no_other_statement(payload: bytes, rule: str, key: Any) -> None:
    assert rule in refused(signature(key, payload)).rule


# --- how it is signed --------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["HS256", "none", "ES256", "PS256", "rs256", None, ["RS256"]])
def test_no_other_algorithm_signs(algorithm: Any, key: Any) -> None:
    error = refused(signature(key, alg=algorithm))
    assert error.value == algorithm
    assert error.rule == "is none of the algorithms RS256, RS384, RS512"


@pytest.mark.parametrize(
    "jws",
    [
        b"",
        b"..",
        b"e30.e30",
        b"e30.e30.e30.e30",
        b"e30=.e30.e30",
        b"{}",
        b"W10.e30.e30",
        b"bm8.e30.e30",
        b"A.e30.e30",
        b"\xff.e30.e30",
        b'{"payload":"e30","signatures":[{"protected":"e30","signature":"e30"}]}',
    ],
)
def test_what_is_no_signature_in_its_compact_form_is_refused(jws: bytes) -> None:
    assert len(str(refused(jws))) < 300


def test_what_must_be_understood_and_is_not_is_refused(key: Any) -> None:
    assert refused(signature(key, crit=["b64"], b64=False)).value == ["b64"]


def test_a_certificate_that_the_signature_was_not_made_with_is_refused(
    key: Any, other_key: Any, chain: list[str]
) -> None:
    error = refused(signature(other_key, x5c=chain))
    assert (error.value, error.rule) == (
        "CN=signer",
        "has a certificate that the signature was not made with",
    )
    header, payload, made = signature(key, x5c=chain).split(b".")
    other_payload = encoded(told({**SIMPLE, "timestamp": FULL["timestamp"]})).encode()
    check_signature(b".".join([header, payload, made]), SIGNED)
    assert refused(b".".join([header, other_payload, made])).value == "CN=signer"


def test_each_certificate_certifies_the_one_before_it(key: Any, chain: list[str]) -> None:
    stranger = base64.b64encode(certificate("stranger", key, "stranger", key)).decode()
    for certificates in ([chain[0], stranger], [chain[0], chain[0]], [*chain, stranger]):
        error = refused(signature(key, x5c=certificates))
        assert error.rule == "has a certificate that the next of the chain does not certify"


def test_a_certificate_is_of_an_rsa_key_that_is_long_enough(key: Any) -> None:
    for weak in (rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP256R1())):
        der = certificate("weak", weak, "weak", weak)
        error = refused(signature(key, x5c=[base64.b64encode(der).decode()]))
        assert error.rule == "has a certificate without an RSA key of at least 2048 bits"


@pytest.mark.parametrize("chain", [[], "x", [1], ["*"], ["e30="], [""], {}, None])
def test_a_chain_is_of_certificates(chain: Any, key: Any) -> None:
    assert "certificates" in refused(signature(key, x5c=chain)).rule


@given(st.binary() | st.text(alphabet="eyJ3.0-_", max_size=30).map(str.encode))
def test_any_octets_are_refused(jws: bytes) -> None:
    refused(jws)


@given(st.data())
def test_a_certificate_that_was_damaged_is_read_or_refused(
    key: Any, chain: list[str], data: st.DataObject
) -> None:
    der = bytearray(base64.b64decode(chain[0]))
    for _ in range(data.draw(st.integers(1, 3))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    jws = signature(key, x5c=[base64.b64encode(der).decode()])
    try:
        found = check_signature(jws, SIGNED)
    except InvalidStatement as error:
        refusal = str(error)
    else:
        refusal = ""
        assert found.certificates == (bytes(der),)
    assert len(refusal) < 300


# --- as an attachment --------------------------------------------------------------------------


def sent(statement: Any, jws: bytes, version: Version = Version.V1_0) -> Any:
    """`statement` with the signature `jws`, received as a request."""
    sha2 = hashlib.sha256(jws).hexdigest()
    attachment = {
        "usageType": vocabulary.SIGNATURE,
        "display": {"en": "Signature"},
        "contentType": "application/octet-stream",
        "length": len(jws),
        "sha2": sha2,
    }
    parts = [
        (
            {"Content-Type": "application/json"},
            [told([{**statement, "attachments": [attachment]}])],
        ),
        ({"Content-Type": "application/octet-stream", "X-Experience-API-Hash": sha2}, [jws]),
    ]
    reader = ExchangeReader(b"x", lambda sha2, attachment: io.BytesIO(), version=version)
    reader.feed(b"".join(multipart(b"x", parts)))
    return reader.finish()


@pytest.mark.parametrize("version", Version)
def test_a_signature_comes_with_its_statement(version: Version, key: Any, chain: list[str]) -> None:
    jws = signature(key, x5c=chain)
    [sink] = sent(SIMPLE, jws, version).files.values()
    assert sink.getvalue() == jws


def test_a_signature_of_another_statement_refuses_the_request(key: Any) -> None:
    with pytest.raises(InvalidStatement) as caught:
        sent(changed(SIMPLE, "verb.id", "act:other"), signature(key), Version.V2_0)
    assert (caught.value.path, caught.value.cited) == ("$.attachments[0]", "xAPI 2.0 4.2.6")
    assert "is not the statement that the signature comes with" in str(caught.value)


def test_a_signature_that_nobody_could_need_is_too_large(key: Any) -> None:
    with pytest.raises(InvalidStatement) as caught:
        sent(SIMPLE, b"x" * (1 << 20) + b"x")
    assert caught.value.status == 413
