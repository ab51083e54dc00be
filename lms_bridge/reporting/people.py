"""The reports of how far people have come: who lacks JP, everybody by name, and by unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from lms_bridge.figures.standings import NOBODY, Standing
from lms_bridge.figures.units import OfUnit
from lms_bridge.i18n import mark
from lms_bridge.people import sums as kept
from lms_bridge.reporting import choosing
from lms_bridge.reporting.asked import Asked
from lms_bridge.reporting.choosing import Choice
from lms_bridge.reporting.figures import Figures, PersonStanding
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
    sight, chosen = asked.seen_by
    shown = [one for one in choosing.choices(db, sight) if chosen.shows(one.unit)]
    standings = Figures(db, asked).by_unit()
    rows = list(_by_unit(standings.units, shown))
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
        sums=[None, *_cells(standings.together)],
        count=len(rows),
        language=asked.language,
        name=asked.file_name,
    )


def _by_unit(units: Sequence[OfUnit[Standing]], shown: Sequence[Choice]) -> Iterator[list[Cell]]:
    sums = {one.key: NOBODY for one in shown}
    top = min((one.depth for one in shown), default=0)
    above: dict[str, list[str]] = {}
    path: list[str] = []
    for one in shown:
        del path[one.depth - top :]
        path.append(one.key)
        above[one.key] = list(path)
    for own in units:
        for each in above.get(choosing.key_of(own.unit), ()):
            sums[each] += own.figures
    for one in shown:
        if sums[one.key].people:
            yield ["   " * (one.depth - top) + one.unit.name, *_cells(sums[one.key])]


def _cells(one: Standing) -> list[Cell]:
    share = round(one.share) if one.people else None
    mean = round(one.all.hours / one.people) if one.people else None
    return [one.people, one.reached, one.lacking.people, share, one.all.hours, mean]


def _of_people(db: Connection, asked: Asked, *, lacking: bool) -> Table:
    say = asked.say
    figures = Figures(db, asked)
    together = figures.together()
    sums = together.lacking if lacking else together.all
    notes = _notes(db, asked)
    if sums.unread:
        notes.append(say(_UNREAD, count=sums.unread))
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
        rows=map(_row, figures.people(lacking=lacking)),
        notes=notes,
        sums=[None] * 4 + [sums.ours, sums.elsewhere, sums.hours, None, sums.lacks, None],
        count=sums.people,
        language=asked.language,
        name=asked.file_name,
    )


def _row(one: PersonStanding) -> list[Cell]:
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


def _notes(db: Connection, asked: Asked) -> list[str]:
    notes = [asked.say(_COUNTED)]
    if many := kept.how_many_to_count(db):
        notes.append(asked.say(_COUNTING, count=many))
    return notes
