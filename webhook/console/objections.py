"""What is wrong with a course or a list of courses, in the words and the language of the page.

The catalogue and what reads tables say it in English, with the names of the columns, for whoever
gives commands. Whoever fills in a form or sends a list gets the sentence that stands here; what has
none is told as it is.
"""

from __future__ import annotations

import re

from flask_babel import gettext

from lms_bridge.i18n import mark

_COLUMN = re.compile(r"([a-z_]+(?:[.\[][a-z_.\[\]0-9]+)?): (.+)", re.DOTALL)
_LINE = re.compile(r"line (\d+): (.+)", re.DOTALL)
_IS = r"(?: \(it is '(?P<value>.*)'\))?"
"""what stands in the cell"""

_SENTENCES = [
    (re.compile(pattern, re.DOTALL), sentence)
    for pattern, sentence in (
        (r"expected `int` <= (?P<most>\d+)" + _IS, mark("A whole number, %(most)s at the most.")),
        (r"expected `int` >= (?P<least>\d+)" + _IS, mark("A whole number, %(least)s or more.")),
        (r"expected `int`.*?" + _IS, mark("A whole number, such as 20.")),
        (r"expected `float.*", mark("A number from 0 to 1, such as 0.7.")),
        (r"invalid RFC3339 .*", mark("A day, written as 2026-03-31.")),
        (
            r"expected `str` of length <= (?P<most>\d+).*",
            mark("%(most)s characters at the most."),
        ),
        (
            r"expected `str` matching .*",
            mark("Letters, digits and . _ / - only, beginning with a letter or digit."),
        ),
        (
            r"invalid enum value '(?P<value>.*)'",
            mark("“%(value)s” is none of what can stand there."),
        ),
        (r"(?P<column>[a-z_.\[\]0-9]+) is required", mark("The column %(column)s is empty.")),
        (
            r"needs activities, external_ids or short_ids.*",
            mark("It needs activities, external_ids or short_ids; else nothing is recognised."),
        ),
        (
            r"hours must be at least 1.*",
            mark("It needs hours of 1 or more, or instructor_hours where only they count."),
        ),
        (
            r"kind 1 \(Diklat Struktural\) needs .*",
            mark("Kind 1 (Diklat Struktural) needs structural_training, 1 to 8."),
        ),
        (r"starts must not be after ends", mark("The first day is after the last.")),
        (
            r'run = "yearly" is begun anew .*',
            mark("What counts once a year has no first and last day of its own."),
        ),
        (
            r"'.*' is empty, or has control .*",
            mark("It is empty, or has spaces or characters around it that cannot be seen."),
        ),
        (
            r"(?P<what>\{.*?\}) is none of (?P<known>.+)",
            mark("%(what)s is none of %(known)s."),
        ),
        (
            r"a number would be longer than (?P<most>\d+)",
            mark("%(most)s characters at the most."),
        ),
        (
            r"key '(?P<key>.*)' stands in line (?P<line>\d+) too",
            mark("The key %(key)s stands in line %(line)s too."),
        ),
        (r"two courses have the key (?P<key>.+)", mark("Two courses have the key %(key)s.")),
        (
            r"courses (?P<one>.+) and (?P<other>.+) both claim"
            r" the (?:activity|external id|short id) (?P<what>.+)",
            mark("Two courses, %(one)s and %(other)s, are to be recognised by %(what)s."),
        ),
        (
            r"course (?P<key>.+) is kept in the (?P<where>.+) and can only be changed there",
            mark("The course %(key)s is kept elsewhere (%(where)s), and is changed only there."),
        ),
        (r"lacks the column (?P<column>.+)", mark("The column %(column)s is missing.")),
        (
            r"has an unknown column '(?P<column>.*)'; there are (?P<known>.+)",
            mark("There is no column %(column)s; there are %(known)s."),
        ),
        (r"has the column (?P<column>.+) twice", mark("The column %(column)s is there twice.")),
        (
            r"has (?P<values>\d+) values for (?P<columns>\d+) columns",
            mark("There are %(values)s values for %(columns)s columns."),
        ),
        (
            r"(?P<value>.+) is kept as a number, whose last digits are lost.*",
            mark(
                "%(value)s is kept as a number, whose last digits are lost. Format the column as"
                " text, and enter it anew."
            ),
        ),
        (r"is not UTF-8 text .*", mark("This is not text in UTF-8. Save it as “CSV UTF-8”.")),
        (
            r"is an Excel file of the old kind.*",
            mark("This is an Excel file of the old kind, or has a password. Save it as .xlsx."),
        ),
        (r"is not an XLSX file that could be read.*", mark("This XLSX file cannot be read.")),
        (r"has no sheet that is shown", mark("The file has no sheet that is shown.")),
        (r"is too large", mark("The file is too large.")),
    )
]


def in_words(problem: str) -> str:
    """`problem` in the language of the page, with its line and its column.

    >>> in_words("line 2: kind: expected `int` <= 25 (it is '99')")
    'Line 2, kind: A whole number, 25 at the most. (99)'
    """
    if found := _LINE.fullmatch(problem):
        return str(gettext("Line %(line)s", line=found[1])) + _after(found[2])
    return _sentence(problem)


def _after(problem: str) -> str:
    column = _COLUMN.fullmatch(problem)
    if column is None:
        return f": {_sentence(problem)}"
    return f", {column[1]}: {_sentence(column[2])}"


def _sentence(problem: str) -> str:
    for pattern, sentence in _SENTENCES:
        if found := pattern.fullmatch(problem):
            details = {name: value or "" for name, value in found.groupdict().items()}
            if kept_in := details.get("where"):
                details["where"] = gettext(kept_in)
            said = str(gettext(sentence, **details))
            value = details.get("value", "")
            return f"{said} ({value})" if value and "%(value)s" not in sentence else said
    return problem
