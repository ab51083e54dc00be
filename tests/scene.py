"""A bridge without its web service: a database, a Moodle over real HTTP, and what is told.

>>> scene.tell(completed(SITI_ID, LATSAR))
>>> scene.recognise()
>>> [one.nip for one in scene.completions()]
['198703152010012001']
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import select, update

from lms_bridge import reports
from lms_bridge.bridge import Bridge
from lms_bridge.catalogue import courses as catalogue
from lms_bridge.catalogue.course import Course
from lms_bridge.completions import Targets
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Sender, Settings
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.intake import Intake, Origin
from lms_bridge.jobs.pull_completions import PullCompletions
from lms_bridge.lms.base import BadgeAward
from lms_bridge.lms.moodle.client import Moodle
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.people import importing
from lms_bridge.reasons import Reason
from lms_bridge.recognition import in_force
from lms_bridge.recognition.recogniser import Recogniser
from lms_bridge.registries.siasn.settings import SiasnSettings
from lms_bridge.reports import CompletionLine
from lms_bridge.sandbox.city import City, demo_city
from lms_bridge.sandbox.server import Server
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import (
    completions,
    courses,
    deliveries,
    employees,
    identities,
    sightings,
    statements,
)
from lms_bridge.store.types import AnyRow
from xapi import read_statements, vocabulary

SITE = "https://moodle.example"
TOKEN = "MOODLE_SANDBOX_TOKEN"
_LOGSTORE = {
    "http://moodle.org": "4.5.6 (Build: 20250811)",
    "https://github.com/xAPI-vle/moodle-logstore_xapi": "5.0.1",
    "event_name": "\\core\\event\\course_completed",
}


def course(key: str, **changes: Any) -> Course:
    """A course of the catalogue that is recognised by its key as its external id."""
    values: dict[str, Any] = {
        "key": key,
        "name": f"Pelatihan {key}",
        "organiser": "BKPSDM Kota Pematangsiantar",
        "kind": 4,
        "hours": 20,
        "external_ids": (key,),
    }
    return Course(**values | changes)


LATSAR_COURSE = course("DIKLAT-LATSAR-2026")
BADGE = BadgeAward(route="cohort", name="Badge Kohort Latsar", cohort="BADGE-LATSAR-2026")


def actor(name: str | int, site: str = SITE, shown: str = "") -> dict[str, Any]:
    """An actor with an account."""
    found: dict[str, Any] = {"account": {"homePage": site, "name": str(name)}}
    return found | ({"name": shown} if shown else {})


def by_mail(address: str) -> dict[str, Any]:
    """An actor with an e-mail address."""
    return {"mbox": f"mailto:{address}"}


def completed(
    who: Mapping[str, Any] | int,
    external_id: str = "DIKLAT-LATSAR-2026",
    *,
    at: str | None = "2026-11-24T02:00:00Z",
    activity: str = f"{SITE}/course/view.php?id=3",
    kind: str = vocabulary.COURSE,
    verb: str = vocabulary.COMPLETED,
    short_id: str = "",
    **more: Any,
) -> dict[str, Any]:
    """A statement that somebody completed a course, as a home-made LMS would send it."""
    marks = {vocabulary.EXTERNAL_ID: external_id, vocabulary.SHORT_ID: short_id}
    statement: dict[str, Any] = {
        "actor": actor(who) if isinstance(who, int) else dict(who),
        "verb": {"id": verb},
        "object": {
            "id": activity,
            "definition": {
                "type": kind,
                "name": {"id": "Latihan Dasar CPNS"},
                "extensions": {name: value for name, value in marks.items() if value},
            },
        },
        **more,
    }
    return statement | ({"timestamp": at} if at else {})


def by_logstore(statement: dict[str, Any], registration: str) -> dict[str, Any]:
    """`statement` as Moodle's plugin sends it: with a registration that means nothing."""
    context = {
        "registration": registration,
        "extensions": {vocabulary.SOURCE_EVENT: _LOGSTORE},
    }
    return {**statement, "context": {**context, **statement.get("context", {})}}


def voiding(statement_id: str) -> dict[str, Any]:
    """A statement that takes another back."""
    return {
        "actor": by_mail("admin@example.go.id"),
        "verb": {"id": vocabulary.VOIDED},
        "object": {"objectType": "StatementRef", "id": statement_id},
    }


def sender(name: str, **more: Any) -> Sender:
    return Sender(name=name, username=name, password=Secret("env:SENDER"), **more)


class Line(msgspec.Struct):
    """A completion with what belongs to it."""

    id: int
    nip: str
    course: str
    role: str
    run: str
    hours: int
    number: str
    completed_at: dt.datetime
    time_source: str
    starts: dt.date
    ends: dt.date
    lms: str
    lms_user_id: str
    withdrawn: bool
    steps: dict[str, str]
    """state by remote"""


class Scene:
    """What the tests of recognition play on."""

    def __init__(self, store: Store, clock: Any, city: City, settings: Settings) -> None:
        self.store = store
        self.clock = clock
        self.city = city
        self.site = city.moodle.site
        self.configure(settings)
        self.intake = Intake(store, clock=clock)

    def configure(self, settings: Settings) -> None:
        """Go on with other settings, as after a restart."""
        self.settings = settings
        self.bridge = Bridge(settings, self.store)
        self.lms = {name: Moodle(name, each) for name, each in settings.lms.items()}
        self.recogniser = Recogniser(self.store, settings, self.lms, clock=self.clock)

    def change(self, **changes: Any) -> None:
        """Go on with these settings changed."""
        self.configure(msgspec.structs.replace(self.settings, **changes))

    def change_moodle(self, **changes: Any) -> None:
        """Go on with these settings of the LMS changed."""
        moodle = msgspec.structs.replace(self.settings.lms["moodle"], **changes)
        self.change(lms={**self.settings.lms, "moodle": moodle})

    def restart(self) -> int:
        """What a bridge does when it starts; how many sightings are judged again."""
        with self.store.writing() as db:
            return in_force.compare(db, self.settings)

    def catalogue(self, *wanted: Course, **options: Any) -> catalogue.Change:
        """Put courses into the catalogue."""
        options = {"source": "csv", "now": self.clock()} | options
        with self.store.writing() as db:
            return catalogue.put(db, wanted, **options)

    def link(self, *people: importing.Person) -> importing.Imported:
        """Import the word of HR."""
        with self.store.writing() as db:
            return importing.put(db, list(enumerate(people, start=2)), now=self.clock())

    def tell(self, *told: Mapping[str, Any], by: str = "moodle") -> tuple[str, ...]:
        """Statements come in; their ids."""
        return self.intake.store(Origin(by), read_statements(json.dumps(list(told)).encode()))

    def recognise(self) -> dict[str, int]:
        """Judge them; how many sightings came to which state."""
        return dict(self.recogniser.run())

    def hear(self, *told: Mapping[str, Any], by: str = "moodle") -> tuple[str, ...]:
        """Statements come in and are judged; their ids."""
        ids = self.tell(*told, by=by)
        self.recognise()
        return ids

    def pull(self) -> Counter[str]:
        """Ask the LMS what nobody told; what the job counted."""
        return PullCompletions(self.bridge, clock=self.clock).run(lambda done, total: None)

    def completions(self) -> list[Line]:
        """All completions, in the order in which they were made."""
        with self.store.reading() as db:
            rows = db.execute(
                select(completions, employees.c.nip, courses.c.key)
                .join(employees, completions.c.employee_id == employees.c.id)
                .join(courses, completions.c.course_id == courses.c.id)
                .order_by(completions.c.id)
            ).all()
            steps = db.execute(select(deliveries)).all()
        return [
            Line(
                id=row.id,
                nip=row.nip,
                course=row.key,
                role=row.role,
                run=row.run,
                hours=row.hours,
                number=row.certificate_number,
                completed_at=row.completed_at,
                time_source=row.time_source,
                starts=row.starts,
                ends=row.ends,
                lms=row.lms,
                lms_user_id=row.lms_user_id,
                withdrawn=row.withdrawn_at is not None,
                steps={one.remote: one.state for one in steps if one.completion_id == row.id},
            )
            for row in rows
        ]

    def undecided(self) -> list[CompletionLine]:
        """What was taken back, and HR has to decide about."""
        with self.store.reading() as db:
            return reports.list_completions(db, now=self.clock(), undecided=True)

    def completion(self) -> Line:
        """The only completion."""
        (only,) = self.completions()
        return only

    def sightings(self, **which: Any) -> list[AnyRow]:
        """What was seen, in the order in which it came; narrowed by columns."""
        query = select(sightings, statements.c.id.label("statement_id")).outerjoin(
            statements, sightings.c.statement_seq == statements.c.seq
        )
        for name, value in which.items():
            query = query.where(sightings.c[name] == value)
        with self.store.reading() as db:
            return list(db.execute(query.order_by(sightings.c.id)))

    def states(self) -> list[str]:
        """State, or state and reason, of each sighting."""
        return [
            f"{row.state}: {row.reason_code}" if row.reason_code else row.state
            for row in self.sightings()
        ]

    def reason(self, **which: Any) -> Reason:
        """The reason of the only sighting."""
        (only,) = self.sightings(**which)
        return Reason.stored(only.reason_code, only.reason_details)

    def keys(self, nip: str) -> set[str]:
        """By what the employee is known."""
        query = (
            select(identities.c.key)
            .join(employees, identities.c.employee_id == employees.c.id)
            .where(employees.c.nip == nip)
        )
        with self.store.reading() as db:
            return set(db.execute(query).scalars())

    def nips(self) -> list[str]:
        """The NIPs of all employees, as they were met."""
        with self.store.reading() as db:
            return list(db.execute(select(employees.c.nip).order_by(employees.c.id)).scalars())

    def deliver(self, completion_id: int, remote: str = "registry.siasn", **columns: Any) -> None:
        """Let a delivery have come to what the columns say, done if they say nothing."""
        columns = columns or {
            "state": State.DONE,
            "result_id": f"row-{completion_id}",
            "reason_code": "done",
            "attempts": 1,
        }
        with self.store.writing() as db:
            db.execute(
                update(deliveries)
                .where(deliveries.c.completion_id == completion_id, deliveries.c.remote == remote)
                .values(**columns)
            )

    def not_in_the_registry(self, completion_id: int) -> None:
        """Let the registry have answered that it knows nobody with the NIP."""
        reason = Reason("employee_not_in_registry", remote="registry.siasn", nip="?")
        self.deliver(
            completion_id,
            state=State.BLOCKED,
            reason_code=reason.code,
            reason_details=reason.details,
            attempts=1,
        )


def settings_of(moodle_url: str, **changes: Any) -> Settings:
    """Settings with one Moodle, one SIASN and one sender."""
    moodle = MoodleSettings(
        url=moodle_url, home_page=SITE, token=Secret(f"env:{TOKEN}"), known_user="learner1"
    )
    siasn = SiasnSettings(consumer_key=Secret("env:KEY"), consumer_secret=Secret("env:SECRET"))
    values: dict[str, Any] = {
        "senders": (sender("moodle"),),
        "lms": {"moodle": moodle},
        "registry": {"siasn": siasn},
    }
    return Settings(**values | changes)


@contextmanager
def a_scene(store: Store, clock: Any) -> Iterator[Scene]:
    """The scene, with "Latihan Dasar CPNS" in the catalogue."""
    city = demo_city(clock=lambda: clock().timestamp())
    with Server(city.moodle) as moodle:
        scene = Scene(store, clock, city, settings_of(moodle.url))
        scene.catalogue(LATSAR_COURSE)
        yield scene
        scene.intake.close()


def targets(registries: Sequence[str] = ("siasn",), lms: Sequence[str] = ("moodle",)) -> Targets:
    return Targets(tuple(registries), tuple(lms))
