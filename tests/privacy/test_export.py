"""All that the bridge has of one person, in a file."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table

from lms_bridge.accounts import accesses
from lms_bridge.accounts.accesses import Looks
from lms_bridge.accounts.audit import Actor
from lms_bridge.lrs.documents import Documents
from lms_bridge.privacy import export, whose
from lms_bridge.sandbox.city import SITI
from lms_bridge.store import schema
from tests.eventful import SITIS_ID
from tests.scene import SITE, Scene, actor, completed
from xapi.concurrency import Preconditions
from xapi.documents import DocumentQuery, Resource
from xapi.merging import Document

HER_KEY = f"account:{SITE}|4"


@pytest.fixture
def exported(scene: Scene, siti: int, tmp_path: Path) -> Iterator[zipfile.ZipFile]:
    with _export(scene, siti, tmp_path) as exported:
        yield exported


def _export(scene: Scene, employee_id: int, folder: Path) -> zipfile.ZipFile:
    path = folder / "all.zip"
    with scene.store.reading() as db:
        export.write(db, employee_id, path, language="en", now=scene.clock())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return zipfile.ZipFile(path)


def _data(of: zipfile.ZipFile) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(of.read("data.json"))
    return found


def test_it_has_what_is_known_of_the_person_and_of_nobody_else(exported: zipfile.ZipFile) -> None:
    data = _data(exported)
    assert data["employee"]["nip"] == SITI
    tables = data["tables"]
    assert [one["course"] for one in tables["completions"]] == ["Latihan Dasar CPNS"]
    assert {one["result_id"] for one in tables["deliveries"]} == {"row-1", "a1b2"}
    assert {one["key"] for one in tables["identities"]} >= {f"nip:{SITI}", HER_KEY}
    text = exported.read("data.json") + exported.read("statements.jsonl")
    assert b"Yuni" not in text
    summary = exported.read("summary.txt").decode()
    assert "Name: Siti Rahmawati" in summary
    assert "Latihan Dasar CPNS" in summary


def test_statements_are_told_as_they_came(scene: Scene, siti: int, tmp_path: Path) -> None:
    raw = json.dumps(completed(4, "X", activity="https://moodle.example/y"), indent=1)
    scene.tell(json.loads(raw))
    scene.recognise()
    with _export(scene, siti, tmp_path) as exported:
        lines = [json.loads(one) for one in exported.read("statements.jsonl").splitlines()]
    assert lines[0]["id"] == SITIS_ID
    with scene.store.reading() as db:
        kept = {one.id: one.raw for one in db.execute(schema.statements.select())}
    assert len(lines) == 3
    assert all(line["statement"].encode() == kept[line["id"]] for line in lines)


def test_statements_of_others_are_only_named(scene: Scene, siti: int, tmp_path: Path) -> None:
    told = completed(12, "MENTORING", context={"instructor": actor(4, shown="Siti Rahmawati")})
    (other,) = scene.hear(told)
    with _export(scene, siti, tmp_path) as exported:
        assert _data(exported)["mentioned_in"] == [other]
        assert other.encode() not in exported.read("statements.jsonl")


@pytest.mark.parametrize("knows_whose", [True, False])
def test_documents_of_the_person_are_in_it(
    scene: Scene, siti: int, tmp_path: Path, knows_whose: bool
) -> None:
    documents = Documents(scene.store, clock=scene.clock)
    for agent, resource, activity in (
        (HER_KEY, Resource.STATE, f"{SITE}/course/view.php?id=3"),
        (HER_KEY, Resource.AGENT_PROFILE, None),
        (f"account:{SITE}|13", Resource.AGENT_PROFILE, None),
    ):
        asked = DocumentQuery(resource=resource, id="bookmark", activity=activity, agent=agent)
        documents.put(asked, Document(b"page 7", "text/plain"), Preconditions(if_none_match="*"))
    if not knows_whose:  # as they were stored by an older version
        with scene.store.writing() as db:
            db.execute(schema.documents.update().values(agent=None))
    with _export(scene, siti, tmp_path) as exported:
        files = [one["file"] for one in _data(exported)["documents"]]
        assert len(files) == 2
        assert exported.read(files[0]) == b"page 7"


def test_who_has_looked_at_it_is_in_it(scene: Scene, siti: int, tmp_path: Path) -> None:
    Looks(scene.store, clock=scene.clock).note(Actor(name="budi", role="hr"), "page", siti)
    with _export(scene, siti, tmp_path) as exported:
        (seen,) = _data(exported)["tables"]["accesses"]
    assert (seen["by"], seen["what"]) == ("budi", "page")


def test_a_file_that_is_there_is_not_overwritten(scene: Scene, siti: int, tmp_path: Path) -> None:
    _export(scene, siti, tmp_path).close()
    with pytest.raises(FileExistsError):
        _export(scene, siti, tmp_path)


def test_every_table_that_leads_to_a_person_is_known_to_do_so() -> None:
    """Whoever adds one says here whether it is exported and erased."""
    followed = {
        schema.employees,
        schema.sightings,
        *whose.NOTES,
        *(owned.table for owned in whose.TABLES),
    }
    about_people = {"employees", "completions", "awards", "deliveries"}

    def leads(table: Table) -> bool:
        keys = {key.column.table.name for key in table.foreign_keys}
        return "employee_id" in table.columns or bool(keys & about_people)

    assert {one for one in schema.metadata.tables.values() if leads(one)} <= followed


# --- who looked -----------------------------------------------------------------------------------


def _looked(scene: Scene, **which: Any) -> list[tuple[str, int | None]]:
    with scene.store.reading() as db:
        return [(one.what, one.employee_id) for one in accesses.entries(db, **which)]


def test_what_is_looked_at_again_soon_is_written_down_once(scene: Scene) -> None:
    looks, budi = Looks(scene.store, clock=scene.clock), Actor(name="budi", role="hr")
    looks.note(budi, "page", 1)
    looks.note(budi, "page", 1)
    looks.note(budi, "list", list="employees")
    looks.note(Actor(name="ani", role="hr"), "page", 1)
    assert _looked(scene) == [("page", 1), ("list", None), ("page", 1)]
    scene.clock.forward(minutes=10)
    looks.note(budi, "page", 1)
    assert _looked(scene, by="budi") == [("page", 1), ("list", None), ("page", 1)]
    assert _looked(scene, employee_id=1, since=scene.clock()) == [("page", 1)]
