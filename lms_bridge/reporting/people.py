"""The reports of how far people have come: who lacks JP, everybody by name, and by unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from lms_bridge.accounts.sight import Unit
from lms_bridge.i18n import mark
from lms_bridge.people import sums as kept
from lms_bridge.reporting import choosing
from lms_bridge.reporting.asked import Asked
from lms_bridge.reporting.choosing import Choice
from lms_bridge.reporting.figures import Figures, Standing, Sums
from lms_bridge.reporting.table import Cell, Column, Table

_COUNTED = mark(
    "Each training counts once, whether the bridge recorded it or somebody else did."
    " Who has retired or is inactive is left out."
)
_UNREAD = mark(
    "The training histories of %(count)s of them were never read: what others recorded of these is"
    " not counted."
)
_COUNTING = mark("The JP of %(count)s employees are being added up anew at this moment.")


def lacking(db: Connection, asked: Asked) -> Table:
    """Who has not reached their JP, the fewest first."""
    return _of_people(db, asked, lacking=True)


def by_name(db: Connection, asked: Asked) -> Table:
    """Everybody in service, by name."""
    return _of_people(db, asked, lacking=False)


def by_unit(db: Connection, asked: Asked) -> Table:
    """Each unit with those below it, in the order of the tree."""
    say = asked.say
    figures = _figures(db, asked)
    sight, chosen = asked.seen_by
    shown = [one for one in choosing.choices(db, sight) if choosing.is_seen(one.unit, chosen)]
    rows = list(_by_unit(figures, shown))
    columns = [
        Column(say(mark("Work unit")), width=50, name="unit"),
        Column(say(mark("Employees")), "number", 11, name="employees"),
        Column(say(mark("JP reached")), "number", 11, name="reached"),
        Column(say(mark("Lack JP")), "number", 11, name="lacking"),
        Column(say(mark("Reached, in per cent")), "number", 11, name="share"),
        Column(say(mark("JP")), "number", 11, name="jp"),
        Column(say(mark("JP each, on average")), "number", 13, name="mean"),
    ]
    return Table(
        title=asked.title,
        about=asked.about,
        columns=columns,
        rows=rows[: asked.limit],
        notes=[
            say(mark("Each unit is shown together with those below it, which are set in.")),
            *_notes(db, asked),
        ],
        sums=[None, *_cells(figures.sums())],
        count=len(rows),
        language=asked.language,
        name=asked.file_name,
    )


def _by_unit(figures: Figures, shown: Sequence[Choice]) -> Iterator[list[Cell]]:
    sums = {one.key: Sums() for one in shown}
    top = min((one.depth for one in shown), default=0)
    above: dict[str, list[str]] = {}
    path: list[str] = []
    for one in shown:
        del path[one.depth - top :]
        path.append(one.key)
        above[one.key] = list(path)
    for registry, unit_id, name, own in figures.by_unit():
        key = choosing.key_of(Unit(registry, unit_id, name))
        for each in above.get(key, ()):
            sums[each] += own
    for one in shown:
        if sums[one.key].people:
            yield ["   " * (one.depth - top) + one.unit.name, *_cells(sums[one.key])]


def _cells(one: Sums) -> list[Cell]:
    share = round(100 * one.reached / one.people) if one.people else None
    mean = round(one.total / one.people) if one.people else None
    return [one.people, one.reached, one.people - one.reached, share, one.total, mean]


def _of_people(db: Connection, asked: Asked, *, lacking: bool) -> Table:
    say = asked.say
    figures = _figures(db, asked)
    sums = figures.sums(lacking=lacking)
    notes = _notes(db, asked)
    if unread := figures.unread(lacking=lacking):
        notes.append(say(_UNREAD, count=unread))
    return Table(
        title=asked.title,
        about=asked.about,
        columns=[
            Column("NIP", "nip", 19, name="nip"),
            Column(say(mark("Name")), width=30, name="name"),
            Column(say(mark("Work unit")), width=36, name="unit"),
            Column(say(mark("Kind of employee")), width=9, name="kind"),
            Column(say(mark("JP by the bridge")), "number", 10, True, "ours"),
            Column(say(mark("JP of others")), "number", 10, True, "elsewhere"),
            Column(say(mark("JP in all")), "number", 9, True, "jp"),
            Column(say(mark("JP to reach")), "number", 10, name="wanted"),
            Column(say(mark("JP lacking")), "number", 10, True, "lacks"),
            Column(say(mark("History read on")), "date", 13, name="history_read"),
        ],
        rows=map(_row, figures.standings(lacking=lacking, limit=asked.limit)),
        notes=notes,
        sums=[None] * 4 + [sums.ours, sums.elsewhere, sums.total, None, sums.lacks, None],
        count=sums.people,
        language=asked.language,
        name=asked.file_name,
    )


def _row(one: Standing) -> list[Cell]:
    return [
        one.nip,
        one.name,
        one.unit,
        one.kind if one.kind != "other" else "",
        one.ours,
        one.elsewhere,
        one.total,
        one.wanted,
        one.lacks,
        one.read_at.date() if one.read_at else None,
    ]


def _figures(db: Connection, asked: Asked) -> Figures:
    return Figures(
        db,
        *asked.seen_by,
        year=asked.period.year,
        yearly=asked.yearly,
        wanted=asked.report.jp,
    )


def _notes(db: Connection, asked: Asked) -> list[str]:
    notes = [asked.say(_COUNTED)]
    if many := kept.how_many_to_count(db):
        notes.append(asked.say(_COUNTING, count=many))
    return notes
