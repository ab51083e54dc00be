"""A bridge in which something of everything has happened, for what shows it to people.

| who   | course                | what became of it                                           |
|-------|-----------------------|-------------------------------------------------------------|
| Siti  | Latihan Dasar CPNS    | in the registry as row-1, with its badge                    |
| Yuni  | Latihan Dasar CPNS    | the registry knows nobody with her NIP                      |
| Sahat | Mentoring [ASN] <b>   | waits for the registry, which is down                       |
| Dewi  | the same, as mentor   | waits as well                                               |
| Agus  | Manajemen Arsip       | no such course in the catalogue                             |
| Siti  | a page of the course  | no completion                                               |
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import update

from lms_bridge.config.settings import Breaker
from lms_bridge.deliveries import health
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.people.importing import Person
from lms_bridge.reasons import Reason
from lms_bridge.recognition import in_force
from lms_bridge.sandbox.city import SITI
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import settings_in_force
from tests.scene import BADGE, SITE, TOKEN, Scene, a_scene, actor, completed, course

LATSAR = "DIKLAT-LATSAR-2026"
SITIS_ID = "fd41c918-b88b-4b20-a0a5-a4c32391aaa0"
LINK = "https://moodle.example/badges/badge.php?hash=a1b2"

CONFIGURATION = """
language = "en"
[database]
url = "{database}"
[log]
level = "error"
[[senders]]
name = "moodle"
username = "moodle"
password = "env:SENDER"
[lms.moodle]
type = "moodle"
url = "{moodle}"
home_page = "{site}"
token = "env:{token}"
known_user = "learner1"
[registry.siasn]
type = "siasn"
consumer_key = "env:KEY"
consumer_secret = "env:SECRET"
"""


def configuration(scene: Scene, database: str) -> str:
    """The configuration of a bridge that goes on where the scene is."""
    moodle = scene.settings.lms["moodle"].url
    return CONFIGURATION.format(database=database, moodle=moodle, site=SITE, token=TOKEN)


_HAPPENED: dict[dt.datetime, sqlite3.Connection] = {}
"""files, in memory, in which it has happened at that time: to let it happen takes longer than most
of what is then tried"""


@contextmanager
def an_eventful_scene(store: Store, clock: Any) -> Iterator[Scene]:
    """The scene above."""
    with a_scene(store, clock) as scene:
        if store.engine.dialect.name != "sqlite":
            _happen(scene)
        elif clock() in _HAPPENED:
            with _file(store) as file:
                _HAPPENED[clock()].backup(file)
            # Moodle was elsewhere when it happened, after which all would be judged again.
            fingerprint = in_force._fingerprint(scene.settings)
            with store.writing() as db:
                db.execute(update(settings_in_force).values(fingerprint=fingerprint))
        else:
            _happen(scene)
            with _file(store) as file:
                file.backup(_HAPPENED.setdefault(clock(), sqlite3.connect(":memory:")))
        yield scene


@contextmanager
def _file(store: Store) -> Iterator[sqlite3.Connection]:
    with closing(store.engine.raw_connection()) as pooled:
        connection: Any = pooled.driver_connection
        yield connection


def _happen(scene: Scene) -> None:
    scene.catalogue(
        course(LATSAR, name="Latihan Dasar CPNS", badge=BADGE),
        course("MENTORING", name="Mentoring [ASN] <b>", kind=15, hours=8, instructor_hours=12),
    )
    scene.restart()  # so that the rules are known, and the next to open it changes nothing
    scene.link(Person(nip=SITI, name="Siti Rahmawati", unit_name="Dinas Pendidikan"))
    scene.hear(
        {**completed(4, LATSAR, **_shown(4, "Siti Rahmawati")), "id": SITIS_ID},
        completed(13, LATSAR, **_shown(13, "Yuni Damanik")),
        completed(
            12,
            "MENTORING",
            context={"instructor": actor(7, shown="Dewi Pengajar")},
            **_shown(12, "Sahat Sinaga"),
        ),
        completed(6, "ARSIP", activity="https://moodle.example/x", **_shown(6, "Agus Wijaya")),
        completed(4, "", kind="https://w3id.org/xapi/acrossx/activities/page"),
    )
    siti, yuni, *_ = scene.completions()
    scene.deliver(siti.id)
    scene.deliver(
        siti.id,
        "lms.moodle",
        state=State.DONE,
        result_id="a1b2",
        result_link=LINK,
        reason_code="done",
        attempts=1,
    )
    nobody = Reason("employee_not_in_registry", remote="registry.siasn", nip=yuni.nip, delivery=3)
    scene.deliver(
        yuni.id,
        state=State.BLOCKED,
        reason_code=nobody.code,
        reason_details=nobody.details,
        attempts=1,
    )
    with scene.store.writing() as db:
        health.note_failure(
            db,
            "registry.siasn",
            Reason("remote_unavailable", remote="registry.siasn", error="it is asleep"),
            now=scene.clock(),
            policy=Breaker(),
            certain=True,
        )


def _shown(user_id: int, name: str) -> dict[str, Any]:
    """The actor of a statement with a name, as Moodle sends it."""
    return {"actor": actor(user_id, shown=name)}
