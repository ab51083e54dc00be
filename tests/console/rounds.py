"""Going through every page of the console with a real browser, as each role.

Where there is to go is not written down: from the menu on, each link is followed that leads to a
page of another kind than those seen. What the URL map has and no link leads to is told.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from benchmarks.city import Size, When
from benchmarks.city.around import CONFIG
from benchmarks.city.making import make
from lms_bridge.accounts import sessions, users
from lms_bridge.accounts.roles import Role
from lms_bridge.accounts.sight import Unit
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.people import units
from lms_bridge.store import migrations
from lms_bridge.store.engine import Store, open_store
from tests.webhook.serving import serving
from webhook.app import create_app
from webhook.console.gate import COOKIE
from webhook.console.site import PATH, Site

CONSOLE = """
[console]
key = "file:key"
"""
SHARE = 0.004
"""of the large city: 40 people, 800 completions"""


@dataclasses.dataclass(frozen=True)
class Look:
    """How somebody looks at it."""

    language: str
    width: int
    scheme: str = "light"

    @property
    def name(self) -> str:
        """Such as ``id-390-dark``."""
        dark = "-dark" if self.scheme == "dark" else ""
        return f"{self.language}-{self.width}{dark}"

    def at(self, browser: Browser) -> BrowserContext:
        """A browser of its own, in which somebody looks like that."""
        return browser.new_context(
            viewport={"width": self.width, "height": 900},
            color_scheme=self.scheme,  # type: ignore[arg-type]
            locale={"id": "id-ID", "en": "en-GB"}[self.language],
        )


class Town:
    """A small city whose console is served."""

    def __init__(self, address: str, store: Store, adapter: MapAdapter, site: Site) -> None:
        self.address = address
        self.store = store
        self._adapter = adapter
        self._site = site

    @property
    def endpoints(self) -> set[str]:
        """All that a browser can go to."""
        found = {
            rule.endpoint
            for rule in self._adapter.map.iter_rules()
            if rule.endpoint in self._site.needs and "GET" in (rule.methods or ())
        }
        return found

    def endpoint_of(self, address: str) -> str | None:
        """What is at an address; None if it is not of the console."""
        parts = urlsplit(address)
        if parts.netloc != urlsplit(self.address).netloc or not parts.path.startswith(PATH):
            return None
        try:
            endpoint, _ = self._adapter.match(parts.path, "GET")
        except HTTPException:
            return None
        return str(endpoint) if endpoint in self._site.needs else None

    def sign_in(self, context: BrowserContext, role: Role) -> None:
        """Have somebody of that role signed in."""
        with self.store.writing() as db:
            user = users.find_by_username(db, f"{role}.siantar")
            if user is None:
                user = users.create(
                    db,
                    username=f"{role}.siantar",
                    name=f"{role.upper()} Siantar",
                    role=role,
                    unit=self._unit() if role == Role.OFFICER else None,
                    password="kereta api senja",
                    must_change=False,
                    now=utc_now(),
                )
            token = sessions.begin(db, user.id, now=utc_now())
        host = urlsplit(self.address).hostname
        context.add_cookies([{"name": COOKIE, "value": token, "domain": host, "path": PATH}])

    def _unit(self) -> Unit:
        with self.store.reading() as db:
            lines = units.tree(db, "siasn")
        if not lines:
            return Unit("siasn", "U-1", "Dinas Pendidikan")
        top = max(lines, key=lambda line: (line.depth == 1) * line.people_in_all)
        return Unit(top.registry, top.id, top.name)


@dataclasses.dataclass(frozen=True)
class Seen:
    """A page that is open in the browser."""

    endpoint: str
    role: Role
    look: Look
    page: Page
    status: int
    complaints: list[str]
    """of the browser"""


@contextmanager
def a_town(folder: Path, *, share: float = SHARE) -> Iterator[Town]:
    """A town, made and served until the block ends; of none there is only a bridge without data."""
    url = f"sqlite:///{folder / 'city.db'}"
    (folder / "secret").write_text("secret")
    (folder / "key").write_text("k" * 40)
    configuration = re.sub(r"\[web\]\n(.+\n)+?(?=\[)", "", CONFIG)
    configuration = configuration.replace("{database}", url) + CONSOLE
    config = folder / "made.toml"
    config.write_text(configuration)
    store = open_store(url)
    migrations.upgrade(store)
    bridge = Bridge.open(config)
    if share:
        make(store, Size() * share, When(utc_now()), bridge.settings)
    app = create_app(Bridge(msgspec.structs.replace(bridge.settings), store))
    with serving(folder, url, configuration.replace(url, "{database}")) as served:
        adapter = app.url_map.bind("127.0.0.1")
        yield Town(served.address, store, adapter, app.extensions["console"])
    bridge.close()
    store.close()


def go_through(town: Town, browser: Browser, look: Look) -> Iterator[Seen]:
    """Every page once, by the first role that may see it, open for the caller to look at."""
    done: set[str] = set()
    for role in Role:
        context = look.at(browser)
        town.sign_in(context, role)
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda said, to=complaints: to.append(f"{said.type}: {said.text}"))
        open_ = [f"{town.address}{PATH}/?lang={look.language}"]
        known = set(done)
        while open_:
            address = open_.pop(0)
            complaints.clear()
            answer = page.goto(address)
            assert answer is not None
            endpoint = town.endpoint_of(page.url) or "elsewhere"
            known.add(endpoint)
            if endpoint not in done:
                done.add(endpoint)
                yield Seen(endpoint, role, look, page, answer.status, list(complaints))
            for link in _links(page):
                leads_to = town.endpoint_of(link)
                if leads_to is not None and leads_to not in known:
                    known.add(leads_to)
                    open_.append(link)
        context.close()


def _links(page: Page) -> list[str]:
    """Where the links of a page lead, without what would be downloaded."""
    found: list[str] = page.eval_on_selector_all(
        "a[href]:not([download])", "all => all.map(one => one.href)"
    )
    return found
