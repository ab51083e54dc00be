"""The made-up SIMPEG: what it takes, and what it refuses."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from lms_bridge.sandbox.city import SITI, demo_city
from lms_bridge.sandbox.server import Server
from lms_bridge.sandbox.simpeg import API, TOKEN, SimpegSandbox

ROW = {
    "nama_diklat": "Menulis <b>Naskah</b> Dinas",
    "penyelenggara": "BKPSDM",
    "no_sertifikat": "1/2026",
    "sumber": "LMS",
    "jenis_diklat_id": 16,
    "jp": 20,
    "tahun": 2026,
    "tanggal_mulai": "24-11-2026",
    "tanggal_selesai": "25-11-2026",
}


class Office:
    """The SIMPEG, as it is asked."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, method: str, path: str, token: str = TOKEN, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self.url}{API}/pegawai/{path}"
        return requests.request(method, url, headers=headers, timeout=5, **more)

    def names(self) -> list[str]:
        """Of the rows of Siti."""
        return [one["nama_diklat"] for one in self.ask("GET", f"{SITI}/rw-diklat").json()["data"]]


@pytest.fixture
def office() -> Iterator[Office]:
    with Server(SimpegSandbox(demo_city().registry.people())) as server:
        yield Office(server.url)


def test_it_knows_the_people_of_the_city(office: Office) -> None:
    assert office.ask("GET", SITI).json()["data"]["nama"] == "SITI RAHMAWATI"
    assert len(office.names()) == 2
    assert office.ask("GET", "199506222020122004").status_code == 404
    assert office.ask("GET", SITI, token="x").status_code == 401


def test_a_row_is_kept_changed_and_deleted(office: Office) -> None:
    made = office.ask("POST", f"{SITI}/rw-diklat", json=ROW)
    assert made.status_code == 201
    where = f"{SITI}/rw-diklat/{made.json()['data']['id']}"
    assert ROW["nama_diklat"] in office.names()
    assert office.ask("PUT", where, json=ROW | {"nama_diklat": "Lain"}).status_code == 200
    assert "Lain" in office.names()
    assert office.ask("DELETE", where).status_code == 204
    assert office.ask("DELETE", where).status_code == 404
    assert office.ask("PUT", where, json=ROW).status_code == 404
    assert len(office.names()) == 2
    assert office.ask("PUT", f"{SITI}/rw-diklat", json=ROW).status_code == 405


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("sumber", None, "sumber wajib diisi"),
        ("jp", "20", "jp harus angka"),
        ("tanggal_mulai", "2026-11-24", "tanggal_mulai harus dd-mm-yyyy"),
    ],
)
def test_a_row_that_is_not_right_is_refused_with_the_field(
    office: Office, field: str, value: object, said: str
) -> None:
    row = {name: each for name, each in (ROW | {field: value}).items() if each is not None}
    refused = office.ask("POST", f"{SITI}/rw-diklat", json=row)
    assert (refused.status_code, refused.json()["message"]) == (422, said)
    assert len(office.names()) == 2


def test_a_certificate_is_kept_with_its_row(office: Office) -> None:
    row_id = office.ask("POST", f"{SITI}/rw-diklat", json=ROW).json()["data"]["id"]
    for kind, status in (("text/plain", 422), ("application/pdf", 201)):
        file = {"berkas": ("a.pdf", io.BytesIO(b"%PDF"), kind)}
        path = f"{SITI}/rw-diklat/{row_id}/dokumen"
        assert office.ask("POST", path, files=file).status_code == status
    rows = office.ask("GET", f"{SITI}/rw-diklat").json()["data"]
    assert rows[-1]["file_diklat"] == f"berkas/{row_id}.pdf"


def test_people_see_all_rows_on_a_page(office: Office) -> None:
    office.ask("POST", f"{SITI}/rw-diklat", json=ROW)
    page = requests.get(office.url, timeout=5).text
    assert "Menulis &lt;b&gt;Naskah&lt;/b&gt; Dinas" in page
    assert page.count("<tr>") == 5
