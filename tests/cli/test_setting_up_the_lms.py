"""What the LMS has to be set up with, and what can be brought into it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

from lms_bridge.catalogue.framework import COLUMNS
from tests.cli.conftest import Terminal
from tests.conftest import on_sqlite


@on_sqlite
def test_the_plan_is_the_same_in_each_of_its_forms(terminal: Terminal) -> None:
    planned = json.loads(terminal.read("lms", "plan", "--json"))
    role = ElementTree.fromstring(terminal.read("lms", "plan", "moodle", "--xml"))
    functions = terminal.read("lms", "plan", "--functions").split()
    told = terminal.read("lms", "plan")
    capabilities = [one["name"] for one in planned["capabilities"]]
    assert [one.text for one in role.iter("allow")] == capabilities
    assert [one["name"] for one in planned["functions"]] == functions
    assert [name for name in [*capabilities, *functions] if name not in told] == []


@on_sqlite
def test_extras_are_in_the_role_only_where_they_are_asked_for(terminal: Terminal) -> None:
    extra = "<allow>moodle/site:viewuseridentity</allow>"
    assert extra not in terminal.read("lms", "plan", "--xml")
    assert extra in terminal.read("lms", "plan", "--xml", "--extras")


@on_sqlite
def test_a_plan_for_an_lms_that_there_is_none_of_is_refused(terminal: Terminal) -> None:
    assert "[lms.mudle]" in terminal.refused("lms", "plan", "mudle", code=2)


@on_sqlite
def test_the_framework_for_moodle_is_a_tree_of_families_competencies_and_levels(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "kompetensi.csv"
    terminal.read("competencies", "export", "--moodle", "-o", str(file))
    head, framework, *rows = csv.reader(io.StringIO(file.read_text("utf-8")))
    assert tuple(head) == COLUMNS
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert (framework[1], framework[12]) == ("ASN", "1")
    numbers = [row[1] for row in rows]
    assert len(set(numbers)) == len(numbers) == 2 + 9 + 9 * 5
    assert {row[0] for row in rows} <= {"", *numbers}, "each parent is there"
    assert ["ASN-INTEGRITAS", "ASN-INTEGRITAS-3"] in [row[:2] for row in rows]


@on_sqlite
def test_the_standard_competencies_are_listed_with_their_id_numbers(terminal: Terminal) -> None:
    assert "ASN-PEREKAT-5" in terminal.read("competencies", "list")
    (first, *_) = json.loads(terminal.read("competencies", "list", "--json"))
    assert (first["name"], first["levels"][2]["id_number"]) == ("Integritas", "ASN-INTEGRITAS-3")
