"""Handing a message to a real mail server, and what its answers mean."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.errors import DeliveryError
from lms_bridge.notices.mail import Attachment, Letter, Mailer
from lms_bridge.notices.settings import Email, Notices, is_address
from tests.conftest import NOW
from tests.notices.conftest import Mailbox, text_of

LETTER = Letter(to="sdm@siantar.example", subject="Ringkasan – hari ini", text="Baik.\n", id="abc")


def failure(settings: Email) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        Mailer(settings).send(LETTER, NOW)
    return caught.value


def test_a_letter_arrives_over_tls_with_the_password(served: Email, mailbox: Mailbox) -> None:
    file = Attachment("Yang-kurang-JP.csv", "text/csv; charset=utf-8", b"NIP;JP\n")
    Mailer(served).send(msgspec.structs.replace(LETTER, attachments=(file,)), NOW)
    [letter] = mailbox.letters
    assert letter["Subject"] == "Ringkasan – hari ini"
    assert letter["From"] == "lms-bridge <lms-bridge@siantar.example>"
    assert letter["Message-ID"] == "<abc@siantar.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert text_of(letter).split() == ["Baik."]
    [attached] = letter.iter_attachments()
    assert attached.get_filename() == "Yang-kurang-JP.csv"
    assert mailbox.recipients == ["sdm@siantar.example"]


def test_a_server_is_proven_without_a_message(served: Email, mailbox: Mailbox) -> None:
    Mailer(served).check()
    assert (mailbox.noops, mailbox.letters) == (1, [])


def test_a_wrong_password_is_everybodys_trouble_and_is_not_told(
    served: Email, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "salah-sekali")
    error = failure(served)
    assert (error.reason.code, error.remote_wide) == ("mail_credentials_rejected", True)
    assert "salah-sekali" not in error.reason.sentence()


@pytest.mark.parametrize(
    ("said", "retryable"), [("550 no such mailbox", False), ("451 later", True)]
)
def test_what_passes_is_tried_again(
    served: Email, mailbox: Mailbox, said: str, retryable: bool
) -> None:
    mailbox.refuses = said
    error = failure(served)
    assert (error.reason.code, error.retryable) == ("mail_refused", retryable)
    assert said in error.reason.what()


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"port": 1}, "refused"), ({"ca_bundle": ""}, "not trusted"), ({"host": "x.invalid"}, "")],
)
def test_a_server_that_cannot_be_reached_is_tried_again(
    served: Email, changes: dict[str, Any], says: str
) -> None:
    error = failure(msgspec.structs.replace(served, **changes))
    assert (error.reason.code, error.retryable) == ("mail_unavailable", True)
    assert says in error.reason.what()


@given(st.text(max_size=40))
def test_what_passes_for_an_address_cannot_be_a_header(text: str) -> None:
    for whole in (text, f"{text}@siantar.example", f"sdm@{text}.id"):
        if is_address(whole):
            assert whole.isprintable()
            assert not set(whole) & set(" ,;:<>\r\n")


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": ("a@b.id",), "webhook": "https://x.id"},
        {},
        {"email": ("a@b.id\nBcc: c@d.id",)},
        {"webhook": "https://x.id"},
        {"email": ("a@b.id",), "digest": "7:00"},
    ],
)
def test_who_cannot_be_told_anything_is_no_recipient(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Notices(name="x", **wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "nobody"},
        {"sender_name": "a\nBcc: b"},
        {"username": "bridge"},
    ],
)
def test_a_mail_server_that_cannot_be_used_is_told_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Email(**{"host": "smtp.example", "sender": "a@b.id", **wrong})
