"""Two bridges over real HTTP: one receives statements, and sends them on to the other.

>>> relay.tell(statement(), statement())
>>> relay.forward()
Counter({'forwarded': 2})
>>> relay.target.ids() == relay.ids()
True

What the other answers can be ordered, before or after it has stored what came.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from lms_bridge.bridge import Bridge
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Breaker, Forward, Sender, Settings
from lms_bridge.deliveries import health
from lms_bridge.forwarding import backlog
from lms_bridge.forwarding.backlog import Backlog
from lms_bridge.forwarding.forwarder import Forwarder, Forwarders
from lms_bridge.forwarding.target import Lrs
from lms_bridge.intake import Intake, Origin
from lms_bridge.lrs import attachments
from lms_bridge.lrs.attachments import Spool
from lms_bridge.sandbox.server import NoAnswerError, Server
from lms_bridge.store import marks
from lms_bridge.store.engine import Store, open_store
from lms_bridge.store.schema import statements, unforwarded
from lms_bridge.store.types import AnyRow
from tests.conftest import Clock
from webhook.app import create_app
from xapi import read_statements
from xapi.versions import Version

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

NAME = "pusat"
REMOTE = "lrs.pusat"
PASSWORD = "kata sandi: rahasia"

Refuses = Callable[[list[dict[str, Any]]], str]
"""the status that statements are answered with instead of being stored; empty: they are stored"""


def statement(number: int = 0, **changes: Any) -> dict[str, Any]:
    """A statement that differs from those of other numbers."""
    made = {
        "actor": {"mbox": "mailto:siti@example.go.id"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": f"https://lms.example.go.id/course/view.php?id={number}"},
        "timestamp": "2026-11-24T02:00:00Z",
    }
    return made | changes


def with_attachment(data: bytes, content_type: str = "application/pdf") -> dict[str, Any]:
    """A statement that tells of an attachment."""
    return statement(
        attachments=[
            {
                "usageType": "http://id.tincanapi.com/attachment/certificate-of-completion",
                "display": {"id": "Sertifikat"},
                "contentType": content_type,
                "length": len(data),
                "sha2": hashlib.sha256(data).hexdigest(),
            }
        ]
    )


def settings_of(url: str, **changes: Any) -> Forward:
    """The settings of a target, from the first statement on."""
    values = {
        "url": f"{url}/xapi",
        "username": Secret("env:PUSAT_USER"),
        "password": Secret("env:PUSAT_PASSWORD"),
        "start": "beginning",
        "connect_timeout_seconds": 2,
        "read_timeout_seconds": 5,
    }
    return Forward(**values | changes)


class Target:
    """A bridge that is sent statements, and may be told to misbehave."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self.requests: list[int] = []
        """how many statements each POST brought"""
        self.refuses: Refuses = lambda _: ""
        self.forgets_to_answer = 0
        """so many requests are stored and not answered"""
        self._app = create_app(bridge)
        self.server = Server(self._handle)

    @property
    def url(self) -> str:
        return self.server.url

    def rows(self) -> list[AnyRow]:
        """What is stored, in order."""
        with self.bridge.store.reading() as db:
            return list(db.execute(select(statements).order_by(statements.c.seq)))

    def ids(self) -> list[str]:
        return [row.id for row in self.rows()]

    def get(self, query: str = "", **headers: str) -> Any:
        """What it tells."""
        answer = self._app.test_client().get(
            f"/xapi/statements{query}",
            auth=(NAME, PASSWORD),
            headers={"X-Experience-API-Version": "1.0.3"} | headers,
        )
        assert answer.status_code == 200, answer.text
        return answer

    def _handle(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            environ["wsgi.input"] = io.BytesIO(body)
            some = _statements_in(body)
            self.requests.append(len(some))
            if status := self.refuses(some):
                start_response(status, [("Content-Type", "application/json")])
                return [b'{"error": "this one is not taken"}']
            if self.forgets_to_answer:
                self.forgets_to_answer -= 1
                list(self._app(environ, lambda *_: lambda _: None))
                raise NoAnswerError
        return self._app(environ, start_response)


def _statements_in(body: bytes) -> list[dict[str, Any]]:
    if body.startswith(b"--"):
        body = body.partition(b"\r\n\r\n")[2].partition(b"\r\n--")[0]
    found: list[dict[str, Any]] = json.loads(body)
    return found


class Relay:
    """A bridge on `store` that sends on to a target."""

    def __init__(self, store: Store, clock: Clock, target: Target) -> None:
        self.store = store
        self.clock = clock
        self.target = target
        self.settings = settings_of(target.url)
        self.intake = Intake(store, clock=clock)

    # --- what comes in

    def tell(
        self,
        *some: dict[str, Any] | bytes,
        sender: str = "moodle",
        version: Version = Version.V1_0,
        files: Sequence[bytes] = (),
    ) -> list[str]:
        """Statements come in, in one request; their ids."""
        raws = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in some]
        received = read_statements(b"[%b]" % b",".join(raws), version=version)
        with Spool() as spool:
            arrived = []
            for one in received:
                for attachment in one.statement.attachments or ():
                    for data in files:
                        if hashlib.sha256(data).hexdigest() == attachment.sha2:
                            arrived.append(spool.open(attachment.sha2, attachment))
                            arrived[-1].write(data)
            attachments.store(self.store, arrived, clock=self.clock)
        return self.intake.store(Origin(sender, version=version), received)

    def tell_many(self, number: int, **changes: Any) -> list[str]:
        return self.tell(*(statement(each, **changes) for each in range(number)))

    # --- what is done

    def forwarder(self) -> Forwarder:
        return Forwarder(
            self.store,
            Lrs(NAME, self.settings, self.store),
            self.backlog,
            most=self.settings.batch,
            policy=Breaker(),
            clock=self.clock,
        )

    def forward(self) -> Counter[str]:
        """Send all that can be sent now."""
        return Forwarders([self.forwarder()]).drain()

    def has_work(self) -> bool:
        return Forwarders([self.forwarder()]).has_work()

    @property
    def backlog(self) -> Backlog:
        return Backlog(NAME, self.settings)

    def retry(self, *ids: str) -> int:
        with self.store.writing() as db:
            health.reset(db, REMOTE, now=self.clock())
            return backlog.retry(db, REMOTE, ids, now=self.clock())

    def skip(self, *ids: str) -> int:
        with self.store.writing() as db:
            return backlog.skip(db, REMOTE, ids, by="budi", why="salah kirim", now=self.clock())

    # --- for looking at

    def ids(self) -> list[str]:
        """All that came in, in order."""
        with self.store.reading() as db:
            return list(db.scalars(select(statements.c.id).order_by(statements.c.seq)))

    def apart(self) -> dict[str, tuple[str, str]]:
        """By id, state and reason of what the target did not get."""
        query = select(statements.c.id, unforwarded.c.state, unforwarded.c.reason_code)
        with self.store.reading() as db:
            rows = db.execute(query.join(statements, statements.c.seq == unforwarded.c.seq))
            return {row.id: (row.state, row.reason_code) for row in rows}

    def health(self) -> health.Health:
        with self.store.reading() as db:
            return health.read(db, REMOTE, now=self.clock())

    def mark(self) -> int:
        with self.store.reading() as db:
            return marks.read_through(db, REMOTE)


@contextmanager
def a_relay(store: Store, clock: Clock, folder: Path, template: Path) -> Iterator[Relay]:
    """Two bridges, the second on a file in `folder`."""
    with a_target(folder / "target.db", template) as target:
        relay = Relay(store, clock, target)
        yield relay
        relay.intake.close()


@contextmanager
def a_target(path: Path, template: Path) -> Iterator[Target]:
    """A bridge on the file at `path`, served."""
    path.write_bytes(template.read_bytes())
    store = open_store(f"sqlite:///{path}")
    sender = Sender(name="daerah", username=NAME, password=Secret("env:PUSAT_PASSWORD"))
    bridge = Bridge(Settings(senders=(sender,)), store)
    target = Target(bridge)
    with target.server:
        yield target
    bridge.close()
