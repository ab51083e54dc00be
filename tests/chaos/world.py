"""All that is around a bridge, in this process: what is there when the bridge is killed.

Both sandboxes, an LRS that statements are sent on to, a system that is told of events, and a mail
server. In front of them a bridge is born again and again (:mod:`tests.chaos.child`), and in the
end :func:`World.summary` says what there is, in words that are the same for every run in which
nothing was lost and nothing was done twice.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from sqlalchemy import func, select

from lms_bridge.sandbox.city import AGUS, BUDI, DEWI, LITDIG, PKA, SAHAT, SITI, demo_city
from lms_bridge.sandbox.faults import Fault, Faults
from lms_bridge.sandbox.server import Server
from lms_bridge.store import schema
from lms_bridge.store.engine import open_store
from tests.chaos.held import HELD, OURS, in_words, number_of
from tests.chaos.points import ROOT
from tests.chaos.sink import Sink
from tests.e2e import town

if TYPE_CHECKING:
    pass

MORE = """
[[courses]]
key = "PKA-2026"
name = "Pelatihan Kepemimpinan Administrator"
organiser = "BKPSDM Kota Pematangsiantar"
kind = 1
structural_training = "3"
hours = 40
external_ids = ["DIKLAT-PKA-2026"]
[[badges]]
key = "digital"
name = "ASN Digital"
rule = {{ all = ["LITDIG-2026"] }}
issue = {{ route = "cohort", cohort = "BADGE-LATSAR-2026", name = "Badge Kohort Latsar" }}
[registry.bkd]
type = "file"
format = "csv"
kinds = [16]
done_when = "result"
columns = [
  {{ heading = "NIP", value = "{{nip}}" }},
  {{ heading = "Kursus", value = "{{name}}" }},
  {{ heading = "Nomor", value = "{{certificate_number}}" }},
  {{ heading = "JP", value = "{{hours}}", cell = "integer" }},
]
[registry.bkd.results]
state = "Status"
accepted = ["berhasil"]
[forward.pusat]
url = "{sink}/xapi"
username = "file:sender"
password = "file:sender"
start = "beginning"
[[events]]
name = "dasbor"
url = "{sink}/events"
secret = "file:webhook-secret"
[email]
host = "127.0.0.1"
port = {mail}
security = "none"
sender = "bridge@siantar.example"
[[notices]]
name = "sdm"
email = ["sdm@siantar.example"]
digest = ""
"""


class World:
    """A city, a database, and a bridge between them in `folder`, until the `stack` is left."""

    def __init__(self, folder: Path, database: str, stack: ExitStack) -> None:
        self.folder = folder
        self.database = database
        self.sink = Sink()
        self.city = demo_city(faults=Faults(rates={}))
        registry = stack.enter_context(Server(self.city.registry))
        moodle = stack.enter_context(Server(self.city.moodle))
        sink = stack.enter_context(Server(self.sink))
        mail = Controller(self.sink, "127.0.0.1", town.free_port())
        mail.start()
        stack.callback(mail.stop)
        facts = {
            "moodle": moodle.url,
            "registry": registry.url,
            "registry-api": registry.url + "/apisiasn/1.0",
            "moodle-token": self.city.moodle.site.token,
        }
        around = town.Sandboxes(None, facts)  # type: ignore[arg-type] - nobody ends it by that
        town.configure(
            folder,
            around,
            database=database,
            port=8080,
            concurrency=2,
            timeout=5,
            settle=30,
            lease=30,
            more=MORE.format(sink=sink.url, mail=mail.port),
        )
        config = folder / "lms-bridge.toml"
        pace = "requests_per_second = 500\npause_between_writes_seconds = 0.001\n[delivery]\n"
        config.write_text(config.read_text().replace("[delivery]\n", pace, 1))
        (folder / "webhook-secret").write_text("whsec_" + "a2FsaW1hbnRhbg" * 4 + "=")
        command = [sys.executable, "-m", "tests.chaos.child"]
        self._midwife = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        stack.callback(self._midwife.wait)
        stack.callback(self._midwife.stdin.close)  # type: ignore[union-attr]
        assert self._read() == "ready"

    def live(
        self, act: str, die: int | list[tuple[str, str]] | None = None, moment: str = ""
    ) -> int:
        """Have a process do what is left of the act; how it ended. See :mod:`tests.chaos.child`."""
        assert self._midwife.stdin is not None
        order = {"folder": str(self.folder), "act": act, "die": die, "moment": moment}
        self._midwife.stdin.write(json.dumps(order) + "\n")
        self._midwife.stdin.flush()
        return int(self._read())

    def met(self) -> list[list[tuple[str, str]]]:
        """What points the last process met, those of one commit together."""
        lines = (self.folder / "met").read_text().splitlines()
        return [[(name, moment) for name, moment in json.loads(line)] for line in lines]

    def log(self) -> str:
        """What the processes said."""
        path = self.folder / "log"
        return path.read_text()[-6000:] if path.exists() else ""

    def prepare(self, act: str) -> None:
        """Let happen elsewhere what the act is about."""
        if act in OUTSIDE:
            OUTSIDE[act](self)

    def _read(self) -> str:
        assert self._midwife.stdout is not None
        return self._midwife.stdout.readline().strip()

    def summary(self) -> dict[str, Any]:
        """What there is now, of which each run has the same."""
        with closing(open_store(self.database, self.folder)) as store, store.reading() as db:
            found = {name: sorted(map(str, db.execute(query))) for name, query in HELD.items()}
            ids = set(db.scalars(select(schema.statements.c.id)))
            told = set(db.scalars(select(schema.events.c.public_id)))
            messages = db.scalar(select(func.count()).select_from(schema.messages))
            numbers = set(db.scalars(select(schema.completions.c.certificate_number)))
        state = self.city.registry
        ours = [row for row in state.rows() if number_of(row).startswith(OURS)]
        moodle = self.city.moodle
        sent = set(self.sink.statements)
        return found | {
            "rows": sorted(map(in_words, state.rows())),
            "doubled": len(ours) - len(set(map(number_of, ours))),
            "of no completion": sorted({number_of(row) for row in ours} - numbers),
            "documents": len(state.document_hashes()),
            "badges": dict(
                Counter(
                    f"{one.user} {moodle.site.badges[one.badge].name}" for one in moodle.awards()
                )
            ),
            "not sent on": sorted(ids - sent),
            "sent on and unknown": sorted(sent - ids),
            "not told": sorted(told - {one for one, _ in self.sink.events}),
            "told": sorted(kind for _, kind in set(self.sink.events)),
            "letters without a message": len(set(self.sink.letters)) - messages,
        }


def _completed(*who: tuple[str, int]) -> Callable[[World], None]:
    def complete(world: World) -> None:
        city = world.city
        users = {one.idnumber: one.id for one in city.moodle.site.users.values()}
        for nip, course in who:
            city.moodle.complete(users[nip], course)
        city.moodle.cron()

    return complete


def _amiss(world: World) -> None:
    """A colleague deletes the row of Siti, and takes a badge away; Sahat's course nobody told."""
    _completed((SAHAT, LITDIG))(world)
    city = world.city
    (row,) = [
        row for row in city.registry.rows(SITI) if row.get("namaKursus") == "Literasi Digital ASN"
    ]
    city.registry.delete_by_hand(row["id"])
    city.moodle.revoke(next(one.uniquehash for one in city.moodle.awards() if one.user == 5))


def _away(world: World) -> None:
    """All that the bridge speaks to says for a while that it cannot."""
    world.sink.refuses |= Counter({"/events": 7, "/xapi/statements": 7, "mail": 2})
    faults = world.city.registry.faults
    for where in ("core_completion", "GET /pns/rw-kursus", "POST /kursus/save"):
        faults.force(Fault.UNAVAILABLE, where=where, times=4)


OUTSIDE: dict[str, Callable[[World], None]] = {
    "what nobody told is asked for": _completed((DEWI, LITDIG), (AGUS, PKA)),
    "what was completed before is taken in": _completed((SITI, PKA), (BUDI, PKA)),
    "what is amiss elsewhere is found and repaired": _amiss,
    "others do not answer for a while": _away,
}
