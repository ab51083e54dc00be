"""Regional SIMPEGs as they could be, each a small Flask app over real HTTP.

An office keeps people and rows, and speaks one dialect. What is to go wrong with its next
answers is ordered with :meth:`Office.order`.
"""

from __future__ import annotations

import base64
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, request

from lms_bridge.sandbox.server import CLIENT_GONE, NoAnswerError

SITI, BUDI = "198703152010012001", "197905202005011003"
PAGE = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
HANG_SECONDS = 30.0

Row = dict[str, Any]


class Office:
    """A registry in memory: people, rows, and what becomes of the next requests."""

    def __init__(self) -> None:
        self.people: dict[str, dict[str, str]] = {
            SITI: {"id": "P-1", "name": "SITI RAHMAWATI", "unit": "Dinas Pendidikan"},
            BUDI: {"id": "P-2", "name": "BUDI SANTOSO", "unit": "Diskominfo"},
        }
        self.kept: list[Row] = []
        self.secret = "rahasia-kantor"
        self.calls: Counter[str] = Counter()
        self.told: list[tuple[str, str, dict[str, str], bytes]] = []
        self.lock = threading.RLock()
        self.files: dict[str, tuple[str, bytes]] = {}
        """name and bytes of the document of each row"""
        self.uploads = 0
        """how many were taken, those that took another's place as well"""
        self._fates: list[tuple[str, bool, str]] = []
        self._numbers = 4710
        self.app = Flask(type(self).__name__)
        self.app.json.sort_keys = False  # type: ignore[attr-defined]
        self.routes(self.app)

    def routes(self, app: Flask) -> None:
        """The paths of the dialect."""
        raise NotImplementedError

    def refusal(self) -> Any:
        """How the dialect refuses under 200."""
        raise NotImplementedError

    # --- what the dialects work with

    def person(self, nip: str | None) -> dict[str, str] | None:
        found = self.people.get(nip or "")
        return {"nip": nip or "", **found} if found else None

    def nip_of(self, person_id: str) -> str:
        return next(nip for nip, person in self.people.items() if person["id"] == person_id)

    def add(self, nip: str, **row: Any) -> Row:
        """Keep a row."""
        with self.lock:
            self._numbers += 1
            kept = {"id": str(self._numbers), "nip": nip, **row}
            self.kept.append(kept)
            return kept

    def of(self, nip: str | None, which: str = "") -> list[Row]:
        """The rows of a person, of one list."""
        with self.lock:
            return [row for row in self.kept if row["nip"] == nip and row.get("list", "") == which]

    def alter(self, row_id: str, **row: Any) -> bool:
        """Have a row say something else."""
        with self.lock:
            found = [kept for kept in self.kept if kept["id"] == row_id]
            for kept in found:
                kept.update(row)
            return bool(found)

    def keep_file(self, row_id: str, name: str, content: bytes) -> str:
        """Keep a document with a row, in place of one that is there; what it is called."""
        with self.lock:
            assert any(kept["id"] == row_id for kept in self.kept), "no such row"
            self.uploads += 1
            self.files[row_id] = (name, content)
            return f"berkas/{row_id}/{name}"

    def file_of(self, row: Row) -> str | None:
        """What the document of a row is called."""
        name, _ = self.files.get(row["id"], (None, b""))
        return name and f"berkas/{row['id']}/{name}"

    def delete(self, row_id: str) -> bool:
        with self.lock:
            before = len(self.kept)
            self.kept = [row for row in self.kept if row["id"] != row_id]
            return len(self.kept) < before

    # --- what goes wrong

    def order(self, *fates: str, reading: bool = False, where: str = "") -> None:
        """These befall the next requests that write, or that read, with `where` in the path."""
        self._fates += [(fate, reading, where) for fate in fates]

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        is_token = path.endswith("/token")
        self.calls["token" if is_token else method] += 1
        body = environ["wsgi.input"].read()
        environ["wsgi.input"].seek(0)
        headers = {k: v for k, v in environ.items() if k.startswith(("HTTP_", "CONTENT_TYPE"))}
        self.told.append((method, f"{path}?{environ['QUERY_STRING']}", headers, body))
        fate = None if is_token else self._next(path, reading=method == "GET")
        if fate is None:
            return self.app(environ, start_response)
        if fate.startswith("commit"):
            list(self.app(environ, lambda *_: lambda _: None))
        match fate.removeprefix("commit-then-"):
            case "hang":
                environ[CLIENT_GONE](HANG_SECONDS)
                raise NoAnswerError
            case "page":
                return _say(start_response, "502 Bad Gateway", PAGE, "text/html")
            case "page-200":
                return _say(start_response, "200 OK", PAGE, "text/html")
            case "empty":
                return _say(start_response, "200 OK", b"")
            case "zero":
                return _say(start_response, "200 OK", b"0")
            case "dead":
                answer = b'{"status": false, "error": "Invalid API key "}'
                return _say(start_response, "403 Forbidden", answer, "application/json")
            case "refusal":
                answer = self.app.json.dumps(self.refusal()).encode()
                return _say(start_response, "200 OK", answer, "application/json")
        raise AssertionError(f"no such fate: {fate}")

    def forget(self) -> None:
        """Nothing more goes wrong."""
        self._fates.clear()

    def _next(self, path: str, *, reading: bool) -> str | None:
        with self.lock:
            for number, (fate, of_reading, where) in enumerate(self._fates):
                if of_reading == reading and where in path:
                    del self._fates[number]
                    return fate
        return None


def _say(start_response: Any, status: str, body: bytes, kind: str = "text/plain") -> list[bytes]:
    start_response(status, [("Content-Type", kind)])
    return [body]


def sent(*names: str) -> dict[str, str]:
    """What a form says, which must have these fields."""
    form = request.form.to_dict()
    missing = [name for name in names if name not in form]
    assert not missing, f"the form lacks {missing}"
    return form


# --- the kinds of which there is a profile


class CodeIgniter(Office):
    """{"status": "success", "code": 200, "result": what BKN said}, whatever happened."""

    def routes(self, app: Flask) -> None:
        app.get("/api/Data_utama_json")(self._person)
        for path, which in (("kursus", ""), ("diklat", "diklat")):
            app.add_url_rule(
                f"/api/Data_rw_{path}_json",
                path,
                lambda which=which, path=path: self._rows(path, which),
                methods=["GET", "POST"],
            )

    def refusal(self) -> Any:
        return self._outer(
            {"success": False, "mapData": None, "message": "Nomor sertipikat sudah digunakan"}
        )

    @staticmethod
    def _outer(result: Any) -> Any:
        return {"status": "success", "message": "Data berhasil", "code": 200, "result": result}

    def _person(self) -> Any:
        found = self.person(request.args.get("nip"))
        if found is None:
            return self._outer({"code": 0, "data": "Data tidak ditemukan"})
        data = {"id": found["id"], "nipBaru": found["nip"], "nama": found["name"]}
        return self._outer({"code": 1, "data": data})

    def _rows(self, path: str, which: str) -> Any:
        if request.method == "GET":
            rows = [self._shown(row) for row in self.of(request.args.get("nip"), which)]
            nothing = {"code": 0, "data": "Data tidak ditemukan"}
            return self._outer({"code": 1, "data": rows} if rows else nothing)
        form = sent("pnsOrangId", "jumlahJam")
        row_id, nip = form.pop("id"), self.nip_of(form.pop("pnsOrangId"))
        if not row_id:
            row_id = self.add(nip, list=which, **form)["id"]
        elif not self.alter(row_id, **form):
            return self._outer({"success": False, "mapData": None, "message": "Riwayat tidak ada"})
        name = "rwDiklatId" if which else "rwKursusId"
        return self._outer({"success": True, "message": "success", "mapData": {name: row_id}})

    @staticmethod
    def _shown(row: Row) -> Row:
        return {
            **{name: value for name, value in row.items() if name != "nomorSertipikat"},
            "noSertipikat": row.get("nomorSertipikat"),
        }


class BasicPhp(Office):
    """Pages behind HTTP Basic, asked with ?nip=."""

    def routes(self, app: Flask) -> None:
        app.before_request(self._let_in)
        app.get("/ws/showpeg.php")(self._person)
        app.get("/ws/showdiklat.php")(self._rows)
        app.post("/ws/savediklat.php")(self._save)

    def refusal(self) -> Any:
        return {"error": "nomor_sertifikat sudah ada"}

    def _let_in(self) -> Any:
        given = request.authorization
        if given is None or (given.username, given.password) != ("jembatan", self.secret):
            return "<html><title>401 Authorization Required</title></html>", 401
        return None

    def _person(self) -> Any:
        found = self.person(request.args.get("nip"))
        shown = [] if found is None else [{"nip": found["nip"], "nama_lengkap": found["name"]}]
        return {"result": shown}

    def _rows(self) -> Any:
        return {"result": self.of(request.args.get("nip"))}

    def _save(self) -> Any:
        form = sent("nip", "nama_diklat", "jenis", "tgl_mulai")
        return {"result": {"id": int(self.add(form.pop("nip"), **form)["id"])}}


class BearerJson(Office):
    """JSON and statuses, as Laravel makes them."""

    def routes(self, app: Flask) -> None:
        app.before_request(self._let_in)
        app.get("/api/pegawai/<nip>")(self._person)
        app.get("/api/pegawai/<nip>/rw-diklat")(self._rows)
        app.post("/api/pegawai/<nip>/rw-diklat")(self._save)
        app.delete("/api/pegawai/<nip>/rw-diklat/<row_id>")(self._delete)
        app.put("/api/pegawai/<nip>/rw-diklat/<row_id>")(self._change)
        app.post("/api/pegawai/<nip>/rw-diklat/<row_id>/dokumen")(self._upload)

    def refusal(self) -> Any:
        return {"success": False, "message": "Data tidak valid", "errors": {"jml": ["terlalu"]}}

    def _let_in(self) -> Any:
        if request.headers.get("Authorization") != f"Bearer {self.secret}":
            return {"message": "Unauthenticated."}, 401
        return None

    def _person(self, nip: str) -> Any:
        found = self.person(nip)
        if found is None:
            return {"message": "Pegawai tidak ditemukan"}, 404
        return {"data": {"id": found["id"], "nip": nip, "nama": found["name"], "status": "PNS"}}

    def _rows(self, nip: str) -> Any:
        return {"data": [self._shown(row) for row in self.of(nip)]}

    def _shown(self, row: Row) -> Row:
        kind = {"name": "…", "kode_jenis_bkn": row["jenis_diklat_id"]}
        shown = {**row, "diklat": kind | {"kode_pim_bkn": row.get("kode_pim_bkn")}}
        return {**shown, "file_diklat": row.get("file_diklat") or self.file_of(row)}

    def _change(self, nip: str, row_id: str) -> Any:
        body = request.get_json()
        assert isinstance(body["jml"], int)
        if not self.alter(row_id, **body):
            return {"message": "Not found"}, 404
        return {"data": {"id": int(row_id)}}

    def _upload(self, nip: str, row_id: str) -> Any:
        file = request.files["berkas"]
        assert (file.mimetype, request.form["jenis"]) == ("application/pdf", "sertifikat")
        name = self.keep_file(row_id, file.filename or "", file.read())
        return {"data": {"url": name}}, 201

    def _save(self, nip: str) -> Any:
        body = request.get_json()
        assert isinstance(body["jml"], int)
        return {"data": {"id": int(self.add(nip, **body)["id"])}}, 201

    def _delete(self, nip: str, row_id: str) -> Any:
        return ("", 204) if self.delete(row_id) else ({"message": "Not found"}, 404)


class KeyInPath(Office):
    """A list for each sort of training, the key as a segment, and rows without ids."""

    def routes(self, app: Flask) -> None:
        app.add_url_rule(
            "/restsimpeg/api/<what>/<key>/<nip>", "any", self._any, methods=["GET", "POST"]
        )

    def refusal(self) -> Any:
        return {"error": "Data sudah ada", "results": []}

    def _any(self, what: str, key: str, nip: str) -> Any:
        if key != self.secret:
            return {"message": f"API key {key} tidak dikenal"}, 200
        if what == "profile":
            found = self.person(nip)
            return {"results": [{"nip": nip, "nama": found["name"]}] if found else []}
        if request.method == "GET":
            return {"results": [self._shown(row) for row in self.of(nip, what)]}
        self.add(nip, list=what, **sent("ndik", "nsttpp", "tgl_mulai"))
        return {"message": "Tersimpan"}

    @staticmethod
    def _shown(row: Row) -> Row:
        return {name: each for name, each in row.items() if name not in ("id", "list", "nip")}


class SiasnProxy(Office):
    """SIASN's paths and shapes; the tokens are the proxy's affair."""

    def routes(self, app: Flask) -> None:
        base = "/apisiasn/1.0"
        app.before_request(self._let_in)
        app.get(f"{base}/pns/data-utama/<nip>")(self._person)
        for which in ("kursus", "diklat"):
            app.add_url_rule(f"{base}/pns/rw-{which}/<nip>", f"r{which}", self._rows(which))
            app.add_url_rule(
                f"{base}/{which}/save", f"s{which}", self._save(which), methods=["POST"]
            )
            app.add_url_rule(
                f"{base}/{which}/delete/<row_id>", f"d{which}", self._delete, methods=["DELETE"]
            )
        app.post(f"{base}/upload-dok-rw")(self._upload)

    dead = False

    def refusal(self) -> Any:
        return {"success": False, "mapData": None, "message": "Data pegawai tidak aktif"}

    def _let_in(self) -> Any:
        assert "Authorization" not in request.headers
        return ({"message": "invalid or expired jwt"}, 200) if self.dead else None

    def _person(self, nip: str) -> Any:
        found = self.person(nip)
        if found is None:
            return {"code": 0, "data": "Data tidak ditemukan"}, 404
        return {"code": 1, "data": {"id": found["id"], "nipBaru": nip, "nama": found["name"]}}

    def _rows(self, which: str) -> Callable[[str], Any]:
        def rows(nip: str) -> Any:
            found = [self._shown(row) for row in self.of(nip, which)]
            if not found:
                return {"code": 0, "data": "Data tidak ditemukan"}, 404
            return {"code": 1, "data": found}

        return rows

    def _save(self, which: str) -> Callable[[], Any]:
        def save() -> Any:
            body = request.get_json()
            row_id, nip = body.pop("id"), self.nip_of(body.pop("pnsOrangId"))
            assert isinstance(body["jumlahJam"], int)
            if row_id is None:
                row_id = self.add(nip, list=which, **body)["id"]
            else:
                assert self.alter(row_id, **body)
            name = f"rw{which.capitalize()}Id"
            return {"success": True, "message": "success", "mapData": {name: row_id}}

        return save

    def _shown(self, row: Row) -> Row:
        name = self.file_of(row)
        path = {"881": {"dok_id": "881", "dok_uri": name, "object": name}} if name else None
        return {**CodeIgniter._shown(row), "path": path}

    def _upload(self) -> Any:
        file, row_id = request.files["file"], request.form["id_riwayat"]
        which = next(row["list"] for row in self.kept if row["id"] == row_id)
        assert request.form["id_ref_dokumen"] == {"kursus": "881", "diklat": "874"}[which]
        name = self.keep_file(row_id, file.filename or "", file.read())
        return {"message": "success", "data": {"dok_id": "881", "dok_uri": name, "object": name}}

    def _delete(self, row_id: str) -> Any:
        self.delete(row_id)
        return {"success": True, "mapData": None, "message": "success"}


# --- two of which there is none


class Lurah(Office):
    """OAuth2, rows nested two deep and page by page, kinds as words, dates with slashes."""

    def __init__(self) -> None:
        self.issued = 0
        self.valid: set[str] = set()
        super().__init__()

    def routes(self, app: Flask) -> None:
        app.post("/oauth/token")(self._token)
        app.post("/v2/pegawai/cari")(self._person)
        app.get("/v2/riwayat")(self._rows)
        app.put("/v2/riwayat")(self._save)
        app.post("/v2/riwayat/hapus")(self._delete)
        app.post("/v2/riwayat/berkas")(self._upload)

    def refusal(self) -> Any:
        return {"kode": "E07", "keterangan": {"uraian": "Periode sudah ditutup"}}

    def _token(self) -> Any:
        if (request.form.get("client_id"), request.form.get("client_secret")) != (
            "jembatan",
            self.secret,
        ):
            return {"error": "invalid_client", "error_description": "no such client"}, 401
        self.issued += 1
        self.valid.add(f"t-{self.issued}")
        return {"access_token": f"t-{self.issued}", "expires_in": 3600}

    def _signed(self) -> bool:
        return request.headers.get("X-Akses", "").removeprefix("Token ") in self.valid

    def _person(self) -> Any:
        if not self._signed():
            return {"kode": "E01", "keterangan": {"uraian": "Sesi berakhir"}}
        found = self.person(request.get_json()["kunci"]["nip"])
        if found is None:
            return {"kode": "E04", "keterangan": {"uraian": "Tidak ada"}}
        spaced = f"{found['nip'][:8]} {found['nip'][8:14]} {found['nip'][14]} {found['nip'][15:]}"
        person = {"identitas": {"nip": spaced, "kode": found["id"]}, "nama": found["name"]}
        return {"kode": "00", "isi": {"orang": person}}

    def _rows(self) -> Any:
        if not self._signed():
            return {"kode": "E01", "keterangan": {"uraian": "Sesi berakhir"}}
        rows = [
            row for row in self.kept if self.people[row["nip"]]["id"] == request.args["pegawai"]
        ]
        page = int(request.args["hal"])
        shown = [
            {**row, "berkas": {"kode": self.file_of(row)}} for row in rows[2 * page : 2 * page + 2]
        ]
        last = max(0, (len(rows) - 1) // 2)
        return {"kode": "00", "isi": {"daftar": shown, "halaman": {"terakhir": last}}}

    def _save(self) -> Any:
        if not self._signed():
            return {"kode": "E01", "keterangan": {"uraian": "Sesi berakhir"}}
        body = request.get_json()
        assert body["instansi"] == 1272
        if row_id := body.get("nomor"):
            known = self.alter(row_id, **body["diklat"])
            return {"kode": "00"} if known else {"kode": "E09"}
        kept = self.add(self.nip_of(body["pegawai"]), **body["diklat"])
        return {"kode": "00", "isi": {"baru": {"nomor": int(kept["id"])}}}

    def _upload(self) -> Any:
        if not self._signed():
            return {"kode": "E01", "keterangan": {"uraian": "Sesi berakhir"}}
        body = request.get_json()
        content = base64.b64decode(body["berkas"]["isi"], validate=True)
        name = self.keep_file(body["nomor"], body["berkas"]["nama"], content)
        return {"kode": "00", "isi": {"berkas": {"kode": name}}}

    def _delete(self) -> Any:
        self.delete(request.get_json()["nomor"])
        return {"kode": "00"}


class Camat(Office):
    """A key in a header and one in the query, multipart, words as answers, rows as an object."""

    def routes(self, app: Flask) -> None:
        app.get("/index.php")(self._get)
        app.post("/index.php")(self._post)

    def refusal(self) -> Any:
        return "GAGAL: kuota penuh"

    def _let_in(self) -> bool:
        return (request.headers.get("X-Kunci"), request.args.get("app")) == (
            self.secret,
            "jembatan-1",
        )

    def _get(self) -> Any:
        if not self._let_in():
            return "AKSES DITOLAK"
        nip = request.args["nip"]
        if request.args["r"] == "orang":
            found = self.person(nip)
            return {"nama": found["name"], "bagian": {"nama": found["unit"]}} if found else "KOSONG"
        rows = self.of(nip)
        return {str(7 + 2 * n): row for n, row in enumerate(rows)} if rows else "KOSONG"

    def _post(self) -> Any:
        if not self._let_in():
            return "AKSES DITOLAK"
        assert request.content_type.startswith("multipart/form-data")
        form, file = request.form.to_dict(), request.files.get("sertifikat")
        row_id, nip = form.pop("id", ""), form.pop("nip")
        if not row_id:
            row_id = self.add(nip, **form)["id"]
        elif not self.alter(row_id, **form):
            return "GAGAL: tidak ada"
        if file:
            self.keep_file(row_id, file.filename or "", file.read())
        return "BERHASIL disimpan"
