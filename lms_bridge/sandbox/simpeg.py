"""A SIMPEG such as an agency makes for itself: a JSON API with a token, and a page to look at.

It knows the people of the city and speaks as the profile ``bearer-json`` says, but for what makes
it one of its own: hours are called ``jp``, and each row has to say where it comes from. So it takes
no row until that is described, which ``docs/simpeg.md`` shows.

============================================  ====================================================
``GET /``                                     a page with all rows, for people
``GET /api/pegawai/NIP``                      a person
``GET /api/pegawai/NIP/rw-diklat``            their rows
``POST /api/pegawai/NIP/rw-diklat``           a new row; refused if a field is missing or not right
``PUT``, ``DELETE`` ``…/rw-diklat/ROW``       the row, changed or deleted
``POST …/rw-diklat/ROW/dokumen``              its certificate, as ``berkas`` of a form
============================================  ====================================================
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from lms_bridge.sandbox.app import Call, Sandbox
from lms_bridge.sandbox.city import AGUS, SITI
from lms_bridge.sandbox.siasn import Person

API = "/api"
TOKEN = "sandbox-simpeg-token"  # noqa: S105 - it opens nothing but the sandbox
_PATH = re.compile(rf"{API}/pegawai/(\d{{18}})(/rw-diklat(?:/(\d+)(/dokumen)?)?)?")
_TEXTS = ("nama_diklat", "penyelenggara", "no_sertifikat", "sumber")
_NUMBERS = ("jenis_diklat_id", "jp", "tahun")
_DATES = ("tanggal_mulai", "tanggal_selesai")
_COLUMNS = ("nip", "nama_diklat", "jp", *_DATES, "no_sertifikat", "sumber", "file_diklat")

Row = dict[str, Any]


class SimpegSandbox(Sandbox):
    """The registry, with some rows that were typed into it."""

    name = "simpeg"

    def __init__(self, people: Iterable[Person], **more: Any) -> None:
        super().__init__(**more)
        self._people = {person.nip: person for person in people}
        self._rows: dict[str, Row] = {}
        self._numbers = itertools.count(4711)
        for nip, name, day in (
            (SITI, "Bimtek Pengelolaan Arsip Dinamis", "06-03-2023"),
            (SITI, "Sosialisasi Keamanan Informasi", "17-05-2021"),
            (AGUS, "Diklat Bendahara", "04-02-2019"),
        ):
            dates = {"tanggal_mulai": day, "tanggal_selesai": day, "tahun": int(day[-4:])}
            self._keep(nip, {"nama_diklat": name, "jp": 8, "sumber": "manual", **dates})

    def rows(self) -> list[Row]:
        """Copies of all rows."""
        with self.lock:
            return [dict(row) for row in self._rows.values()]

    def recognise(self, request: Request) -> Call:
        """What `request` asks for."""
        if request.path == "/":
            return Call("page", self._page)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Call("refused", lambda: _said({"message": "Unauthenticated."}, 401))
        found = _PATH.fullmatch(request.path)
        if found is None or found[1] not in self._people:
            return Call("unknown", lambda: _said({"message": "Data tidak ditemukan"}, 404))
        nip, lists, row_id, keeps_file = found.groups()
        if not lists:
            return Call("person", lambda: _said({"data": self._person(nip)}))
        answers: dict[str, Callable[[], Response]] = {
            "GET": lambda: _said({"data": [row for row in self.rows() if row["nip"] == nip]}),
            "POST": lambda: self._record(nip, _sent(request)),
        }
        if row_id:
            answers = {
                "PUT": lambda: self._change(nip, row_id, _sent(request)),
                "DELETE": lambda: self._delete(nip, row_id),
            }
        if keeps_file:
            answers = {"POST": lambda: self._keep_file(nip, row_id, request)}
        call = f"{request.method} {'dokumen' if keeps_file else 'rw-diklat'}"
        nothing = _said({"message": "Method Not Allowed"}, 405)
        return Call(call, answers.get(request.method, lambda: nothing), nip)

    def _person(self, nip: str) -> Row:
        person = self._people[nip]
        return {
            "id": person.person_id,
            "nip": nip,
            "nama": person.name,
            "unor_id": person.unit.id,
            "unor": person.unit.name,
            "status": person.status,
        }

    def _record(self, nip: str, sent: Row) -> Response:
        with self.lock:
            return _refused(sent) or _said({"data": {"id": int(self._keep(nip, sent))}}, 201)

    def _change(self, nip: str, row_id: str, sent: Row) -> Response:
        with self.lock:
            if not self._has(nip, row_id):
                return _said({"message": "Riwayat tidak ditemukan"}, 404)
            if refusal := _refused(sent):
                return refusal
            self._rows[row_id].update(sent)
            return _said({"data": {"id": int(row_id)}})

    def _delete(self, nip: str, row_id: str) -> Response:
        with self.lock:
            if not self._has(nip, row_id):
                return _said({"message": "Riwayat tidak ditemukan"}, 404)
            del self._rows[row_id]
            return Response(status=204)

    def _keep_file(self, nip: str, row_id: str, request: Request) -> Response:
        file = request.files.get("berkas")
        with self.lock:
            if not self._has(nip, row_id):
                return _said({"message": "Riwayat tidak ditemukan"}, 404)
            if file is None or file.mimetype != "application/pdf":
                return _said({"message": "berkas harus PDF"}, 422)
            name = f"berkas/{row_id}.pdf"
            self._rows[row_id]["file_diklat"] = name
            return _said({"data": {"nama": name}}, 201)

    def _has(self, nip: str, row_id: str) -> bool:
        return row_id in self._rows and self._rows[row_id]["nip"] == nip

    def _keep(self, nip: str, row: Row) -> str:
        row_id = str(next(self._numbers))
        self._rows[row_id] = {"id": row_id, "nip": nip, "file_diklat": None, **row}
        return row_id

    def _page(self) -> Response:
        cell, line = Markup("<td>%s</td>"), Markup("<tr>%s</tr>\n")
        head = line % Markup("").join(Markup("<th>%s</th>") % name for name in _COLUMNS)
        body = Markup("").join(
            line % Markup("").join(cell % (row.get(name) or "") for name in _COLUMNS)
            for row in self.rows()
        )
        style = "table{border-collapse:collapse}td,th{border:1px solid;padding:.3em}"
        page = Markup(
            '<!DOCTYPE html><html lang="id"><meta charset="utf-8"><title>SIMPEG</title>'
            "<style>%s</style><h1>Riwayat diklat</h1><table>\n%s%s</table></html>\n"
        )
        return Response(str(page % (style, head, body)), content_type="text/html")


def _sent(request: Request) -> Row:
    found = request.get_json(silent=True)
    return found if isinstance(found, dict) else {}


def _refused(sent: Row) -> Response | None:
    """What is wrong with a row, by its fields; None: nothing."""
    wrong = {
        name: f"{name} wajib diisi" for name in (*_TEXTS, *_NUMBERS, *_DATES) if name not in sent
    }
    wrong |= {
        name: f"{name} harus angka"
        for name in _NUMBERS
        if name in sent and not isinstance(sent[name], int)
    }
    wrong |= {
        name: f"{name} harus dd-mm-yyyy"
        for name in _DATES
        if name in sent and not _is_date(sent[name])
    }
    return _said({"message": "; ".join(wrong.values()), "errors": wrong}, 422) if wrong else None


def _is_date(value: object) -> bool:
    try:
        dt.datetime.strptime(str(value), "%d-%m-%Y").replace(tzinfo=dt.UTC)
    except ValueError:
        return False
    return True


def _said(body: Row, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
