"""Writing to the history: ``/kursus/save`` and ``/diklat/save`` (registry facts, section 2).

A write has its own names for things: `pnsOrangId` becomes ``idPns``, `nomorSertipikat`
``noSertipikat``, `jenisKursusSertipikat` ``jenisKursusSertifikat``, the array `path` an object.
A POST without `id` is a new row, always: there is no key that would make it safe to repeat.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from werkzeug.wrappers import Response

from lms_bridge.sandbox.siasn import envelopes
from lms_bridge.sandbox.siasn.history import ZERO_DATE, History, Kind, Row
from lms_bridge.sandbox.siasn.people import Person
from lms_bridge.typed import convert

STRUCTURAL_TRAININGS = {
    "1": "SEPADA",
    "2": "SEPALA/ADUM/DIKLAT PIM TK.IV",
    "3": "SEPADYA/SPAMA/DIKLAT PIM TK. III",
    "4": "SPAMEN/SESPA/SESPANAS/DIKLAT PIM TK. II",
    "5": "SEPATI/DIKLAT PIM TK. I",
    "6": "SESPIM",
    "7": "SESPATI",
    "8": "Diklat Struktural Lainnya",
}

REQUIRED: Mapping[Kind, tuple[str, ...]] = {
    "kursus": (
        "pns_orang_id",
        "jenis_diklat_id",
        "nama_kursus",
        "tanggal_kursus",
        "tanggal_selesai_kursus",
    ),
    "diklat": ("pns_orang_id", "latihan_struktural_id", "tanggal", "tanggal_selesai"),
}
"""what is complained of when it is missing; which fields the real one asks for is not known"""

_DATE = re.compile(r"\d{2}-\d{2}-\d{4}")


class KursusSave(msgspec.Struct, rename="camel"):
    """The body of ``POST /kursus/save``; ids are strings, hours and years are not."""

    id: str = ""
    pns_orang_id: str = ""
    instansi_id: str = ""
    jenis_diklat_id: str = ""
    nama_kursus: str = ""
    institusi_penyelenggara: str = ""
    nomor_sertipikat: str = ""
    jumlah_jam: int | None = None
    tahun_kursus: int | None = None
    tanggal_kursus: str = ""
    tanggal_selesai_kursus: str = ""
    jenis_kursus: str = ""
    jenis_kursus_sertipikat: str = ""
    lokasi_id: str = ""
    path: list[dict[str, str]] = msgspec.field(default_factory=list)

    def as_read(self) -> Row:
        return {
            "jenisDiklatId": self.jenis_diklat_id,
            "namaKursus": self.nama_kursus,
            "institusiPenyelenggara": self.institusi_penyelenggara,
            "noSertipikat": self.nomor_sertipikat,
            "jumlahJam": self.jumlah_jam,
            "tahunKursus": "" if self.tahun_kursus is None else str(self.tahun_kursus),
            "tanggalKursus": self.tanggal_kursus,
            "tanggalSelesaiKursus": self.tanggal_selesai_kursus,
            "jenisKursusId": self.jenis_kursus,
            "jenisKursusSertifikat": self.jenis_kursus_sertipikat,
            "path": _documents(self.path),
        }


class DiklatSave(msgspec.Struct, rename="camel"):
    """The body of ``POST /diklat/save``, for structural training only."""

    id: str = ""
    pns_orang_id: str = ""
    latihan_struktural_id: str = ""
    institusi_penyelenggara: str = ""
    nomor: str = ""
    jumlah_jam: int | None = None
    tahun: int | None = None
    tanggal: str = ""
    tanggal_selesai: str = ""
    bobot: int = 0
    jenis_kompetensi: str = ""
    path: list[dict[str, str]] = msgspec.field(default_factory=list)

    def as_read(self) -> Row:
        return {
            "latihanStrukturalId": self.latihan_struktural_id,
            "latihanStrukturalNama": STRUCTURAL_TRAININGS.get(self.latihan_struktural_id, ""),
            "institusiPenyelenggara": self.institusi_penyelenggara,
            "nomor": self.nomor,
            "jumlahJam": self.jumlah_jam,
            "tahun": "" if self.tahun is None else str(self.tahun),
            "tanggal": self.tanggal,
            "tanggalSelesai": self.tanggal_selesai or ZERO_DATE,
            "path": _documents(self.path),
        }


Save = KursusSave | DiklatSave
_BODIES: Mapping[Kind, type[KursusSave] | type[DiklatSave]] = {
    "kursus": KursusSave,
    "diklat": DiklatSave,
}


def read(kind: Kind, body: bytes) -> Save | Response:
    """The body of a save, or the answer to one that is not JSON of the right types.

    As in Go, null is the same as nothing, and unknown names are passed over.
    """
    try:
        fields = msgspec.json.decode(body, type=dict[str, Any])
        given = {name: value for name, value in fields.items() if value is not None}
        return convert(given, _BODIES[kind])
    except msgspec.DecodeError as error:
        return envelopes.incomplete([f"Unmarshal type error: {error}"])


def save(
    kind: Kind,
    sent: Save,
    people: Mapping[str, Person],
    history: History,
    required: Sequence[str],
) -> Response:
    """Write a new row, or over an existing one if `id` is given; `people` by their person id."""
    missing = [field for field in required if getattr(sent, field) in ("", None)]
    if missing:
        return envelopes.incomplete([f"{_struct_name(field)} is required" for field in missing])
    if objection := _objection(sent, people):
        return envelopes.refused(objection)
    person = people[sent.pns_orang_id]
    fields = sent.as_read() | {"idPns": person.person_id, "nipBaru": person.nip}
    if sent.id:
        row = history.get(kind, sent.id)
        if row is None or row["idPns"] != person.person_id:
            return envelopes.refused(envelopes.NOT_FOUND)
        row.update(fields)
    else:
        row = history.add(kind, **fields)
    return envelopes.saved({"rwKursusId" if kind == "kursus" else "rwDiklatId": row["id"]})


def _objection(sent: Save, people: Mapping[str, Person]) -> str:
    """Why the registry refuses, in the style of the one refusal that was captured."""
    if sent.pns_orang_id not in people:
        return "PNS yang dimasukkan tidak ditemukan pada data referensi"
    if isinstance(sent, KursusSave):
        if sent.jenis_diklat_id not in {str(number) for number in range(2, 26)}:
            return "Jenis Diklat yang dimasukkan tidak ditemukan pada data referensi"
        dates = (sent.tanggal_kursus, sent.tanggal_selesai_kursus)
    else:
        if sent.latihan_struktural_id not in STRUCTURAL_TRAININGS:
            return "Latihan Struktural yang dimasukkan tidak ditemukan pada data referensi"
        dates = (sent.tanggal, sent.tanggal_selesai)
    for date in dates:
        if date and not _is_date(date):
            return f'parsing time "{date}" as "02-01-2006": cannot parse'
    return ""


def _is_date(text: str) -> bool:
    """Whether it is d-m-Y; an ISO date is not (registry facts, section 2)."""
    if not _DATE.fullmatch(text):
        return False
    try:
        dt.datetime.strptime(text, "%d-%m-%Y")  # noqa: DTZ007 - a date has no zone
    except ValueError:
        return False
    return True


def _struct_name(field: str) -> str:
    """The registry complains in the names of its Go structs: PnsOrangId for ``pnsOrangId``."""
    return field.title().replace("_", "")


def _documents(path: list[dict[str, str]]) -> dict[str, Any] | None:
    """Written as an array, read as an object by document id; none is null."""
    return {document.get("dok_id", ""): document for document in path} if path else None
