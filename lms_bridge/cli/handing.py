"""What the commands about files for a registry have in common: asking, writing, handing over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from lms_bridge.bridge import utc_now
from lms_bridge.cli.session import Session, whoami
from lms_bridge.config.problems import nearest
from lms_bridge.disk import write_whole
from lms_bridge.i18n import mark
from lms_bridge.registries.files.layout import Layout
from lms_bridge.store.engine import may_pass
from lms_bridge.uploads import marking
from lms_bridge.uploads.states import CannotDo

Answer = TypeVar("Answer")
_TRIES = 3


def form_of(session: Session, name: str) -> Layout:
    """The form of ``[registry.NAME]``, which must be one that takes files."""
    forms = session.bridge.forms
    if name in session.bridge.settings.registry and name not in forms:
        session.fail(mark("registry.%(name)s has an API and takes no files"), name=name, code=2)
    if name not in forms:
        session.fail(
            mark("there is no [registry.%(name)s] that takes files%(hint)s"),
            name=name,
            hint=nearest(name, forms),
            code=2,
        )
    return forms[name]


def asking(session: Session, ask: Callable[[], Answer]) -> Answer:
    """What `ask` says; if that cannot be done, the command ends with a sentence."""
    try:
        return ask()
    except CannotDo as error:
        session.refuse(error)


def writing(session: Session, call: Callable[[Connection], Answer]) -> Answer:
    """Do it in a transaction, and again if that was undone for the sake of a worker's."""
    for left in reversed(range(_TRIES)):
        try:
            with session.bridge.store.writing() as db:
                return asking(session, lambda: call(db))
        except Exception as error:
            if not left or not may_pass(error):
                raise
    raise AssertionError("unreachable")


def hand_over(session: Session, name: str, number: int, content: bytes, path: Path | None) -> Path:
    """Write the file, whole or not at all, and note that it was written."""
    with session.bridge.store.reading() as db:
        kind = marking.find(db, name, number).format
    path = path or Path(f"{name}-{number:04d}.{kind}")
    if path.exists():
        again = mark(
            "batch %(number)s is made, but there is a file %(path)s already; to write it elsewhere:"
            " lms-bridge registry batch %(name)s %(number)s --output FILE"
        )
        session.fail(again, number=number, path=path, name=name)
    try:
        write_whole(path, content)  # for its owner only: it has personal data in it
    except OSError as error:
        again = mark(
            "batch %(number)s is made, but its file cannot be written (%(error)s); to write it"
            " elsewhere: lms-bridge registry batch %(name)s %(number)s --output FILE"
        )
        session.fail(again, number=number, error=error.strerror or error, name=name)
    writing(session, lambda db: marking.downloaded(db, name, number, by=whoami(), now=utc_now()))
    return path
