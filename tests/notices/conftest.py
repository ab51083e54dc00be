"""A real mail server on this machine, and settings that lead to it."""

from __future__ import annotations

import email
import email.policy
import ssl
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Settings
from lms_bridge.notices.settings import Email, Notices
from tests.notices.certificate import a_certificate

HR = Notices(name="sdm", email=("sdm@siantar.example",), language="en", digest="")


class Mailbox:
    """What the mail server was given, and how it behaves."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refuses = ""
        """what it says instead of taking a recipient"""
        self.noops = 0

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_NOOP(self, *_rest: Any) -> str:  # noqa: N802
        self.noops += 1
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.recipients += envelope.rcpt_tos
        return "250 OK"


def text_of(letter: EmailMessage) -> str:
    """What the letter says, its attachments left out."""
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def served(mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Email]:
    """A server that wants STARTTLS and a password, as those of agencies do."""
    certificate, key = a_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("SMTP_PASSWORD", "rahasia")

    def knows(
        _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(
            success=(data.login, data.password) == (b"bridge", b"rahasia"), handled=False
        )

    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=_free_port(),
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=knows,
    )
    controller.start()
    yield Email(
        host="localhost",
        port=controller.port,
        username="bridge",
        password=Secret("env:SMTP_PASSWORD"),
        sender="lms-bridge@siantar.example",
        domains=("siantar.example",),
        ca_bundle=str(certificate),
        timeout_seconds=5,
    )
    controller.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def settings(served: Email) -> Callable[..., Settings]:
    """Settings with that server, and with these recipients."""
    return lambda *notices, **more: Settings(email=served, notices=notices or (HR,), **more)
