"""The learner's page in a real browser: on a phone and a desk, in both languages, in a frame."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from lms_bridge.config.settings import Web
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.reasons import Reason
from lms_bridge.store import migrations
from lms_bridge.store.engine import open_store
from tests.conftest import Clock
from tests.e2e.town import free_port
from tests.learner.world import BUDI, SITI, World
from tests.webhook.contrasts import CONTRASTS

pytestmark = pytest.mark.slow

LOOKS: list[tuple[Literal["id", "en"], Literal["light", "dark"], int]] = [
    ("id", "light", 390),
    ("en", "dark", 390),
    ("id", "dark", 1280),
    ("en", "light", 1280),
]
BUTTON = {"id": "Buka halaman saya", "en": "Open my page"}
# Whatever can be pressed has a name, and is large enough (WCAG 2.2, 2.5.8).
SMALL = """() => [...document.querySelectorAll('a, button, summary')]
  .filter(one => one.checkVisibility() && !one.classList.contains('skip'))
  .map(one => [one.textContent.trim(), one.getBoundingClientRect()])
  .filter(([name, box]) => !name || box.height < 24 || box.width < 24)
  .map(([name, box]) => `${name} ${box.width}x${box.height}`)"""
LEVELS = """() => [...document.querySelectorAll('h1, h2, h3, h4')]
  .filter(one => one.checkVisibility()).map(one => +one.tagName[1])"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Served over HTTPS, for without it no cookie is kept in a frame."""
    folder = tmp_path_factory.mktemp("learner")
    store = open_store(f"sqlite:///{folder}/bridge.db")
    migrations.upgrade(store)
    port = free_port()
    clock = Clock()
    patch = pytest.MonkeyPatch()
    for module in ("webhook.entrance", "webhook.learner"):
        patch.setattr(f"{module}.utc_now", clock)
    made = World(store, clock, folder, web=Web(public_url=f"https://127.0.0.1:{port}"))
    made.live()
    made.deliver(SITI, State.DONE)
    waiting = Reason("remote_unavailable", remote="registry.siasn", error="503")
    made.deliver(BUDI, State.RETRYING, waiting)
    server = make_server("127.0.0.1", port, made.app, threaded=True, ssl_context="adhoc")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    patch.undo()
    store.close()


def address(world: World, path: str) -> str:
    return world.settings.web.home_page + path


PAPER = """() => ["body", ".cards > li", "h1"].map(what => document.querySelector(what))
  .map(one => getComputedStyle(one)).map(one => [one.color, one.backgroundColor])"""


def judge_printed(page: Page) -> None:
    """Black on white, whatever the screen looks like."""
    page.emulate_media(media="print")
    for colour, ground in page.evaluate(PAPER):
        assert colour == "rgb(0, 0, 0)"
        assert ground in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
    picture(page, "printed")
    page.emulate_media(media="screen")


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("PICTURES"):  # for a person to judge
        page.screenshot(path=Path(folder, f"learner-{name}.png"), full_page=True)


def judge(page: Page, width: int) -> None:
    """What can be told of it by machine, once its style has come."""
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for text, contrast in page.evaluate(CONTRASTS):
        assert contrast >= 4.5, (text, contrast)
    assert page.evaluate(SMALL) == []
    levels = page.evaluate(LEVELS)
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    if axe := os.environ.get("AXE"):  # the path of axe.min.js
        page.evaluate(Path(axe).read_text())
        found = page.evaluate("axe.run()")["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
def test_it_can_be_read_on_every_screen(
    browser: Browser, world: World, language: str, scheme: Literal["light", "dark"], width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, ignore_https_errors=True
    )
    page = context.new_page()
    for nip, who in ((SITI, "done"), (BUDI, "waiting")):
        page.goto(address(world, world.link(nip) + f"&lang={language}"))
        judge(page, width)
        picture(page, f"{language}-{scheme}-{width}-button")
        page.get_by_role("button", name=BUTTON[language]).click()
        expect(page).to_have_url(address(world, "/learner"))
        for summary in page.locator("details:not([open]) > summary").all():
            summary.press("Enter")
        judge(page, width)
        picture(page, f"{language}-{scheme}-{width}-{who}")
        judge_printed(page)
    context.clear_cookies()
    page.goto(address(world, "/learner"))
    judge(page, width)
    picture(page, f"{language}-{scheme}-{width}-door")


def test_it_works_without_javascript_and_by_the_keyboard_alone(
    browser: Browser, world: World
) -> None:
    page = browser.new_context(java_script_enabled=False, ignore_https_errors=True).new_page()
    page.goto(address(world, world.link(SITI)))
    page.get_by_role("button", name="Buka halaman saya").press("Enter")
    page.get_by_role("button", name="English").press("Enter")
    expect(page.get_by_role("heading", name="My trainings")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download certificate Pelatihan B").press("Enter")
    assert download.value.path().read_bytes()[:5] == b"%PDF-"
    # Chromium downloads what a link says is a download by no certificate of a test.
    picture_of = page.get_by_role("link", name="Download picture Lencana dasar")
    assert picture_of.get_attribute("download") == "Lencana dasar.png"
    link = page.url.removesuffix("/learner") + str(picture_of.get_attribute("href"))
    assert page.request.get(link).body()[1:4] == b"PNG"
    page.get_by_role("button", name="Leave").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are not signed in")


def test_it_is_printed_whole(browser: Browser, world: World) -> None:
    page = browser.new_context(ignore_https_errors=True).new_page()
    page.goto(address(world, world.link(SITI)))
    page.get_by_role("button").click()
    page.emulate_media(media="print")
    expect(page.get_by_text("Rahasia SITI").first).to_be_visible()
    expect(page.get_by_role("button", name="Keluar")).to_be_hidden()
    picture(page, "print")
