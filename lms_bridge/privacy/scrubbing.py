"""What becomes of each row that is about somebody who is erased.

The tables are those of :data:`lms_bridge.privacy.whose.TABLES`. A row either goes or stays without
what says, or could say, who it is: texts of remote systems and reasons with details among that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, or_, select, update

from lms_bridge.certificates.certificate import new_public_id
from lms_bridge.deliveries import lifecycle
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.errands import asking
from lms_bridge.lrs.keys import Kind, key
from lms_bridge.people import erased, keys
from lms_bridge.privacy.whose import TABLES, Whose, is_of
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.store.many import among
from lms_bridge.store.schema import (
    agents,
    attempts,
    awards,
    backfill_entries,
    badge_reviews,
    completions,
    corrections,
    deliveries,
    dismissals,
    employees,
    findings,
    history_readings,
    history_rows,
    hours_reviews,
    identities,
    postings,
    professionality_indexes,
    sightings,
    upload_rows,
    withdrawals,
    yearly_hours,
    yearly_trainings,
)

GO: Final = frozenset(
    {
        identities,
        postings,
        history_rows,
        history_readings,
        professionality_indexes,
        yearly_hours,
        yearly_trainings,
    }
)
"""tables whose rows go"""

STAY: Final[Mapping[Table, Mapping[str, Any]]] = {
    completions: {"public_id": None, "lms_user_id": "", "score": None},
    withdrawals: {"reason_details": None, "decided_why": None},
    corrections: {"why": ""},
    awards: {"reason_details": None},
    deliveries: {"reason_details": None, "progress": {}, "result_link": None},
    attempts: {"reason_details": None, "exchanges": None},
    upload_rows: {"cells": [], "training": {}, "message": None},
    findings: {"details": {}, "reason_details": None, "decided_why": None},
    backfill_entries: {"name": "", "row": None, "reason_details": None, "decided_why": None},
}
"""tables whose rows stay, and what becomes of their columns"""

AS_IT_IS: Final = frozenset({"accesses", "audit_entries"})
"""tables whose rows stay as they are: in them stand numbers of employees, and no names"""

_SAID = Reason("cancelled", by="lms-bridge", why="erased")


def names_of(db: Connection, theirs: Whose) -> list[str]:
    """All keys by which somebody is, or may be, known."""
    query = select(identities.c.lms, identities.c.lms_user_id).where(
        identities.c.employee_id == theirs.employee_id, identities.c.lms_user_id != ""
    )
    at = [keys.of_lms_account(row.lms, row.lms_user_id) for row in db.execute(query)]
    done = select(completions.c.lms, completions.c.lms_user_id).where(
        completions.c.employee_id == theirs.employee_id, completions.c.lms_user_id != ""
    )
    at += [keys.of_lms_account(row.lms, row.lms_user_id) for row in db.execute(done)]
    seen = select(sightings.c.actor).where(
        among(sightings.c.id, theirs.sightings), sightings.c.actor.is_not(None)
    )
    mine = select(employees.c.nip).where(employees.c.id == theirs.employee_id)
    nips = [keys.of_nip(nip) for nip in db.scalars(mine)]
    return sorted({*theirs.keys, *at, *nips, *(one for one in db.scalars(seen) if one)})


def deliveries_of(employee_id: int) -> ColumnElement[bool]:
    """That a delivery is of a completion or an award of theirs."""
    return or_(*(is_of(one, employee_id) for one in TABLES if one.table is deliveries))


def scrub(db: Connection, theirs: Whose, now: dt.datetime) -> None:
    """Take from all rows what says who it is, in this transaction."""
    number = theirs.employee_id
    for award_id in db.scalars(select(awards.c.id).where(awards.c.employee_id == number)).all():
        other = {"public_id": new_public_id()}  # so that what was shared leads nowhere
        db.execute(update(awards).where(awards.c.id == award_id).values(**other))
    for owned in reversed(TABLES):  # what leans on others first
        which = is_of(owned, number)
        if owned.table in GO:
            db.execute(delete(owned.table).where(which))
        elif owned.table in STAY:
            db.execute(update(owned.table).where(which).values(**STAY[owned.table]))
    of_them = select(findings.c.id).where(findings.c.employee_id == number)
    asking.forget_of(db, number, list(db.scalars(of_them)))
    _give_up(db, number, now)
    for entry in db.scalars(
        select(backfill_entries.c.id).where(backfill_entries.c.employee_id == number)
    ).all():
        one = backfill_entries.c.id == entry
        db.execute(update(backfill_entries).where(one).values(lms_user=f"erased:{entry}"))
    for notes in (badge_reviews, hours_reviews):
        db.execute(delete(notes).where(notes.c.employee_id == number))
    db.execute(delete(dismissals).where(among(dismissals.c.key, theirs.keys)))
    known_as = [key(Kind.AGENT, one) for one in theirs.actor_keys]
    db.execute(delete(agents).where(among(agents.c.key, known_as)))
    _forget_sightings(db, theirs)
    db.execute(update(employees).where(employees.c.id == number).values(**_nobody(number)))


def _give_up(db: Connection, employee_id: int, now: dt.datetime) -> None:
    """What is to be done for them is not done any more, nor said in statements of the bridge."""
    mine = deliveries_of(employee_id)
    over = (State.DONE, State.CANCELLED)
    db.execute(
        update(deliveries)
        .where(mine, deliveries.c.state.not_in(over))
        .values(state=lifecycle.leads_to("cancel"), changed_at=now, **reason_columns(_SAID))
    )
    unsaid = and_(deliveries.c.state == State.DONE, deliveries.c.statement_id.is_(None))
    db.execute(update(deliveries).where(mine, unsaid).values(statement_id=""))


def _forget_sightings(db: Connection, theirs: Whose) -> None:
    which = among(sightings.c.id, theirs.sightings)
    nobody = {"actor": None, "actor_name": None, "reason_details": None, "due_at": None}
    db.execute(update(sightings).where(which).values(**nobody))
    waits = (SightingState.NEW, SightingState.ASKING, SightingState.ATTENTION)
    over = {"state": SightingState.NONE, **reason_columns(Reason(erased.ERASED))}
    db.execute(update(sightings).where(which, sightings.c.state.in_(waits)).values(**over))
    for pulled in db.scalars(
        select(sightings.c.id).where(which, sightings.c.pull_key.is_not(None))
    ).all():
        one = sightings.c.id == pulled
        db.execute(update(sightings).where(one).values(pull_key=f"erased:{pulled}"))


def _nobody(employee_id: int) -> dict[str, Any]:
    return {
        "nip": erased.nip_of(employee_id),
        "name": "",
        "unit_id": "",
        "unit_name": "",
        "status": "erased",
        "registry_refs": {},
    }


def unspoken() -> Iterator[str]:
    """Tables of which nothing is said here; a test holds that there are none."""
    for owned in TABLES:
        name = owned.table.name
        if owned.table not in GO and owned.table not in STAY and name not in AS_IT_IS:
            yield name
