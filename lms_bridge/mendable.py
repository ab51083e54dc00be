"""Errors that are the user's to mend, and the sentence that each is told in.

Whoever gives a command, or starts the service, gets this sentence instead of a traceback.
Everything else is a defect of ours, and shows where it happened.
"""

from __future__ import annotations

import errno
import socket
import time

from sqlalchemy.exc import DBAPIError, OperationalError

from lms_bridge.config.loading import ConfigError
from lms_bridge.config.secrets import SecretMissing
from lms_bridge.errors import BackupError, DatabaseUnfit, DeliveryError
from lms_bridge.jobs.base import Busy, JobFailed
from lms_bridge.objections import Unfit
from lms_bridge.redaction import redact
from lms_bridge.store.migrations import SchemaTooNew

_STARTING_SECONDS = 1.5
_WAITING = 1024
"""connections that may wait to be taken"""


class CannotListen(Exception):
    """The web service cannot have the address that it is to listen on."""


_SENTENCES = (
    BackupError,
    Busy,
    CannotListen,
    ConfigError,
    DatabaseUnfit,
    DeliveryError,
    JobFailed,
    SchemaTooNew,
    SecretMissing,
)


def sentence_of(error: BaseException, language: str = "en") -> str | None:
    """What to tell the user about `error`; None if there is nothing that they could mend."""
    if isinstance(error, Unfit):
        return error.in_language(language)
    if isinstance(error, _SENTENCES):
        return str(error)
    if isinstance(error, OperationalError) or _is_no_database(error):
        assert isinstance(error, DBAPIError)
        why = " ".join(redact(str(error.orig)).split())
        return f"the database cannot be used: {why}; see [database] url in the configuration"
    return None


def wait_until_free(host: str, port: int, seconds: float = _STARTING_SECONDS) -> None:
    """Return as soon as somebody can listen on `host` and `port`.

    A web process whose supervisor was killed needs a moment to notice. Raises
    :exc:`CannotListen` when the address is not free within so many `seconds`.
    """
    deadline = time.monotonic() + seconds
    while (error := _hindrance(host, port)) is not None:
        if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
            why = {
                errno.EADDRINUSE: "another program listens there, perhaps another lms-bridge",
                errno.EACCES: "ports below 1024 are for root",
                errno.EADDRNOTAVAIL: "this machine does not have that address",
            }.get(error.errno or 0, error.strerror or str(error))
            raise CannotListen(
                f"cannot listen on {address(host, port)}: {why}; see [web] in the configuration"
            ) from error
        time.sleep(0.05)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there, to be handed to those who serve it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.create_server((host, port), family=family, backlog=_WAITING)
    made.setblocking(False)
    return made


def is_free(host: str, port: int) -> bool:
    """Whether nobody listens on `host` and `port`."""
    error = _hindrance(host, port)
    return error is None or error.errno != errno.EADDRINUSE


def _hindrance(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def address(host: str, port: int) -> str:
    """`host` and `port` as they stand in an address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_no_database(error: BaseException) -> bool:
    """SQLite says so of a file that holds something else, or that is damaged."""
    return isinstance(error, DBAPIError) and "DatabaseError" in type(error.orig).__name__
