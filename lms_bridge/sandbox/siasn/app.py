"""The SIASN sandbox: two logins and the API behind both of their tokens."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Set
from typing import Any

import msgspec
from werkzeug.wrappers import Request, Response

from lms_bridge.sandbox.app import Call, Sandbox
from lms_bridge.sandbox.faults import IN_READING, IN_WRITING, Fault, Faults
from lms_bridge.sandbox.siasn import envelopes, saving
from lms_bridge.sandbox.siasn.documents import Documents
from lms_bridge.sandbox.siasn.history import History, Kind, Row
from lms_bridge.sandbox.siasn.people import (
    Person,
    Unit,
    master_record,
    professionality_index,
    unit_row,
)
from lms_bridge.sandbox.siasn.tokens import Tokens

APIM_TOKEN = "/oauth2/token"  # noqa: S105 - a path
SSO_TOKEN = "/auth/realms/public-siasn/protocol/openid-connect/token"  # noqa: S105 - a path
API = "/apisiasn/1.0"

_PERSONAL = re.compile(r"/pns/(data-utama|rw-kursus|rw-diklat|nilaiipasn)/([^/]+)")
_ROW = re.compile(r"/(kursus|diklat)/(id|delete)/([^/]+)")

_READING = frozenset(
    {*IN_READING, Fault.ZERO, Fault.APIM_EXPIRED, Fault.RUNTIME_ERROR, Fault.SUSPENDED}
)
_WRITING = _READING | IN_WRITING | {Fault.REFUSED}
_DELETING = _WRITING | {Fault.HOLLOW}


class SiasnSandbox(Sandbox):
    """A registry that knows `people`.

    `tokens` holds its credentials, to be expired or changed at will, `required` the fields that
    a save must have. Rows that others typed by hand are put in with :meth:`type_by_hand`.
    """

    name = "registry"

    def __init__(
        self,
        people: Iterable[Person] = (),
        *,
        latency: float = 0.0,
        faults: Faults | None = None,
        clock: Callable[[], float] = time.time,
        consumer_key: str = "sandbox-key",
        consumer_secret: str = "sandbox-secret",  # noqa: S107 - of a made-up registry
        sso_client_id: str = "siantarservice",
        sso_username: str = "197001011995031001",
        sso_password: str = "sandbox-password",  # noqa: S107
        operator_token: str = "sandbox-operator-token",  # noqa: S107
        token_seconds: float = 3600,
    ) -> None:
        super().__init__(latency=latency, faults=faults, clock=clock)
        self.tokens = Tokens(
            clock,
            consumer_key=consumer_key,
            consumer_secret=consumer_secret,
            sso_client_id=sso_client_id,
            sso_username=sso_username,
            sso_password=sso_password,
            token_seconds=token_seconds,
            operator_token=operator_token,
        )
        self.suspended = False
        """the gateway has given up on the backend until this is False again"""
        self.required = dict(saving.REQUIRED)
        self.unrated: set[str] = set()
        """the NIPs of those whose IP-ASN was never computed"""
        self.refusal = "Gagal menyimpan data, silakan coba beberapa saat lagi"
        """what is said where Fault.REFUSED befalls a write"""
        self.most_units = 1000
        """work units in one answer, however many are asked for"""
        self.unsteady_pages = False
        """each answer about work units is cut from another order (registry facts, section 5)"""
        self._by_nip: dict[str, Person] = {}
        self._by_id: dict[str, Person] = {}
        self._history = History()
        self._units: dict[str, Unit] = {}
        self._asked_for_units = 0
        self._documents = Documents(self._history)
        self.add_people(people)

    # --- who and what there is

    def add_people(self, people: Iterable[Person]) -> None:
        """Enter more people."""
        with self.lock:
            for person in people:
                self._by_nip[person.nip] = person
                self._by_id[person.person_id] = person
                self._units.setdefault(person.unit.id, person.unit)

    def add_units(self, units: Iterable[Unit]) -> None:
        """Enter work units, or change them."""
        with self.lock:
            self._units |= {unit.id: unit for unit in units}

    def remove_unit(self, unit_id: str) -> None:
        """A work unit is dissolved; whoever was in it still is."""
        with self.lock:
            del self._units[unit_id]

    def remove_person(self, nip: str) -> None:
        """Somebody leaves the registry, or never was in it; their rows stay."""
        with self.lock:
            del self._by_id[self._by_nip.pop(nip).person_id]

    def renumber(self, nip: str, new: str, *, still_answers: bool = False) -> None:
        """Somebody gets another NIP; perhaps they are found by the old one as well."""
        with self.lock:
            person = msgspec.structs.replace(self._by_nip.pop(nip), nip=new)
            self._by_nip |= {new: person, **({nip: person} if still_answers else {})}
            self._by_id[person.person_id] = person

    def type_by_hand(self, nip: str, kind: Kind = "kursus", **fields: Any) -> str:
        """A row as another office typed it, in the names of a read; what it left out is empty.

        Returns the id of the row.
        """
        with self.lock:
            person = self._by_nip[nip]
            row = self._history.add(kind, idPns=person.person_id, nipBaru=nip, **fields)
            return str(row["id"])

    # --- for looking at

    def change_by_hand(self, row_id: str, **fields: Any) -> None:
        """Somebody changes a row in the registry's own screens. Raises KeyError."""
        with self.lock:
            kind = self._kind_of(row_id)
            row = self._history.get(kind, row_id)
            assert row is not None
            row |= fields

    def delete_by_hand(self, row_id: str) -> None:
        """Somebody deletes one there. Raises KeyError."""
        with self.lock:
            self._history.delete(self._kind_of(row_id), row_id)

    def _kind_of(self, row_id: str) -> Kind:
        kinds: tuple[Kind, ...] = ("kursus", "diklat")
        for kind in kinds:
            if self._history.get(kind, row_id) is not None:
                return kind
        raise KeyError(row_id)

    def people(self) -> list[Person]:
        """Everybody the registry knows."""
        with self.lock:
            return list(self._by_nip.values())

    def rows(self, nip: str | None = None) -> list[Row]:
        """Copies of the rows of one person or of all, kursus first, as they would be read."""
        with self.lock:
            return [dict(row) for row in self._history.all() if nip in (None, row["nipBaru"])]

    def document_hashes(self) -> dict[str, str]:
        """The SHA-256 of each document, by its name (``dok_uri``)."""
        with self.lock:
            return self._documents.hashes()

    def documents(self, row_id: str) -> list[bytes]:
        """The documents of the row with that id."""
        with self.lock:
            row = self._history.get("kursus", row_id) or self._history.get("diklat", row_id)
            return [] if row is None else self._documents.of(row)

    def duplicates(self) -> list[list[Row]]:
        """Groups of rows of one person with the same number, or the same name and dates."""
        with self.lock:
            return [[dict(row) for row in group] for group in self._history.duplicates()]

    # --- the HTTP side

    def recognise(self, request: Request) -> Call:
        method, path = request.method, request.path
        if (method, path) == ("POST", APIM_TOKEN):
            return self._login(path, request, self.tokens.grant_apim)
        if (method, path) == ("POST", SSO_TOKEN):
            return self._login(path, request, self.tokens.grant_sso)
        if not path.startswith(f"{API}/"):
            return _unknown(method, path)
        call = self._recognise_api(method, path.removeprefix(API), request)
        if call is None:
            return _unknown(method, path)
        refusal = envelopes.suspended() if self.suspended else self.tokens.refusal(request)
        if refusal is not None:
            refused = refusal
            return Call(call.name, lambda: refused)
        if self.tokens.is_operators(request):
            return call
        return Call(call.name, call.answer, call.target, {*call.possible, Fault.SSO_EXPIRED})

    def befall(self, fault: Fault, call: Call) -> Response:
        with self.lock:
            match fault:
                case Fault.APIM_EXPIRED:
                    self.tokens.expire_apim()
                    return envelopes.apim_rejected()
                case Fault.SSO_EXPIRED:
                    self.tokens.expire_sso()
                    return envelopes.sso_rejected()
                case Fault.SUSPENDED:
                    return envelopes.suspended()
                case Fault.RUNTIME_ERROR:
                    self.tokens.expire_apim()
                    return envelopes.runtime_error()
                case Fault.HOLLOW:
                    return envelopes.saved(None)
                case _:
                    return envelopes.refused(self.refusal)

    def _login(self, path: str, request: Request, grant: Callable[[Request], Response]) -> Call:
        name = f"POST {path}"
        return Call(name, self._locked(lambda: grant(request)), target=name, possible=IN_READING)

    def _recognise_api(self, method: str, path: str, request: Request) -> Call | None:
        if personal := _PERSONAL.fullmatch(path):
            what, nip = personal.groups()
            name, read = f"GET /pns/{what}", lambda: self._personal(what, nip)
            return self._reading(name, nip, read) if method == "GET" else None
        if row := _ROW.fullmatch(path):
            kind: Kind = "kursus" if row[1] == "kursus" else "diklat"
            verb, row_id = row[2], row[3]
            if (verb, method) == ("id", "GET"):
                return self._reading(f"GET /{kind}/id", row_id, lambda: self._row(kind, row_id))
            if (verb, method) == ("delete", "DELETE"):
                name = f"DELETE /{kind}/delete"
                return self._writing(
                    name, row_id, lambda: self._delete(kind, row_id), possible=_DELETING
                )
            return None
        match method, path:
            case "POST", "/kursus/save":
                return self._save("kursus", request)
            case "POST", "/diklat/save":
                return self._save("diklat", request)
            case "POST", "/upload-dok-rw":
                request.form  # noqa: B018 - read here, for the connection may be gone later
                row_id = request.form.get("id_riwayat", "")
                return self._writing(
                    f"POST {path}", row_id, lambda: self._documents.upload(request)
                )
            case "GET", "/download-dok":
                name = request.args.get("filePath", "")
                return self._reading(f"GET {path}", name, lambda: self._documents.download(name))
            case "GET", "/referensi/ref-unor":
                limit = request.args.get("limit", type=int)
                offset = request.args.get("offset", 0, type=int)
                return self._reading(f"GET {path}", "", lambda: self._list_units(limit, offset))
        return None

    def _reading(self, name: str, about: str, answer: Callable[[], Response]) -> Call:
        return Call(name, self._locked(answer), target=f"{name} {about}", possible=_READING)

    def _writing(
        self,
        name: str,
        about: str,
        answer: Callable[[], Response],
        *,
        possible: Set[Fault] = _WRITING,
    ) -> Call:
        return Call(name, self._locked(answer), target=f"{name} {about}", possible=possible)

    def _locked(self, answer: Callable[[], Response]) -> Callable[[], Response]:
        def locked() -> Response:
            with self.lock:
                return answer()

        return locked

    # --- the API

    def _personal(self, what: str, nip: str) -> Response:
        if not re.fullmatch(r"\d{18}", nip):
            return envelopes.capital("NIP tidak sesuai")
        person = self._by_nip.get(nip)
        if person is None:
            return envelopes.not_found()
        match what:
            case "data-utama":
                return envelopes.found(master_record(person))
            case "nilaiipasn" if nip in self.unrated:
                return envelopes.not_found()
            case "nilaiipasn":
                return envelopes.found(professionality_index(person))
        rows = self._history.of("kursus" if what == "rw-kursus" else "diklat", person.person_id)
        return envelopes.found(rows) if rows else envelopes.not_found()

    def _row(self, kind: Kind, row_id: str) -> Response:
        row = self._history.get(kind, row_id)
        return envelopes.not_found() if row is None else envelopes.found(row)

    def _delete(self, kind: Kind, row_id: str) -> Response:
        if self._history.delete(kind, row_id):
            return envelopes.saved(None)
        return envelopes.refused(envelopes.NOT_FOUND)

    def _save(self, kind: Kind, request: Request) -> Call:
        name = f"POST /{kind}/save"
        sent = saving.read(kind, request.get_data(cache=False))
        if isinstance(sent, Response):
            unreadable = sent
            return Call(name, lambda: unreadable)
        body = sent
        required = self.required[kind]
        return self._writing(
            name,
            body.pns_orang_id,
            lambda: saving.save(kind, body, self._by_id, self._history, required),
        )

    def _list_units(self, limit: int | None, offset: int) -> Response:
        units = list(self._units.values())
        if self.unsteady_pages and units:
            self._asked_for_units += 1
            turned = self._asked_for_units % len(units)
            units = units[turned:] + units[:turned]
        shown = units[offset:][: min(limit or self.most_units, self.most_units)]
        if not shown:
            return envelopes.not_found()
        return envelopes.found([unit_row(unit) for unit in shown], count=len(units))


def _unknown(method: str, path: str) -> Call:
    description = f"The requested resource ({path}) is not available."
    fault = envelopes.gateway(404, "404", "Not Found", description)
    return Call(f"{method} {path}", lambda: fault)
