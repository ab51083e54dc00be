"""Handing one message to a mail server (RFC 5321), and what its answer means."""

from __future__ import annotations

import datetime as dt
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import msgspec

from lms_bridge.config.secrets import SecretMissing
from lms_bridge.errors import DeliveryError
from lms_bridge.notices.settings import Email
from lms_bridge.reasons import Reason
from lms_bridge.redaction import redact

_REMOTE = "email"


class Attachment(msgspec.Struct, frozen=True):
    """A file that goes along."""

    name: str
    media_type: str
    content: bytes


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be mailed to one address."""

    to: str
    subject: str
    text: str
    id: str
    """the same however often it is sent"""
    attachments: tuple[Attachment, ...] = ()


class Mailer:
    """The mail server of the configuration. Threads may share it: each letter has a connection."""

    def __init__(self, settings: Email) -> None:
        self._settings = settings

    def send(self, letter: Letter, now: dt.datetime) -> None:
        """Hand `letter` over; the server has it when this returns.

        Raises :exc:`~lms_bridge.errors.DeliveryError`.
        """
        with self._connection() as server:
            try:
                server.send_message(self._message(letter, now))
            except smtplib.SMTPRecipientsRefused as error:
                code, said = next(iter(error.recipients.values()))
                raise _refused(code, said) from None
            except smtplib.SMTPResponseException as error:
                raise _refused(error.smtp_code, error.smtp_error) from None

    def check(self) -> None:
        """Prove that the server lets the bridge in; nothing is sent. Raises as :meth:`send`."""
        with self._connection() as server:
            code, said = server.noop()
            if code != 250:
                raise _refused(code, said)

    def _message(self, letter: Letter, now: dt.datetime) -> EmailMessage:
        sender = self._settings.sender
        local, _, domain = sender.rpartition("@")
        message = EmailMessage()
        message["From"] = Address(self._settings.sender_name, local, domain)
        message["To"] = letter.to
        message["Subject"] = " ".join(letter.subject.split())[:200]
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{letter.id}@{domain}>"
        # So that no absence note comes back, and no mailing list answers (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        for one in letter.attachments:
            kind, _, subtype = one.media_type.partition(";")[0].partition("/")
            message.add_attachment(one.content, maintype=kind, subtype=subtype, filename=one.name)
        return message

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        settings = self._settings
        try:
            password = settings.password.read() if settings.password else ""
        except SecretMissing as error:
            reason = Reason("secret_missing", remote=_REMOTE, setting="email.password", error=error)
            raise DeliveryError(reason, retryable=False, remote_wide=True) from None
        try:
            with self._opened() as server:
                if settings.security == "starttls":
                    server.starttls(context=self._tls())
                if settings.username:
                    server.login(settings.username, password)
                yield server
        except smtplib.SMTPAuthenticationError as error:
            said = _said(error.smtp_code, error.smtp_error)
            reason = Reason("mail_credentials_rejected", host=settings.host, message=said)
            raise DeliveryError(reason, retryable=False, remote_wide=True) from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            if isinstance(error, smtplib.SMTPResponseException):
                raise _refused(error.smtp_code, error.smtp_error) from None
            what = self._why(error)
            reason = Reason("mail_unavailable", host=settings.host, error=what)
            raise DeliveryError(reason, retryable=True, remote_wide=True) from None

    def _opened(self) -> smtplib.SMTP:
        settings = self._settings
        where = (settings.host, settings.port)
        if settings.security == "tls":
            return smtplib.SMTP_SSL(*where, timeout=settings.timeout_seconds, context=self._tls())
        return smtplib.SMTP(*where, timeout=settings.timeout_seconds)

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.ca_bundle or None)

    def _why(self, error: Exception) -> str:
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"its TLS certificate is not trusted: {error.verify_message}"
        if isinstance(error, TimeoutError):
            return f"no answer within {self._settings.timeout_seconds:g} s"
        if isinstance(error, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(error, OSError) and error.strerror:
            return error.strerror
        return redact(f"{type(error).__name__}: {error}")[:200]


def _refused(code: int, said: bytes | str) -> DeliveryError:
    """4xx passes, and 5xx does not (RFC 5321, 4.2.1)."""
    reason = Reason("mail_refused", message=_said(code, said))
    return DeliveryError(reason, retryable=code < 500)


def _said(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return redact(f"{code} {' '.join(text.split())}")[:200]
