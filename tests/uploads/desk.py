"""An operator's desk: deliveries to a registry that takes files, a worker, and the files.

>>> desk.record()
1
>>> desk.work()
>>> desk.export().number
1
>>> desk.uploaded(1)
>>> desk.state(1)
'done'
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import xlsxwriter
from sqlalchemy import select, update

from lms_bridge import withdrawals
from lms_bridge.deliveries import actions
from lms_bridge.deliveries.worker import Worker
from lms_bridge.reasons import Reason
from lms_bridge.registries.files.layout import Layout
from lms_bridge.registries.files.settings import FileSettings
from lms_bridge.store.schema import completions, deliveries, employees, uploads
from lms_bridge.uploads import looking, making, marking, resultfile, results
from lms_bridge.uploads.looking import RowLine
from lms_bridge.uploads.making import Made
from lms_bridge.uploads.results import Told
from lms_bridge.uploads.steps import ListStep, UnlistStep
from tests.config.documents import settings
from tests.deliveries.yard import Yard

NAME = "bkd"
REMOTE = f"registry.{NAME}"
FORM = """
format = "csv"
columns = [
  { heading = "No", value = "{row}", cell = "integer" },
  { heading = "NIP", value = "{nip}" },
  { heading = "Nama", value = "{employee_name}" },
  { heading = "Kursus", value = "{name}" },
  { heading = "Nomor", value = "{certificate_number}" },
  { heading = "JP", value = "{hours}", cell = "integer" },
  { heading = "Mulai", value = "{starts:%d-%m-%Y}", cell = "date" },
]
[registry.bkd.results]
state = "Status"
message = "Keterangan"
id = "ID"
"""


def form(text: str = FORM, **changes: Any) -> Layout:
    """The form that TOML `text` describes."""
    found = settings(f'[registry.{NAME}]\ntype = "file"\n{text}').registry[NAME]
    assert isinstance(found, FileSettings)
    return Layout(msgspec.structs.replace(found, **changes))


class Desk:
    """One registry with its form."""

    def __init__(self, yard: Yard, folder: Path, layout: Layout | None = None) -> None:
        self.yard = yard
        self.folder = folder
        self.layout = layout or form()

    def record(self, person: int = 1, **more: Any) -> int:
        """A completion that is to be recorded; its delivery."""
        return self.yard.plan(person=person, remote=REMOTE, **more)

    def records(self, count: int) -> list[int]:
        """Completions of different people that are to be recorded, and are found to be."""
        found = [self.record(person) for person in range(1, count + 1)]
        self.work()
        return found

    def name(self, person: int, name: str) -> None:
        """The person is called that."""
        nip = f"1987031520100120{person:02d}"
        with self.yard.store.writing() as db:
            db.execute(update(employees).where(employees.c.nip == nip).values(name=name))

    def worker(self) -> Worker:
        how: dict[str, Any] = {"clock": self.yard.clock}
        store = self.yard.store
        return Worker(
            store,
            {
                (REMOTE, "record"): ListStep(NAME, self.layout, store, **how),
                (REMOTE, "unrecord"): UnlistStep(NAME, self.layout, store, **how),
            },
            concurrency={REMOTE: 2},
            settings=self.yard.settings,
            owner="desk",
            **how,
        )

    def work(self) -> Counter[str]:
        """A worker does what is due."""
        return self.worker().drain()

    def export(self) -> Made | None:
        with self.yard.store.writing() as db:
            return making.make(db, NAME, self.layout, by="ani", now=self.yard.clock())

    def exported(self) -> Made:
        made = self.export()
        assert made is not None, "there is nothing to be exported"
        return made

    def uploaded(self, number: int) -> int:
        with self.yard.store.writing() as db:
            return marking.uploaded(
                db,
                NAME,
                number,
                on=dt.date(2026, 11, 25),
                by="ani",
                now=self.yard.clock(),
            )

    def discard(self, number: int) -> int:
        with self.yard.store.writing() as db:
            return marking.discard(
                db, NAME, number, by="ani", why="wrong form", now=self.yard.clock()
            )

    def removed(self, *completions: int) -> int:
        with self.yard.store.writing() as db:
            return marking.removed(db, NAME, completions, now=self.yard.clock())

    def result_file(self, *lines: Sequence[Any], name: str = "result.xlsx") -> Path:
        """A result file: NIP, number, status, message and id of each line."""
        path = self.folder / name
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for number, line in enumerate([("NIP", "Nomor", "Status", "Keterangan", "ID"), *lines]):
                for column, value in enumerate(line):
                    sheet.write(number, column, value)
        return path

    def results(self, number: int, *lines: Sequence[Any], dry: bool = False) -> Told:
        path = self.result_file(*lines)
        return self.results_of(number, path, dry=dry)

    def results_of(self, number: int, path: Path, *, dry: bool = False) -> Told:
        read = resultfile.read(path, self.layout)
        if dry:
            with self.yard.store.reading() as db:
                return results.tell(db, NAME, number, read, self.layout, path.name)
        with self.yard.store.writing() as db:
            return results.apply(
                db,
                NAME,
                number,
                read,
                self.layout,
                path.name,
                by="ani",
                now=self.yard.clock(),
            )

    def retry(self, delivery: int) -> None:
        """Somebody has it tried again."""
        with self.yard.store.writing() as db:
            actions.retry(db, [delivery], now=self.yard.clock())
        self.work()

    def take_back(self, completion: int) -> None:
        """It is taken back, and HR has it undone."""
        self.yard.take_back(completion)
        self.yard.decide(completion)
        self.work()

    def tell_again(self, completion: int) -> None:
        """The LMS tells of it once more."""
        with self.yard.store.writing() as db:
            db.execute(
                update(completions).where(completions.c.id == completion).values(withdrawn_at=None)
            )
            withdrawals.end(db, completion, self.yard.clock())
        self.work()

    # --- for looking at

    def rows(self, number: int) -> list[RowLine]:
        with self.yard.store.reading() as db:
            return looking.list_rows(db, NAME, number)

    def told_of(self, number: int, position: int) -> tuple[str, str]:
        """NIP and number of the certificate of a row."""
        content = self.content(number).decode("utf-8-sig").splitlines()
        cells = content[position].split(";")
        return cells[1], cells[4]

    def content(self, number: int) -> bytes:
        query = select(uploads.c.content).where(uploads.c.number == number)
        with self.yard.store.reading() as db:
            return bytes(db.execute(query).scalar_one())

    def upload_state(self, number: int) -> str:
        query = select(uploads.c.state).where(uploads.c.number == number)
        with self.yard.store.reading() as db:
            return str(db.execute(query).scalar_one())

    def state(self, delivery: int) -> str:
        return self.yard.state(delivery)

    def reason(self, delivery: int) -> Reason:
        return self.yard.reason(delivery)

    def result_id(self, delivery: int) -> str | None:
        found = self.yard.row(delivery).result_id
        return None if found is None else str(found)

    def undoing(self, completion: int) -> int:
        """The delivery that undoes the completion."""
        query = select(deliveries.c.id).where(
            deliveries.c.completion_id == completion, deliveries.c.step == "unrecord"
        )
        with self.yard.store.reading() as db:
            return int(db.execute(query).scalar_one())
