"""The standard competencies as a file that Moodle's competency-framework import accepts.

The import (``admin/tool/lpimportcsv``) reads fourteen columns in this order; a row with
``Is framework`` is the framework, and each other row names its parent by ID number, nothing being
the framework itself. Read in its source and tried on Moodle 4.5.

A badge's criterion can only ask whether a competency is reached, not at which place of its scale.
So each level is a competency of its own, below the one that it is a level of, and all are rated on
a scale of two places: not reached, reached.
"""

from __future__ import annotations

import csv
import io
import json

from lms_bridge.catalogue.competencies import FRAMEWORK, Standard, standard

COLUMNS = (
    "Parent ID number",
    "ID number",
    "Short name",
    "Description",
    "Description format",
    "Scale values",
    "Scale configuration",
    "Rule type (optional)",
    "Rule outcome (optional)",
    "Rule config (optional)",
    "Cross-referenced competency ID numbers",
    "Exported ID (optional)",
    "Is framework",
    "Taxonomy",
)
REACHED = 2
"""the place in the scale that means that a level is reached: the default ``rating`` of a badge"""

_SCALE = ("Belum kompeten", "Kompeten")
_PLAIN = "2"
"""of Moodle's formats of a text: FORMAT_PLAIN"""
_FAMILIES = {
    "manajerial": ("MANAJERIAL", "Manajerial"),
    "sosial kultural": ("SOSKUL", "Sosial Kultural"),
}
_LEVELS_OF_THE_TREE = ("domain", "competency", "level", "level")


def moodle_csv() -> str:
    """The file, in UTF-8 once it is encoded; its lines end as RFC 4180 has them."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerow(_framework())
    for code, name in _FAMILIES.values():
        writer.writerow(_row("", f"{FRAMEWORK}-{code}", name, f"Kompetensi {name.lower()}"))
    for each in standard().values():
        writer.writerows(_rows(each))
    return text.getvalue()


def _framework() -> list[str]:
    # Moodle puts the id of the scale that it finds or makes in the place of this one.
    configuration = [{"scaleid": "0"}, {"id": REACHED, "scaledefault": 1, "proficient": 1}]
    row = _row("", FRAMEWORK, "Standar Kompetensi ASN", "Permenpan RB No. 38 Tahun 2017")
    return [
        *row[:5],
        ",".join(_SCALE),
        json.dumps(configuration, separators=(",", ":")),
        *[""] * 5,
        "1",
        ",".join(_LEVELS_OF_THE_TREE),
    ]


def _rows(one: Standard) -> list[list[str]]:
    family, _ = _FAMILIES[one.family]
    parent = one.id_number()
    return [
        _row(f"{FRAMEWORK}-{family}", parent, one.name, one.definition),
        *(
            _row(parent, one.id_number(level), f"{one.name} {level}", text)
            for level, text in enumerate(one.levels, start=1)
        ),
    ]


def _row(parent: str, number: str, name: str, description: str) -> list[str]:
    return [parent, number, name, description, _PLAIN, *[""] * (len(COLUMNS) - 5)]
