"""Trainings as rows of WS SIASN, written under one set of names and read back under another.

The traps are those of registry facts, sections 2 and 5: ``nomorSertipikat`` is written and
``noSertipikat`` read, dates are d-m-Y and unset ones ``01-01-0001``, numbers come back as
strings, hours may be null or have words around them, and names may hold U+FFFD. A row without
dates still has its year.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from lms_bridge.http.values import number, text, year
from lms_bridge.registries.base import RecordedTraining, RegistryEmployee, Training
from lms_bridge.registries.siasn.status import STATUS_NAMES

STRUCTURAL = 1
"""``jenisDiklatId`` of Diklat Struktural, which alone goes to the *diklat* history (section 4)"""

HISTORIES = {"kursus": 3, "diklat": STRUCTURAL}
"""the histories, each with a kind of training that belongs to it"""

# The letter that the reference list jenisDiklat gives to each kind (section 3): T technical,
# F functional, P the short forms. Every kind that is not listed here has T.
_LETTERS = {2: "F", 4: "P", 7: "P", 9: "P"}
_DMY = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})(?!\d)")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_ID = re.compile(r"[0-9A-Za-z_-]{1,42}")  # hex or UUID, opaque (section 5)


def history_path(nip: str, kind: int) -> str:
    """Where the rows of the history that `kind` belongs to are read."""
    return f"/pns/{'rw-diklat' if kind == STRUCTURAL else 'rw-kursus'}/{nip}"


def save_path(kind: int) -> str:
    """Where a row of `kind` is written."""
    return "/diklat/save" if kind == STRUCTURAL else "/kursus/save"


def row_path(kind: int, row_id: str) -> str:
    """Where the row of `kind` with that id is read by itself."""
    return f"/{'diklat' if kind == STRUCTURAL else 'kursus'}/id/{row_id}"


def delete_path(kind: int, row_id: str) -> str:
    """Where the row of `kind` with that id is deleted."""
    return f"/diklat/delete/{row_id}" if kind == STRUCTURAL else f"/kursus/delete/{row_id}"


def written(employee: RegistryEmployee, training: Training, instansi_id: str) -> dict[str, Any]:
    """`training` as the body of the save call of its kind; ``id`` null makes a new row."""
    if training.kind == STRUCTURAL:
        return {
            "id": None,
            "pnsOrangId": employee.person_id,
            "latihanStrukturalId": training.structural_training,
            "nomor": training.certificate_number,
            "tanggal": _dmy(training.starts),
            "tanggalSelesai": _dmy(training.ends),
            "tahun": training.starts.year,
            "jumlahJam": training.hours,
            "institusiPenyelenggara": training.organiser,
            "bobot": 0,
            "jenisKompetensi": "",
        }
    return {
        "id": None,
        "pnsOrangId": employee.person_id,
        "instansiId": instansi_id,
        "jenisDiklatId": str(training.kind),
        # A legacy list without today's forms of training: left empty, the kind classifies (3).
        "jenisKursus": "",
        "jenisKursusSertipikat": _LETTERS.get(training.kind, "T"),
        "namaKursus": training.name,
        "institusiPenyelenggara": training.organiser,
        "nomorSertipikat": training.certificate_number,
        "jumlahJam": training.hours,
        "tahunKursus": training.starts.year,
        "tanggalKursus": _dmy(training.starts),
        "tanggalSelesaiKursus": _dmy(training.ends),
        "lokasiId": "",
    }


def new_id(data: Any, kind: int) -> str:
    """The id of the row that a save call says it wrote; empty if it does not say.

    The key is named after the history, and ``mapData`` has been seen as a bare text (section 2).
    """
    if isinstance(data, Mapping):
        first, second = "rwKursusId", "rwDiklatId"
        if kind == STRUCTURAL:
            first, second = second, first
        data = data.get(first) or data.get(second) or data.get("id")
    elif not any(sign.isdigit() for sign in text(data)):
        return ""  # a word such as "success", and no id
    found = text(data)
    return found if _ID.fullmatch(found) else ""


def documents_of(row: Any) -> list[dict[str, Any]]:
    """The documents of a `row` as they are written; they are read under their ids."""
    path = row.get("path") if isinstance(row, Mapping) else None
    found = path.values() if isinstance(path, Mapping) else path if isinstance(path, list) else ()
    return [dict(one) for one in found if isinstance(one, Mapping)]


def document_name(data: Any) -> str:
    """How the registry calls a document that it has just taken; empty if it does not say."""
    return text(data.get("dok_uri") or data.get("object")) if isinstance(data, Mapping) else ""


def read(row: Mapping[str, Any], kind: int) -> RecordedTraining:
    """A row of the history of `kind`, as it was read."""
    if kind == STRUCTURAL:
        starts = date(row.get("tanggal"))
        return RecordedTraining(
            id=text(row.get("id")),
            name=text(row.get("latihanStrukturalNama")),
            organiser=text(row.get("institusiPenyelenggara")),
            certificate_number=text(row.get("nomor")),
            hours=number(row.get("jumlahJam")),
            starts=starts,
            ends=date(row.get("tanggalSelesai")) or starts,
            kind=STRUCTURAL,
            structural_training=text(row.get("latihanStrukturalId")),
            year=year(row.get("tahun")),
            document=_has_document(row),
        )
    starts = date(row.get("tanggalKursus"))
    # Older answers call the last day tglSelesaiKursus; where it is unset, the first is meant.
    ends = date(row.get("tanggalSelesaiKursus")) or date(row.get("tglSelesaiKursus")) or starts
    return RecordedTraining(
        id=text(row.get("id")),
        name=text(row.get("namaKursus")),
        organiser=text(row.get("institusiPenyelenggara")),
        certificate_number=text(row.get("noSertipikat")) or text(row.get("nomorSertipikat")),
        hours=number(row.get("jumlahJam")),
        starts=starts,
        ends=ends,
        kind=number(row.get("jenisDiklatId")),
        year=year(row.get("tahunKursus")),
        document=_has_document(row),
    )


def employee(data: Mapping[str, Any]) -> RegistryEmployee:
    """The person of a data-utama answer, the minimum that a bridge needs (section 6)."""
    return RegistryEmployee(
        nip="".join(text(data.get("nipBaru")).split()),
        person_id=text(data.get("id")),
        name=text(data.get("nama")),
        unit_id=text(data.get("unorId")),
        unit_name=text(data.get("unorNama")),
        status=text(data.get("kedudukanPnsNama"))
        or STATUS_NAMES.get(text(data.get("kedudukanPnsId")).zfill(2), ""),
    )


def date(value: Any) -> dt.date | None:
    """A date of an answer; None for null, "" and Go's zero date 01-01-0001."""
    if not isinstance(value, str):
        return None
    if found := _DMY.match(value.strip()):
        day, month, year = (int(part) for part in found.groups())
    elif found := _ISO.match(value.strip()):
        year, month, day = (int(part) for part in found.groups())
    else:
        return None
    try:
        return dt.date(year, month, day) if year > 1 else None
    except ValueError:
        return None


def _has_document(row: Mapping[str, Any]) -> bool | None:
    """Whether `path` names a document: an object by document id, null without any (section 2)."""
    if "path" not in row:
        return None
    path = row["path"]
    if not isinstance(path, Mapping | list):
        return False
    documents = path.values() if isinstance(path, Mapping) else path
    return any(bool(document_name(document)) for document in documents)


def _dmy(day: dt.date) -> str:
    return f"{day.day:02d}-{day.month:02d}-{day.year:04d}"
