"""A SIMPEG whose writes are answered by status and header alone, and which is logged in to."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

from flask import Flask, request

from tests.simpeg.office import Office

CONFIGURATION = """
url = "{url}/api"
query = { sesi = "{token}" }
dates = ["%d %B %Y"]
[auth]
way = "login"
username = "env:OFFICE_USER"
password = "env:OFFICE_SECRET"
header = ""
[auth.login]
path = "{url}/masuk/token"
body = { pengguna = "{username}", sandi = "{password}", perangkat = "lms" }
token = "hasil.sesi"
expires = "hasil.sampai"
[[answers]]
means = "credentials"
status = [401, 403]
[[answers]]
means = "refused"
where = "Message"
filled = true
[[answers]]
means = "success"
status = [200, 201, 204]
[employee]
path = "/orang/{nip}"
answers = [{ means = "none", status = [404], filled = false }]
fields = { nip = "Nip", person_id = "Id", name = "Nama", unit_name = "Unit" }
[histories.semua.read]
path = "/orang/{nip}/diklat"
answers = [{ means = "none", status = [404], filled = false }]
rows = "value"
pages = { next = "@odata.nextLink" }
[histories.semua.read.fields]
id = "Id"
name = "Nama"
organiser = "Oleh"
certificate_number = "Nomor"
hours = "Jam"
starts = "Mulai"
ends = "Selesai"
kind = "Jenis"
document = "Berkas"
[histories.semua.record]
method = "PUT"
path = "/orang/{nip}/diklat"
id = "header:Location"
[histories.semua.record.body]
Nama = "{name}"
Oleh = "{organiser}"
Nomor = "{certificate_number}"
Jam = { value = "{hours}", as = "integer" }
Mulai = "{starts:%-d %B %Y}"
Selesai = "{ends:%-d %B %Y}"
Jenis = "{kind}"
[histories.semua.change]
path = "/diklat/{row_id}"
id = ""
[histories.semua.document]
method = "PUT"
path = "/diklat/{row_id}/berkas"
body = { berkas = "{document}" }
[histories.semua.remove]
path = "/diklat/{row_id}"
"""
FIRST = """
[histories.semua.upload]
path = "/berkas"
send = "json"
body = { nama = "{document_name}", isi = "data:application/pdf;base64,{document:base64}" }
id = "berkas.kode"
[histories.semua.record]
"""
UPLOADED_FIRST = (
    CONFIGURATION.partition("[histories.semua.document]")[0]
    .replace("[histories.semua.record]\n", FIRST.lstrip())
    .replace('Jenis = "{kind}"\n', 'Jenis = "{kind}"\nKodeBerkas = "{upload}"\n')
)
"""a row names the certificate that was handed in before"""
WIB = dt.timezone(dt.timedelta(hours=7))


def milliseconds(words: str) -> str:
    """A day such as ``24 November 2026``, as ASP.NET writes the midnight with which it begins."""
    day, month, year = words.split()
    number = {"Februari": 2, "November": 11}[month]
    midnight = dt.datetime(int(year), number, int(day), tzinfo=WIB)
    return f"/Date({int(midnight.timestamp() * 1000)})/"


class Bupati(Office):
    """A session in the query, 201 with a Location, 204, 404 without a body, a link to go on."""

    def __init__(self) -> None:
        self.logins = 0
        self.valid: set[str] = set()
        self.handed_in: list[bytes] = []
        super().__init__()

    def routes(self, app: Flask) -> None:
        app.before_request(self._let_in)
        app.post("/masuk/token")(self._log_in)
        app.get("/api/orang/<nip>")(self._person)
        app.get("/api/orang/<nip>/diklat")(self._rows)
        app.put("/api/orang/<nip>/diklat")(self._save)
        app.put("/api/diklat/<row_id>")(self._change)
        app.put("/api/diklat/<row_id>/berkas")(self._upload)
        app.delete("/api/diklat/<row_id>")(self._remove)
        app.post("/api/berkas")(self._hand_in)

    def refusal(self) -> Any:
        return {"Message": "Permintaan salah.", "ModelState": {"Jam": ["Jam terlalu banyak"]}}

    def _let_in(self) -> Any:
        if request.path == "/masuk/token":
            assert "sesi" not in request.args
        elif request.args.get("sesi") not in self.valid:
            return {"Message": "Sesi berakhir"}, 401
        return None

    def _log_in(self) -> Any:
        self.logins += 1
        body = request.get_json()
        assert body["perangkat"] == "lms"
        if (body["pengguna"], body["sandi"]) != ("jembatan", self.secret):
            return {"Message": f"Sandi {body['sandi']} salah"}, 400
        token = f"{self.logins}|sesi-panjang"
        self.valid.add(token)
        until = dt.datetime.now(dt.UTC) + dt.timedelta(hours=2)
        return {"hasil": {"sesi": token, "sampai": f"{until:%Y-%m-%dT%H:%M:%S.000000Z}"}}

    def _person(self, nip: str) -> Any:
        found = self.person(nip)
        if found is None:
            return "", 404
        return {"Id": found["id"], "Nip": nip, "Nama": found["name"], "Unit": found["unit"]}

    def _rows(self, nip: str) -> Any:
        rows = self.of(nip)
        if not rows:
            return "", 404
        begin = int(request.args.get("$skip", 0))
        more = f"http://10.0.0.7/orang/diklat?%24skip={begin + 2}" if rows[begin + 2 :] else None
        shown = [self._shown(row) for row in rows[begin : begin + 2]]
        return {"value": shown, "@odata.nextLink": more}

    def _shown(self, row: dict[str, Any]) -> Any:
        days = {name: milliseconds(row[name]) for name in ("Mulai", "Selesai")}
        return {**row, **days, "Id": row["id"], "Berkas": self.file_of(row)}

    def _save(self, nip: str) -> Any:
        kept = self.add(nip, **request.get_json())
        return "", 201, {"Location": f"/api/diklat/{kept['id']}?v=1"}

    def _change(self, row_id: str) -> Any:
        return "", 204 if self.alter(row_id, **request.get_json()) else 404

    def _upload(self, row_id: str) -> Any:
        file = request.files["berkas"]
        self.keep_file(row_id, file.filename or "", file.read())
        return "", 204

    def _hand_in(self) -> Any:
        body = request.get_json()
        kind, _, content = body["isi"].partition(",")
        assert kind == "data:application/pdf;base64"
        self.handed_in.append(base64.b64decode(content, validate=True))
        return {"berkas": {"kode": f"B-{len(self.handed_in)}"}}

    def _remove(self, row_id: str) -> Any:
        return "", 204 if self.delete(row_id) else 404
