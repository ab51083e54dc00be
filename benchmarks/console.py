"""``python -m benchmarks.console CONFIG``: how long the server takes for each page of the console.

Somebody of each role signs in and goes through all that their pages lead to: every link and every
filter that a form offers, a few of each kind. Each kind is then got so many times. What is measured
is the server's own time, from the request to the last byte of the page, without a network. Beside
it stands what the heaviest query of the page takes alone, and, got in turn with the pages, a page
of Flask that says nothing: what no page can do without on this machine at that moment; and a loop
that asks nobody and takes 50 ms at best: how much of its time the machine gives to others.

The database is a large city (``python -m benchmarks.city``), with whatever worker is stopped.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

from flask import Flask
from flask.testing import FlaskClient
from rich.console import Console
from rich.table import Table
from sqlalchemy import event, func, select
from werkzeug.exceptions import HTTPException

from lms_bridge.accounts import sessions, users
from lms_bridge.accounts.roles import Role
from lms_bridge.accounts.sight import Unit
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.figures import keeping
from lms_bridge.store.schema import postings
from webhook.app import create_app
from webhook.console.site import COOKIE, PATH

BAR = 100.0
"""ms at p95 that a page may take"""
_EACH = 4
"""addresses of one kind"""
_OPTIONS = 3
"""choices of a filter that are tried"""
_WORDS = {"text": "siti", "search": "siti", "date": "2026-06-01"}
_ASIDE = ("static", "sign_in", "totp", "report_file")
"""files, and what has a cost of its own: a password takes long to try, and is to"""


@dataclass
class Kind:
    """Pages of one view with the same filters, as somebody of a role sees them."""

    role: Role
    endpoint: str
    filters: tuple[str, ...]
    addresses: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    """in ms"""
    busy: list[float] = field(default_factory=list)
    """the same as time of this process on a processor, in ms: without waiting for others"""
    queries: list[float] = field(default_factory=list)
    """the heaviest query of each try, in ms"""
    many: int = 0
    """queries of a page, at most"""
    heaviest: str = ""
    status: set[int] = field(default_factory=set)

    @property
    def name(self) -> str:
        """As it is told."""
        return f"{self.endpoint} {' '.join(self.filters)}".strip()

    @property
    def p95(self) -> float:
        """Within which 95 of 100 are there."""
        return p95(self.times)


def p95(times: Sequence[float]) -> float:
    """Within which 95 of 100 are done."""
    return quantiles(times, n=20)[-1] if len(times) > 1 else times[0]


class Beside(NamedTuple):
    """What was timed in turn with the pages, in ms."""

    nothing: list[float]
    """a page that says nothing"""
    loop: list[float]
    """a loop of 50 ms at best"""

    @property
    def told(self) -> str:
        """As it is told."""
        return (
            f"a bare page: {median(self.nothing):.1f} ms, p95 {p95(self.nothing):.1f} ms;"
            f" a loop of 50 ms: {median(self.loop):.0f} ms, p95 {p95(self.loop):.0f} ms"
        )


class Links(HTMLParser):
    """Where a page leads to: its links, and its forms that only ask."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._form: str | None = None
        self._select = ""
        self._options = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what leads somewhere."""
        said = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.found.append(said.get("href", ""))
        elif tag == "form":
            asks = said.get("method", "get").lower() == "get"
            self._form = said.get("action", "") if asks else None
        elif self._form is None:
            return
        elif tag == "select":
            self._select, self._options = said.get("name", ""), 0
        elif tag == "option" and said.get("value") and self._options < _OPTIONS:
            self._options += 1
            self._ask(self._select, said["value"])
        elif tag == "input" and said.get("name"):
            value = _WORDS.get(said.get("type", "text"), said.get("value", ""))
            if value and said.get("type") != "hidden":
                self._ask(said["name"], value)

    def handle_endtag(self, tag: str) -> None:
        """Note where a form ends."""
        if tag == "form":
            self._form = None

    def _ask(self, name: str, value: str) -> None:
        if self._form is not None:
            self.found.append(f"{self._form}?{urlencode({name: value})}")


class Visit:
    """Somebody of a role, who goes through all that they may see."""

    def __init__(self, app: Flask, bridge: Bridge, role: Role) -> None:
        self.role = role
        self._app = app
        self._client: FlaskClient = app.test_client()
        self._adapter = app.url_map.bind("127.0.0.1")
        self._headers = {"Host": f"127.0.0.1:{bridge.settings.web.port}"}
        self._client.set_cookie(COOKIE, _session(bridge, role), path=PATH, domain="127.0.0.1")

    def get(self, address: str) -> tuple[int, str]:
        """The status and the text of a page."""
        answer = self._client.get(address, headers=self._headers)
        return answer.status_code, answer.get_data(as_text=answer.mimetype == "text/html")

    def kinds(self) -> list[Kind]:
        """All kinds of pages that can be reached, with some addresses of each."""
        found: dict[tuple[str, tuple[str, ...]], Kind] = {}
        open_ = [f"{PATH}/"]
        while open_:
            address = open_.pop(0)
            status, text = self.get(address)
            if status in (302, 303):
                open_.append(self._client.get(address, headers=self._headers).location)
                continue
            links = Links()
            links.feed(text if isinstance(text, str) else "")
            here = urlsplit(address)
            for link in links.found:
                parts = urlsplit(link)
                path = parts.path or here.path
                asked = [
                    (name, value)
                    for name, value in parse_qsl(parts.query)
                    if value and name != "lang"
                ]
                endpoint = self._endpoint(path)
                if not endpoint or parts.netloc:
                    continue
                filters = tuple(sorted({name for name, _ in asked}))
                kind = found.setdefault((endpoint, filters), Kind(self.role, endpoint, filters))
                target = f"{path}?{urlencode(asked)}" if asked else path
                if target not in kind.addresses and len(kind.addresses) < _EACH:
                    kind.addresses.append(target)
                    open_.append(target)
        return sorted(found.values(), key=lambda kind: kind.name)

    def _endpoint(self, path: str) -> str:
        if not path.startswith(f"{PATH}/"):
            return ""
        try:
            endpoint, _ = self._adapter.match(path, method="GET")
        except HTTPException:
            return ""
        name = str(endpoint).removeprefix("console.")
        return "" if name in _ASIDE else name


class Queries:
    """Listens to what the database is asked, and how long each question takes."""

    def __init__(self, bridge: Bridge) -> None:
        self.asked: list[tuple[float, str]] = []
        event.listen(bridge.store.engine, "before_cursor_execute", self._before)
        event.listen(bridge.store.engine, "after_cursor_execute", self._after)

    def _before(
        self, _db: Any, _cursor: Any, _sql: str, _values: Any, context: Any, *_: Any
    ) -> None:
        context.began = time.perf_counter()

    def _after(self, _db: Any, _cursor: Any, sql: str, _values: Any, context: Any, *_: Any) -> None:
        self.asked.append((1000 * (time.perf_counter() - context.began), sql))


def _session(bridge: Bridge, role: Role) -> str:
    """The token of a session of somebody of that role; who that is stays in the database."""
    with bridge.store.writing() as db:
        name = f"bench.{role}"
        made = users.find_by_username(db, name)
        if made is None:
            unit = _unit(db) if role == Role.OFFICER else None
            made = users.create(
                db, username=name, role=role, unit=unit, now=utc_now(), must_change=False
            )
        return sessions.begin(db, made.id, now=utc_now())


def _unit(db: Any) -> Unit:
    """The unit with most people of its own."""
    many = (
        select(postings.c.registry, postings.c.unit_id, postings.c.unit_name)
        .where(postings.c.until.is_(None))
        .group_by(postings.c.registry, postings.c.unit_id, postings.c.unit_name)
        .order_by(func.count().desc())
    )
    row = db.execute(many).first()
    return Unit(row.registry, row.unit_id, row.unit_name)


@contextmanager
def bare() -> Iterator[FlaskClient]:
    """A page that says nothing."""
    app = Flask("bare")
    app.add_url_rule("/", "nothing", lambda: "nothing")
    yield app.test_client()


def loop() -> Callable[[], object]:
    """What takes 50 ms of this processor when nobody disturbs it."""

    def turns(many: int) -> int:
        return sum(each * each for each in range(many))

    best = min(_timed(lambda: turns(100_000)) for _ in range(20))
    return lambda: turns(int(100_000 * 50 / best))


def measure(bridge: Bridge, roles: Sequence[Role], tries: int) -> tuple[list[Kind], Beside]:
    """Every kind of page with its times, and those of what is timed beside them."""
    app = create_app(bridge)
    queries = Queries(bridge)
    beside, turn = Beside([], []), loop()
    kinds: list[Kind] = []
    settings = bridge.settings
    zone = ZoneInfo(settings.time_zone)
    with bare() as client:
        for role in roles:
            visit = Visit(app, bridge, role)
            mine = visit.kinds()
            gc.collect()
            gc.freeze()  # as the server does
            kinds += mine
            for number in range(tries):
                with bridge.store.reading() as db:
                    are_due = keeping.are_due(db, now=utc_now())
                if are_due:  # as the worker would, which is stopped
                    keeping.keep(bridge.store, settings.yearly_hours, zone, now=utc_now())
                beside.nothing.append(_timed(lambda: client.get("/").get_data()))
                beside.loop.append(_timed(turn))
                for kind in mine:
                    address = kind.addresses[number % len(kind.addresses)]
                    queries.asked.clear()
                    began, busy = time.perf_counter(), time.process_time()
                    status, _ = visit.get(address)
                    kind.busy.append(1000 * (time.process_time() - busy))
                    kind.times.append(1000 * (time.perf_counter() - began))
                    kind.status.add(status)
                    worst, sql = max(queries.asked, default=(0.0, ""))
                    kind.heaviest = sql if worst > max(kind.queries, default=0) else kind.heaviest
                    kind.queries.append(worst)
                    kind.many = max(kind.many, len(queries.asked))
    return kinds, beside


def _timed(do: Any) -> float:
    began = time.perf_counter()
    do()
    return 1000 * (time.perf_counter() - began)


def table(kinds: Sequence[Kind], beside: Beside, database: str) -> Table:
    """All of it, and what is over the bar marked."""
    made = Table(
        "role", "page", "p50", "p95", "busy, p95", "heaviest query, p95", "queries", "status", ""
    )
    made.title = f"{database}; {beside.told}"
    for one in kinds:
        told = [f"{median(one.times):.0f}", f"{one.p95:.0f}", f"{p95(one.busy):.0f}"]
        told.append(f"{p95(one.queries):.0f}")
        status = " ".join(map(str, sorted(one.status)))
        over = "over" if one.p95 > BAR else ""
        made.add_row(one.role, one.name, *told, str(one.many), status, over)
    return made


def main() -> None:
    """Read the command line, measure, print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.console", description=__doc__)
    parser.add_argument("config", type=Path, help="of a bridge with a city in its database")
    parser.add_argument("--tries", type=int, default=30, help="of each kind of page")
    parser.add_argument("--role", action="append", choices=[str(role) for role in Role])
    parser.add_argument(
        "--sql", action="store_true", help="print the heaviest query of what is over"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write all figures")
    options = parser.parse_args()
    bridge = Bridge.open(options.config)
    roles = [Role(name) for name in options.role or Role]
    kinds, beside = measure(bridge, roles, options.tries)
    Console(width=150).print(table(kinds, beside, bridge.store.engine.dialect.name))
    slow = defaultdict(list)
    for one in kinds:
        if one.p95 > BAR:
            slow[one.heaviest].append(one.name)
    for sql, names in slow.items() if options.sql else ():
        print(f"\n{', '.join(sorted(set(names)))}:\n{sql}")
    if options.json:
        told = [
            {
                "role": one.role,
                "page": one.name,
                "p50": median(one.times),
                "p95": one.p95,
                "busy": p95(one.busy),
                "query": p95(one.queries),
            }
            for one in kinds
        ]
        options.json.write_text(json.dumps(told, indent=1))
    bridge.close()


if __name__ == "__main__":
    main()
