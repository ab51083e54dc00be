"""What is wrong with a registry in TOML, told when the configuration is loaded."""

from __future__ import annotations

from collections.abc import Iterator

from lms_bridge.config.problems import Problem, nearest
from lms_bridge.mapped import agreement
from lms_bridge.mapped.agreement import request
from lms_bridge.mapped.requests import Prepared
from lms_bridge.registries.simpeg.fields import (
    TO_ATTACH,
    TO_CHANGE,
    TO_FIND,
    TO_READ,
    TO_RECORD,
    TO_REMOVE,
    TO_UPLOAD,
    with_upload,
)
from lms_bridge.registries.simpeg.settings import History, SimpegSettings


def disagreements(settings: SimpegSettings, path: str) -> Iterator[Problem]:
    """Everything that could only go wrong later, by the place where it stands."""
    asked = Prepared(settings.employee, settings, TO_FIND).names()
    yield from agreement.common(
        settings, path, first="employee", fields=TO_FIND, names_token="token" in asked
    )
    yield from request(settings, "employee", settings.employee, TO_FIND, path)
    if "nip" not in asked:
        yield Problem(f"{path}.employee", "does not ask for {nip}, in its path, query or body")
    yield from _kinds(settings, f"{path}.histories")
    for name, history in settings.histories.items():
        yield from _history(settings, history, f"histories.{name}", path)


def _kinds(settings: SimpegSettings, path: str) -> Iterator[Problem]:
    if not settings.histories:
        yield Problem(path, "there is none; add [histories.NAME] with read and record")
    taken: dict[int, str] = {}
    rest = ""
    for name, history in settings.histories.items():
        if not history.kinds and rest:
            yield Problem(
                f"{path}.{name}.kinds",
                f"is required: {rest} has none either, and only one can take the rest",
            )
        rest = rest or ("" if history.kinds else name)
        for kind in history.kinds:
            if kind in taken:
                yield Problem(f"{path}.{name}.kinds", f"{kind} is in {taken[kind]} as well")
            taken.setdefault(kind, name)


def _history(settings: SimpegSettings, history: History, name: str, path: str) -> Iterator[Problem]:
    yield from request(settings, f"{name}.read", history.read, TO_READ, path)
    recording = with_upload(TO_RECORD, history)
    yield from request(settings, f"{name}.record", history.record, recording, path)
    fields = history.read.fields
    at = f"{path}.{name}"
    if not {"nip", "person_id"} & Prepared(history.read, settings, TO_READ).names():
        yield Problem(f"{at}.read", "names neither {nip} nor {person_id}: whose rows are they?")
    recorded = Prepared(history.record, settings, recording).names()
    if not {"nip", "person_id"} & recorded:
        yield Problem(f"{at}.record", "names neither {nip} nor {person_id}: whose row is it?")
    for field in ("name", "certificate_number", "starts"):
        # By these a row is found again; one that is written and not read would be doubled.
        if field in recorded and not getattr(fields, field):
            yield Problem(
                f"{at}.read.fields.{field}",
                "is required: record writes it, and by it a row is found again",
            )
    if history.record.id and not fields.id:
        yield Problem(
            f"{at}.read.fields.id",
            "is required with record.id: a row is found again by its id"
            ' (or record.id = "": it is looked up in the list)',
        )
    for words in (fields.kind_words, fields.structural_words):
        if words and words not in settings.enumerations:
            yield Problem(
                f"{at}.read.fields",
                f"there is no enumerations.{words}{nearest(words, settings.enumerations)}",
            )
    yield from _of_a_row(settings, history, name, path)


def _of_a_row(
    settings: SimpegSettings, history: History, name: str, path: str
) -> Iterator[Problem]:
    """The requests that are about a row which is there already."""
    recording = with_upload(TO_RECORD, history)
    named: dict[str, set[str]] = {"record": Prepared(history.record, settings, recording).names()}
    for what, asked, fields, done in (
        ("remove", history.remove, TO_REMOVE, "deleted"),
        ("change", history.change, with_upload(TO_CHANGE, history), "changed"),
        ("document", history.document, TO_ATTACH, "given it"),
    ):
        if asked is None:
            continue
        at = f"{path}.{name}.{what}"
        yield from request(settings, f"{name}.{what}", asked, fields, path)
        named[what] = Prepared(asked, settings, fields).names()
        if not history.read.fields.id:
            yield Problem(at, f"needs read.fields.id: which row is to be {done}?")
        elif "row_id" not in named[what]:
            yield Problem(at, f"does not name {{row_id}}: which row is to be {done}?")
    if history.document and "document" not in named["document"]:
        yield Problem(f"{path}.{name}.document", "does not name {document}: what is to be kept?")
    if history.upload:
        yield from request(settings, f"{name}.upload", history.upload, TO_UPLOAD, path)
        if "document" not in Prepared(history.upload, settings, TO_UPLOAD).names():
            yield Problem(f"{path}.{name}.upload", "does not name {document}: what is handed in?")
        if "upload" not in named["record"]:
            yield Problem(
                f"{path}.{name}.record", "does not name {upload}: whose certificate is it?"
            )
        if history.document:
            yield Problem(f"{path}.{name}.document", "is not needed beside upload; leave one out")
    for what in ("record", "change"):
        if history.document and "document" in named.get(what, ()):
            yield Problem(
                f"{path}.{name}.{what}",
                "sends {document}, which has a request of its own; leave one of them out",
            )
    if "document" in named.get("change", ()) and "document" not in named["record"]:
        yield Problem(f"{path}.{name}.change", "sends {document}, and record does not")
