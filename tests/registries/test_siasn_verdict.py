"""What an answer of WS SIASN means: by its body, with the status only as a help."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.http.client import Answer
from lms_bridge.registries.siasn.verdict import judge, readable


def verdict(body, status=200):
    return judge(Answer(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode()))


def test_code_1_brings_the_data():
    assert verdict({"code": 1, "data": [{"id": "a"}], "count": 1}).data == [{"id": "a"}]


def test_a_code_may_be_a_text():
    assert verdict({"code": "1", "data": {}}).kind == "success"


def test_404_with_code_0_says_that_there_is_nothing():
    assert verdict({"code": 0, "data": "Data tidak ditemukan"}, 404).kind == "none"


def test_404_alone_does_not_say_that_there_is_nothing():
    """A wrong address must not look like an unknown employee."""
    assert verdict(b"<html>404 Not Found</html>", 404).kind == "unreadable"
    assert verdict({"message": "Not Found"}, 404).kind == "unreadable"
    fault = {"code": 404, "type": "Status report", "message": "Not Found", "description": "…"}
    assert verdict(fault, 404).kind == "unreadable"


def test_success_true_brings_what_was_written():
    body = {"success": True, "message": "success", "mapData": {"rwKursusId": "8ae4"}}
    assert verdict(body).data == {"rwKursusId": "8ae4"}


def test_success_false_is_a_refusal_though_the_status_is_200():
    message = "Jenis Jabatan fungsional tertentu, namun jabatan tidak ditemukan pada data referensi"
    found = verdict({"success": False, "mapData": None, "message": message})
    assert (found.kind, found.message) == ("refused", message)


def test_success_false_is_a_refusal_though_the_status_is_500():
    assert verdict({"success": False, "message": "Data sudah ada"}, 500).kind == "refused"


def test_missing_fields_are_told_in_one_line():
    message = (
        "3 errors occurred:\n\t* UnorID is required\n\t* InstansiKerjaID is required\n\t"
        "* PnsOrangId is required\n\n"
    )
    found = verdict({"code": 0, "data": None, "message": message})
    assert found.kind == "refused"
    assert found.message == (
        "3 errors occurred: UnorID is required; InstansiKerjaID is required; PnsOrangId is required"
    )


def test_the_envelope_with_capital_keys_is_known():
    assert verdict({"Error": "false", "Message": "ok", "Data": [1]}).data == [1]
    assert verdict({"Error": False, "Message": "ok"}).kind == "success"
    found = verdict({"Error": "true", "Message": "Nomor sudah dipakai"})
    assert (found.kind, found.message) == ("refused", "Nomor sudah dipakai")


@pytest.mark.parametrize(
    ("message", "proven"),
    [
        ("Service Unavailable", True),
        ("Silakan coba lagi", True),
        ("Gagal menyimpan data, silakan coba beberapa saat lagi", True),
        ("Sistem sedang dalam pemeliharaan", True),
        ("context deadline exceeded", False),
        ("Request Timeout", False),
        ("upstream timed out", False),
        ("dial tcp 10.1.1.1:5432: connect: connection refused", False),
    ],
)
def test_a_refusal_for_a_passing_reason_is_no_refusal(message, proven):
    """One that tells of a time-out behind the API does not prove that nothing was written."""
    found = verdict({"success": False, "message": message})
    assert (found.kind, found.proven) == ("busy", proven)


@pytest.mark.parametrize(
    "message", ["Dicoba dua kali", "NIP tidak aktif lagi", "Pelatihan mencoba"]
)
def test_a_refusal_that_only_sounds_like_it_stays_a_refusal(message):
    assert verdict({"success": False, "message": message}).kind == "refused"


@pytest.mark.parametrize("body", [b"", b"  \n", b"0", b"null", b'""'])
def test_an_empty_body_or_a_bare_0_means_that_siasn_is_down(body):
    assert verdict(body).kind == "unavailable"


def test_a_page_is_unreadable_and_told_by_its_title():
    found = verdict(b"<html><head><title>Request Rejected</title></head>...</html>")
    assert found.kind == "unreadable"
    assert "Request Rejected" in found.message


def test_a_page_of_a_gateway_means_that_siasn_is_down():
    assert verdict(b"<html><h1>502 Bad Gateway</h1></html>", 502).kind == "unavailable"


@pytest.mark.parametrize("body", [b"[]", b'[{"code":1}]', b'"ok"', b"7", b"true"])
def test_json_that_is_no_object_is_unreadable(body):
    assert verdict(body).kind == "unreadable"


def test_bytes_that_are_not_utf8_do_not_hide_a_success():
    body = b'{"success":true,"message":"ber\xb4hasil","mapData":{"rwKursusId":"8ae4"}}'
    assert verdict(body).data == {"rwKursusId": "8ae4"}


def test_a_byte_order_mark_does_not_hide_a_success():
    assert verdict(b'\xef\xbb\xbf{"code":1,"data":{}}').kind == "success"


@pytest.mark.parametrize("status", [200, 401, 403])
@pytest.mark.parametrize(
    ("body", "token"),
    [
        ({"message": "invalid or expired jwt"}, "sso"),
        ({"message": "missing or malformed jwt"}, "sso"),
        ({"code": 900901, "message": "Invalid Credentials", "description": "…"}, "apim"),
        ({"code": "900902", "message": "Missing Credentials"}, "apim"),
        ({"fault": {"code": 900901, "message": "Invalid Credentials"}}, "apim"),
        ({"error": "invalid_token", "error_description": "expired"}, "either"),
    ],
)
def test_a_token_error_says_which_token(body, token, status):
    found = verdict(body, status)
    assert (found.kind, found.token, found.proven) == ("token", token, True)


def test_401_without_a_known_word_may_be_either_token():
    assert verdict(b"", 401).token == "either"
    assert verdict({"success": False, "message": "Unauthorized"}, 401).token == "either"


def test_an_sso_token_of_another_instansi_is_no_expired_one():
    assert verdict({"code": 0, "data": "Token SSO mismatch"}, 401).kind == "mismatch"


def test_a_suspended_backend_is_an_outage_and_no_token_error():
    body = {
        "code": 303001,
        "type": "Status report",
        "message": "Runtime Error",
        "description": "Currently , Address endpoint : [ Name : siasn ] [ State : SUSPENDED ]",
    }
    assert verdict(body, 500).kind == "suspended"


def test_another_runtime_error_renews_the_token_but_proves_nothing():
    """WSO2 says it as well when the backend did not answer in time."""
    found = verdict({"code": 101504, "message": "Runtime Error", "description": "Send timeout"})
    assert (found.kind, found.token, found.proven) == ("token", "apim", False)


def test_too_many_calls_are_told():
    assert verdict({"code": 900803, "message": "Message throttled out"}, 429).kind == "throttled"
    assert verdict(b"", 429).kind == "throttled"


def test_echos_own_500_is_an_outage():
    assert verdict({"message": "Internal Server Error"}, 500).kind == "unavailable"


def test_what_is_said_is_redacted():
    found = verdict({"success": False, "message": "NIP 198703152010012001 tidak aktif"})
    assert found.message == "NIP 1987************01 tidak aktif"


def test_one_fault_needs_no_list():
    assert readable("1 error occurred:\n\t* namaKursus is required\n\n") == (
        "1 error occurred: namaKursus is required"
    )


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                [
                    "code",
                    "success",
                    "data",
                    "mapData",
                    "message",
                    "Message",
                    "Error",
                    "error",
                    "fault",
                    "description",
                ]
            )
            | st.text(),
            inner,
        )
    ),
)


@given(st.integers(100, 599), st.one_of(st.binary(), ANYTHING))
def test_every_answer_has_a_verdict(status, body):
    found = verdict(body, status)
    assert found.kind == "token" or found.token == ""
    assert found.kind != "refused" or found.message
