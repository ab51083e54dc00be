"""The training history of everybody, in two lists, as it is read (registry facts, section 2).

*Kursus* holds all trainings but the structural ones, which are *diklat*. Nothing here keeps
anyone from writing the same training twice; :meth:`History.duplicates` is how a test sees
that somebody did.
"""

from __future__ import annotations

import itertools
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

Kind = Literal["kursus", "diklat"]
Row = dict[str, Any]

ZERO_DATE = "01-01-0001"
"""Go's empty date, which SIASN shows where a date was never set (registry facts, section 5)"""

EMPTY: dict[Kind, Row] = {
    "kursus": {
        "id": "",
        "idPns": "",
        "nipBaru": "",
        "nipLama": "",
        "jenisKursusId": "",
        "jenisKursusNama": "",
        "jenisKursusSertifikat": "",
        "jenisDiklatId": "",
        "namaKursus": "",
        "institusiPenyelenggara": "",
        "jumlahJam": None,
        "noSertipikat": "",
        "tahunKursus": "",
        "tanggalKursus": ZERO_DATE,
        "tanggalSelesaiKursus": ZERO_DATE,
        "path": None,
    },
    "diklat": {
        "id": "",
        "idPns": "",
        "nipBaru": "",
        "nipLama": "",
        "latihanStrukturalId": "",
        "latihanStrukturalNama": "",
        "nomor": "",
        "tanggal": ZERO_DATE,
        "tanggalSelesai": ZERO_DATE,
        "tahun": "",
        "institusiPenyelenggara": "",
        "jumlahJam": None,
        "path": None,
    },
}
"""a row of which only that is known: unset texts are "", unset dates the zero date"""


class History:
    """All rows, to be used with the sandbox's lock held."""

    def __init__(self) -> None:
        self._rows: dict[Kind, dict[str, Row]] = {"kursus": {}, "diklat": {}}
        self._of_person: dict[tuple[Kind, str], list[Row]] = defaultdict(list)
        self._ids = _ids()

    def add(self, kind: Kind, **fields: Any) -> Row:
        """A new row, whatever is there already."""
        row = EMPTY[kind] | {"id": next(self._ids)} | fields
        self._rows[kind][row["id"]] = row
        self._of_person[kind, row["idPns"]].append(row)
        return row

    def get(self, kind: Kind, row_id: str) -> Row | None:
        return self._rows[kind].get(row_id)

    def delete(self, kind: Kind, row_id: str) -> bool:
        row = self._rows[kind].pop(row_id, None)
        if row is not None:
            self._of_person[kind, row["idPns"]].remove(row)
        return row is not None

    def of(self, kind: Kind, person_id: str) -> list[Row]:
        return self._of_person.get((kind, person_id), [])

    def all(self) -> list[Row]:
        return [row for rows in self._rows.values() for row in rows.values()]

    def duplicates(self) -> list[list[Row]]:
        """Groups of rows of one person that say the same training.

        That is: the same certificate number, or the same name on the same dates, written
        however. Rows without a number, and without a name or a date, are never the same.
        """
        groups: dict[tuple[str, ...], list[Row]] = {}
        for (kind, _), rows in self._of_person.items():
            for same in (_number, _name_and_dates):
                for group in _grouped(rows, same):
                    groups[kind, *(row["id"] for row in group)] = group
        return list(groups.values())


def _grouped(rows: list[Row], same: Callable[[Row], tuple[str, ...] | None]) -> Iterable[list[Row]]:
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        key = same(row)
        if key is not None:
            groups[key].append(row)
    return (group for group in groups.values() if len(group) > 1)


def _number(row: Row) -> tuple[str, ...] | None:
    number = _plain(row.get("noSertipikat", row.get("nomor")))
    return (number,) if number else None


def _name_and_dates(row: Row) -> tuple[str, ...] | None:
    name = _plain(row.get("namaKursus", row.get("latihanStrukturalNama")))
    starts = row.get("tanggalKursus", row.get("tanggal"))
    ends = row.get("tanggalSelesaiKursus", row.get("tanggalSelesai"))
    if not name or starts in (None, "", ZERO_DATE):
        return None
    return name, str(starts), str(ends)


def _plain(text: Any) -> str:
    return "".join(sign for sign in str(text or "").casefold() if sign.isalnum())


def _ids() -> Iterator[str]:
    """Ids of the three shapes that are met: all opaque, none longer than 42 (section 5)."""
    for number in itertools.count(1):
        yield f"A5EB03E2{number:024X}"
        yield f"8ae48a8a{number:024x}"
        yield str(uuid.UUID(fields=(number, 0x51AD, 0x11F0, 0x80, 0x01, 0x0242AC130002)))
