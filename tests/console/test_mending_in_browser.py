"""A first-time user mends what waits, in a real browser, by what stands on the pages alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from lms_bridge.accounts import sessions, users
from lms_bridge.accounts.roles import Role
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.catalogue import courses as catalogue
from lms_bridge.catalogue.course import Course
from tests.scene import SITE, actor, completed, course
from tests.webhook.serving import CONFIGURATION, Served, serving
from webhook.console.gate import COOKIE
from webhook.console.site import PATH

pytestmark = pytest.mark.slow

NIP = "198703152010012001"
ACTIVITY = f"{SITE}/course/view.php?id=77"
ACCOUNTS = f"""
[[accounts]]
home_page = "{SITE}"
holds = "nip"
"""


class Desk:
    """The service, a worker when it is asked for, and a browser in which HR is signed in."""

    def __init__(self, served: Served, bridge: Bridge, browser: Browser) -> None:
        self.served = served
        self._bridge = bridge
        with bridge.store.writing() as db:
            ratna = users.create(db, username="ratna", role=Role.HR, now=utc_now())
            token = sessions.begin(db, ratna.id, now=utc_now())
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        cookie = {"name": COOKIE, "value": token, "domain": "127.0.0.1", "path": PATH}
        context.add_cookies([cookie])  # type: ignore[list-item]
        self.page: Page = context.new_page()

    def hear(self, *told: dict[str, object]) -> None:
        """Statements come in, and a worker judges them."""
        answer = self.served.session.post(f"{self.served.address}/xapi/statements", json=told)
        answer.raise_for_status()
        self.work()

    def work(self) -> None:
        """What a worker does meanwhile."""
        self._bridge.recogniser.run()

    def put(self, course: Course) -> None:
        """A course of the catalogue."""
        with self._bridge.store.writing() as db:
            catalogue.put(db, [course], source="csv", now=utc_now())
        self.work()

    def open(self) -> Page:
        """What waits."""
        self.page.goto(f"{self.served.address}{PATH}/attention?lang=en")
        return self.page


@pytest.fixture
def desk(tmp_path: Path, browser: Browser) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path / 'bridge.db'}"
    with serving(tmp_path, url, CONFIGURATION + ACCOUNTS) as served:
        bridge = Bridge.open(tmp_path / "served.toml")
        yield Desk(served, bridge, browser)
        bridge.close()


def _is_accessible(page: Page) -> bool:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert found.response["violations"] == []
    return True


@pytest.mark.timeout(180)
def test_an_unknown_course_of_300_completions_is_added(desk: Desk) -> None:
    learners = [
        actor(f"1987031520{at:06}01", shown=f"Pegawai {at}") for at in range(101001, 101301)
    ]
    desk.hear(*(completed(one, "PP", activity=ACTIVITY) for one in learners))
    page = desk.open()
    page.get_by_role("link", name="Latihan Dasar CPNS").click()
    page.get_by_text("Waiting: 300").wait_for()
    page.get_by_label("Organiser").fill("BKPSDM Kota Pematangsiantar")
    page.get_by_label("Kind of training").select_option(label="4 Workshop")
    page.get_by_label("JP", exact=True).fill("20")
    page.get_by_role("button", name="See what changes").first.click()
    page.get_by_text("Completions that wait for this course: 300").wait_for()
    assert _is_accessible(page)
    page.get_by_role("button", name="Add the course").click()
    page.get_by_text("Completions recognised:").wait_for()
    desk.work()  # what took longer than a few seconds
    page.get_by_text("Completions recognised: 300.").wait_for()
    assert _is_accessible(page)
    page.get_by_role("link", name="See what else waits").click()
    page.get_by_text("Nothing waits for you.").wait_for()


@pytest.mark.timeout(120)
def test_an_account_is_linked_by_the_keyboard_to_who_is_searched_for(desk: Desk) -> None:
    stranger = actor("budi", "https://elsewhere.example", "Akun Lama")
    desk.hear(completed(stranger, activity=ACTIVITY), completed(actor(NIP, shown="Siti Aminah")))
    desk.put(course("PP", activities=(ACTIVITY,), external_ids=("DIKLAT-LATSAR-2026",)))
    page = desk.open()
    page.get_by_role("link", name="Akun Lama").press("Enter")
    page.get_by_label("Name or NIP of the employee").focus()
    page.keyboard.type("siti")
    page.get_by_label("Siti Aminah").wait_for()  # found while one types
    assert _is_accessible(page)
    page.get_by_label("Siti Aminah").press("Space")
    page.get_by_role("button", name="Link this person").press("Enter")
    page.get_by_text("Completions recognised: 1.").wait_for()
    assert "siti" not in page.url
