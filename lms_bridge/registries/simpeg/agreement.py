"""What is wrong with a registry in TOML, told when the configuration is loaded."""

from __future__ import annotations

from collections.abc import Iterator

from lms_bridge.config.agreement import is_address
from lms_bridge.config.problems import Problem, nearest, shown
from lms_bridge.registries.simpeg.dates import TemplateError, check_pattern
from lms_bridge.registries.simpeg.requests import (
    TO_ATTACH,
    TO_CHANGE,
    TO_FIND,
    TO_READ,
    TO_RECORD,
    TO_REMOVE,
    TO_UPLOAD,
    Prepared,
    prepared_login,
    with_upload,
)
from lms_bridge.registries.simpeg.settings import (
    Auth,
    History,
    Request,
    Rule,
    SimpegSettings,
)

_NEEDED = {
    "none": (),
    "basic": ("username", "password"),
    "bearer": ("token",),
    "oauth2": ("token_url", "client_id", "client_secret"),
    "login": ("login",),
}


def disagreements(settings: SimpegSettings, path: str) -> Iterator[Problem]:
    """Everything that could only go wrong later, by the place where it stands."""
    yield from _auth(settings.auth, f"{path}.auth")
    yield from _login(settings, f"{path}.auth")
    for number, pattern in enumerate(settings.dates, start=1):
        try:
            check_pattern(pattern, whole=True)
        except TemplateError as error:
            yield Problem(f"{path}.dates #{number}", str(error))
    yield from _rules(settings.answers, f"{path}.answers")
    common = Prepared(Request(path="/"), settings, TO_FIND)
    yield from (Problem(f"{path}.{setting}", message) for setting, message in common.wrong)
    yield from _request(settings, "employee", settings.employee, TO_FIND, path)
    if "nip" not in Prepared(settings.employee, settings, TO_FIND).names():
        yield Problem(f"{path}.employee", "does not ask for {nip}, in its path, query or body")
    yield from _kinds(settings, f"{path}.histories")
    for name, history in settings.histories.items():
        yield from _history(settings, history, f"histories.{name}", path)


def _auth(auth: Auth, path: str) -> Iterator[Problem]:
    for name in _NEEDED[auth.way]:
        if not getattr(auth, name):
            yield Problem(f"{path}.{name}", f'is required with way = "{auth.way}"')
    if auth.token_url and not is_address(auth.token_url):
        yield Problem(
            f"{path}.token_url",
            f"expected an address that begins with https:// (or http://), got"
            f" {shown(auth.token_url.rpartition('@')[2])}",
        )


def _login(settings: SimpegSettings, path: str) -> Iterator[Problem]:
    """What is wrong with the request that logs in, and with where its token goes."""
    auth = settings.auth
    if auth.login is None:
        return
    if auth.way != "login":
        yield Problem(f"{path}.login", f'is used with way = "login" only, not "{auth.way}"')
        return
    for setting, message in prepared_login(auth.login, settings).wrong:
        yield Problem(f"{path}.login.{setting}", message)
    yield from _rules(auth.login.answers, f"{path}.login.answers", whole=False)
    asked = Prepared(settings.employee, settings, TO_FIND)
    if not (auth.header or auth.login.cookie) and "token" not in asked.names():
        yield Problem(
            f"{path}.header",
            'is "", so the token goes where a template has {token}, and employee has none',
        )


def _rules(rules: tuple[Rule, ...], path: str, *, whole: bool = True) -> Iterator[Problem]:
    for number, rule in enumerate(rules, start=1):
        at = f"{path} #{number}"
        looks = rule.equals is not None or bool(rule.contains) or rule.filled is not None
        if not looks and not rule.status:
            yield Problem(at, "says nothing of the answer; give status, or where and equals")
        if rule.where and not looks:
            yield Problem(f"{at}.where", "needs equals, contains or filled beside it")
        if rule.equals is not None and not rule.where:
            yield Problem(f"{at}.where", "is required with equals")
    if whole and not any(rule.means == "success" for rule in rules):
        yield Problem(path, 'has no rule with means = "success", so nothing would ever succeed')


def _request(
    settings: SimpegSettings, name: str, request: Request, fields: tuple[str, ...], path: str
) -> Iterator[Problem]:
    common = {
        *(f"query.{each}" for each in settings.query.keys() - request.query.keys()),
        *(f"headers.{each}" for each in settings.headers.keys() - request.headers.keys()),
    }
    for setting, message in Prepared(request, settings, fields).wrong:
        if setting not in common:  # what is in every request is told of once
            yield Problem(f"{path}.{name}.{setting}", message)
    yield from _rules(request.answers, f"{path}.{name}.answers", whole=False)


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
    yield from _request(settings, f"{name}.read", history.read, TO_READ, path)
    recording = with_upload(TO_RECORD, history)
    yield from _request(settings, f"{name}.record", history.record, recording, path)
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
    for what, request, fields, done in (
        ("remove", history.remove, TO_REMOVE, "deleted"),
        ("change", history.change, with_upload(TO_CHANGE, history), "changed"),
        ("document", history.document, TO_ATTACH, "given it"),
    ):
        if request is None:
            continue
        at = f"{path}.{name}.{what}"
        yield from _request(settings, f"{name}.{what}", request, fields, path)
        named[what] = Prepared(request, settings, fields).names()
        if not history.read.fields.id:
            yield Problem(at, f"needs read.fields.id: which row is to be {done}?")
        elif "row_id" not in named[what]:
            yield Problem(at, f"does not name {{row_id}}: which row is to be {done}?")
    if history.document and "document" not in named["document"]:
        yield Problem(f"{path}.{name}.document", "does not name {document}: what is to be kept?")
    if history.upload:
        yield from _request(settings, f"{name}.upload", history.upload, TO_UPLOAD, path)
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
