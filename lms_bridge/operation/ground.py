"""What the bridge stands on: its files and who may read them, its folder, its port."""

from __future__ import annotations

import http.client
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from lms_bridge.bridge import Bridge
from lms_bridge.checks import Check
from lms_bridge.config.secrets import SecretMissing, secrets_in
from lms_bridge.config.settings import Settings, Web
from lms_bridge.i18n import mark
from lms_bridge.mendable import address, is_free
from lms_bridge.operation.condition import disks, folder_of_data
from lms_bridge.store.engine import Store

_ANYBODY = stat.S_IRWXO
_ANSWER_SECONDS = 3.0
_SHORTEST = 16
"""characters of a password that nobody has to remember"""


def secret_files(settings: Settings) -> Iterator[Check]:
    """Whether each secret is there, and whether only those can read it who should."""
    subject, missing, open_ = mark("Secrets"), [], []
    for place, secret in secrets_in(settings):
        try:
            secret.read()
        except SecretMissing as error:
            missing.append((place, str(error)))
            continue
        if secret.path and _mode(secret.path) & _ANYBODY:
            open_.append(str(secret.path))
    for place, why in missing:
        advises = mark("Put it there; a restart is not needed for a file.")
        says = mark("%(setting)s: %(error)s")
        yield Check(subject, "failed", says, advises, {"setting": place, "error": why})
    for path in dict.fromkeys(open_):
        yield Check(
            subject,
            "warning",
            mark("everybody on this machine can read or change %(path)s."),
            mark("chmod o-rwx %(path)s"),
            {"path": path},
        )
    if not missing and not open_:
        says = mark("each is there, and nobody can read it who should not.")
        yield Check(subject, "ok", says)


def guessable(settings: Settings) -> Iterator[Check]:
    """Whether the password of a sender is one that can be found by trying."""
    for sender in settings.senders:
        try:
            password = sender.password.read()
        except SecretMissing:
            continue  # told of with the other secrets
        if len(password) < _SHORTEST or len(set(password)) < _SHORTEST // 2:
            yield Check(
                mark("Secrets"),
                "warning",
                mark("the password of the sender %(sender)s is short enough to be guessed."),
                mark("Write another into its place, and into the LMS: openssl rand -base64 24"),
                {"sender": sender.name},
            )


def folder(bridge: Bridge) -> Iterator[Check]:
    """Whether there is room, and whether whoever asks can write there."""
    place = folder_of_data(bridge)
    if bridge.store.engine.dialect.name == "sqlite" and not os.access(place, os.W_OK | os.X_OK):
        yield Check(
            mark("Folder"),
            "failed",
            mark("%(place)s cannot be written to by %(user)s."),
            mark("Run this as the user of the service, or give the folder to that user: chown."),
            {"place": str(place), "user": _user()},
        )
    yield from disks(bridge)


def is_missing(store: Store) -> bool:
    """Whether there is no file of the database yet; to open it would make one."""
    url = store.engine.url
    if store.engine.dialect.name != "sqlite" or url.database in (None, "", ":memory:"):
        return False
    return not Path(str(url.database)).exists()


def port(web: Web) -> Check:
    """Whether the web service answers where it should."""
    subject = mark("Web service")
    details = {"place": address(web.host, web.port)}
    if is_free(web.host, web.port):
        return Check(
            subject,
            "warning",
            mark("nobody listens on %(place)s, so no statement can be taken in."),
            mark("Start it: systemctl start lms-bridge, or lms-bridge serve."),
            details,
        )
    try:
        status = _status(web, "/readyz")
    except (OSError, http.client.HTTPException):
        status = None
    if status == http.HTTPStatus.OK:
        return Check(subject, "ok", mark("it answers on %(place)s."), details=details)
    if status == http.HTTPStatus.SERVICE_UNAVAILABLE:
        says = mark("it listens on %(place)s, but its database does not answer.")
        return Check(subject, "failed", says, mark("See what stands under Database."), details)
    return Check(
        subject,
        "failed",
        mark("something listens on %(place)s that does not answer as the bridge does."),
        mark("ss -ltnp shows which program it is. Stop it, or set another [web] port."),
        details,
    )


def _status(web: Web, path: str) -> int:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(web.host, web.host)  # noqa: S104 - compared
    connection = http.client.HTTPConnection(host, web.port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _user() -> str:
    import pwd  # there is none on Windows

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"{os.geteuid()}@{socket.gethostname()}"
