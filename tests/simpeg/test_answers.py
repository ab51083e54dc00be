"""What an answer means, by the rules of a configuration and by what is true of any API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lms_bridge.http.client import Answer
from lms_bridge.mapped.answers import judge, rules_of
from lms_bridge.mapped.settings import USUAL, Request, Rule

MESSAGES = ("message", "errors", "error")


def judged(body: Any, status: int = 200, rules: tuple[Rule, ...] = USUAL) -> tuple[str, str]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    found = judge(Answer(status, {}, data), rules, MESSAGES)
    return found.means, found.message


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"0",
        b"null",
        b"false",
        b'""',
        b'"OK"',
        b"OK",
        b"<html><body>Sukses</body></html>",
        b"<!DOCTYPE html><title>Login</title>",
        b'<br />\n<b>Warning</b>: foo in bar.php{"success": true}',
        b"\xff\xfe",
        b"{",
    ],
)
def test_what_is_no_answer_of_an_api_is_never_a_success(body: bytes, status: int) -> None:
    assert judged(body, status)[0] == "unclear"


@pytest.mark.parametrize(
    "body",
    [
        {"success": False},
        {"success": "false", "data": {"id": 1}},
        {"success": 0},
        {"Success": None},
        {"sukses": False},
        {"status": False, "message": "x"},
        {"status": "error"},
        {"status": "gagal", "data": {"id": 1}},
        {"error": "x"},
        {"error": True},
        {"errors": {"jam": ["harus diisi"]}},
    ],
)
def test_an_answer_that_says_no_under_200_is_a_refusal(body: Any) -> None:
    assert judged(body)[0] == "refused"


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"id": 1}},
        {"success": True},
        {"success": "true", "error": None, "errors": []},
        {"status": "success", "error": False},
        {"status": 1, "data": []},
        {"error": 0},
        [],
        [{"id": 1}],
    ],
)
def test_other_answers_are_what_the_rules_say(body: Any) -> None:
    assert judged(body)[0] == "success"


def test_where_a_rule_looks_it_is_believed() -> None:
    odd = (Rule(means="success", where="status", equals=("gagal",)),)
    assert judged({"status": "gagal"}, rules=odd)[0] == "success"


def test_the_first_rule_that_fits_decides() -> None:
    rules = (
        Rule(means="none", where="pesan", contains=("tidak ada",)),
        Rule(means="retry", where="kode", equals=(98, "99")),
        Rule(means="success", where="data", filled=True),
        Rule(means="refused", where="kode", filled=True),
    )
    assert judged({"pesan": "Data TIDAK ADA", "data": 1}, rules=rules)[0] == "none"
    assert judged({"kode": "98"}, rules=rules)[0] == "retry"
    assert judged({"kode": 99}, rules=rules)[0] == "retry"
    assert judged({"kode": 1, "data": {"id": 0}}, rules=rules)[0] == "success"
    assert judged({"kode": 1, "data": {}}, rules=rules)[0] == "refused"
    assert judged({"apa": 1}, rules=rules)[0] == "unclear"


def test_true_is_not_one_and_capitals_do_not_count() -> None:
    rules = (Rule(means="success", where="ok", equals=True),)
    assert judged({"ok": True}, rules=rules)[0] == "success"
    assert judged({"ok": " TRUE"}, rules=rules)[0] == "success"
    assert judged({"ok": 1}, rules=rules)[0] == "unclear"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "Nomor sudah ada\n"}, "Nomor sudah ada"),
        ({"errors": {"jam": ["harus diisi"], "tgl": ["salah"]}}, "harus diisi; salah"),
        ({"message": "Data tidak valid.", "errors": {"jam": ["b"]}}, "Data tidak valid. b"),
        ({"message": "sama", "error": "sama"}, "sama"),
        ({"error": {"kode": 7, "isi": "kuota"}}, "kuota"),
        ({"message": "NIP 198703152010012001 tidak aktif"}, "NIP 1987************01 tidak aktif"),
    ],
)
def test_the_registrys_own_words_are_kept(body: Any, words: str) -> None:
    assert judged(body, 422) == ("refused", words)


@pytest.mark.parametrize(
    ("message", "means"),
    [
        ("Server sibuk, coba beberapa saat lagi", "retry"),
        ("cURL error 28: Operation timed out", "unanswered"),
        ("JP tidak boleh kosong", "refused"),
    ],
)
def test_a_no_that_means_not_now_is_told_apart(message: str, means: str) -> None:
    assert judged({"success": False, "message": message})[0] == means


@pytest.mark.parametrize(
    ("status", "body", "means"),
    [
        (401, b"", "credentials"),
        (403, b"<html>Forbidden</html>", "credentials"),
        (404, b"<html>nginx</html>", "unclear"),  # another address, not an unknown person
        (404, b'{"message": "x"}', "none"),
        (503, b"<html>", "unclear"),
        (500, b'{"message": "x"}', "unclear"),
        (302, b"", "unclear"),
    ],
)
def test_statuses_alone(status: int, body: bytes, means: str) -> None:
    assert judged(body, status)[0] == means


def test_nothing_at_all_means_nobody_only_where_a_rule_says_so() -> None:
    rules = (Rule(means="none", status=(204,)), *USUAL)
    assert judged(b"", 204, rules)[0] == "none"
    assert judged(b"", 200, (Rule(means="none", status=(200,)), *USUAL))[0] == "unclear"


@pytest.mark.parametrize(
    ("status", "headers", "means"),
    [
        (204, {}, "success"),
        (201, {"Location": "/diklat/7"}, "success"),
        (201, {}, "unclear"),
        (200, {"Location": "/diklat/7"}, "unclear"),
    ],
)
def test_an_empty_answer_is_a_success_where_its_status_says_all(
    status: int, headers: dict[str, str], means: str
) -> None:
    assert judge(Answer(status, headers, b""), USUAL, MESSAGES).means == means


def test_a_rule_can_ask_for_an_empty_answer() -> None:
    rules = (Rule(means="none", status=(404,), filled=False), *USUAL)
    assert judged(b" \n", 404, rules)[0] == "none"
    assert judged(b"<html>nginx</html>", 404, rules)[0] == "unclear"
    assert judged(b"", 502, rules)[0] == "unclear"


def test_a_requests_own_idea_of_success_takes_the_place_of_the_usual_one() -> None:
    own = Request(path="/", answers=(Rule(means="success", where="id", filled=True),))
    rules = rules_of(own, USUAL)
    assert judged({"data": 1}, rules=rules)[0] == "unclear"
    assert judged({"id": 1}, rules=rules)[0] == "success"
    assert judged({"message": "x"}, 422, rules)[0] == "refused"
