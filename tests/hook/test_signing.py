"""Webhooks are signed as Standard Webhooks 1.0.0 says."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.lms.hook.signing import BadSecret, headers, key_of


def test_the_signature_is_that_of_the_libraries_for_it() -> None:
    """The example of the specification's own libraries."""
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    assert headers([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(keys=st.lists(st.binary(min_size=24, max_size=64), min_size=1, max_size=2), body=st.binary())
def test_each_key_signs_id_time_and_body(keys: list[bytes], body: bytes) -> None:
    signed = headers(keys, "a-1", 1700000000, body)["webhook-signature"].split(" ")
    for key, signature in zip(keys, signed, strict=True):
        right = hmac.new(key, b"a-1.1700000000." + body, hashlib.sha256).digest()
        assert signature == f"v1,{base64.b64encode(right).decode()}"


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "rahasia", "QUJD" * 8, "whsec_" + "QUJD" * 7, "whsec_" + "QUJD" * 22, "whsec_?"],
)
def test_what_is_no_secret_is_not_signed_with(secret: str) -> None:
    with pytest.raises(BadSecret, match="whsec_ and 24 to 64 bytes"):
        key_of(secret)
