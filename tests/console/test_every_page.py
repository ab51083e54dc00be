"""Every page of the console in a real browser: accessible, whole, and found by its links."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from lms_bridge.accounts.roles import Role
from tests.console.rounds import Look, Town, a_town, go_through
from tests.console.scenes import Scenes

pytestmark = pytest.mark.slow

LOOKS = (Look("id", 390, "dark"), Look("en", 1280))
WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}
NOT_BY_A_LINK = {
    "console.nowhere": "is what there is not",
    "console.attention_outcome": "a part of a page, fetched by it",
    "console.index": "leads to the first page",
    "console.report_file": "is a file to be taken along",
    "console.made_report": "is a file to be taken along, once it is made",
    "console.sign_in": "who is signed in does not get there",
    "console.completion_certificate": "a PDF, where certificates are configured",
}
"""what no link leads to, and why"""
_CUT = "[...document.querySelectorAll('.scroll')].some(one => one.scrollWidth > one.clientWidth)"
_PAPER = 703
"""pixels: 186 mm, what the margins leave of A4"""
_ON_PAPER = """() => {
  const found = [];
  const shown = (one) => one.checkVisibility() && !one.closest(".unseen");
  const all = (what) => [...document.querySelectorAll(what)].filter(shown);
  const fields = "main input, main select, main textarea";
  for (const one of all(`nav, header, button, .button, ${fields}`))
    if (!one.closest(".filters")) found.push(`shows ${one.outerHTML.slice(0, 90)}`);
  const white = ["rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"];
  for (const one of all("body, .card, table, .told, .figures > *")) {
    const { color, backgroundColor } = getComputedStyle(one);
    if (!white.includes(backgroundColor)) found.push(`${one.className} on ${backgroundColor}`);
    if (color !== "rgb(0, 0, 0)") found.push(`${one.className} in ${color}`);
  }
  for (const one of all("table"))
    if (one.getBoundingClientRect().right > innerWidth) found.push(`a table: ${one.offsetWidth}`);
  if (all(".paper").length === 0) found.push("does not say when");
  return found;
}"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with a_town(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.mark.timeout(400)
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_every_page_is_there_whole_and_accessible(town: Town, browser: Browser, look: Look) -> None:
    wrong: list[str] = []
    seen: set[str] = set()
    for one in go_through(town, browser, look):
        seen.add(one.endpoint)
        where = f"{one.endpoint} ({one.role}, {look.name})"
        wrong += [f"{where}: {said}" for said in one.complaints]
        if one.status != 200:
            wrong.append(f"{where}: {one.status}")
        wrong += [f"{where}: {line}" for line in _violations(one.page)]
        if _is_too_wide(one.page):
            wrong.append(f"{where}: wider than the screen")
        if look.width > 1000:
            wrong += [f"{where}: cut off at {width}" for width in _cut_off_at(one.page, look)]
        if "None" in one.page.inner_text("main").split():
            wrong.append(f"{where}: says None")
    assert wrong == []
    assert town.endpoints - seen - NOT_BY_A_LINK.keys() == set()


@pytest.mark.timeout(400)
def test_what_no_link_leads_to_is_accessible_and_fits_the_screen(
    town: Town, browser: Browser
) -> None:
    wrong: list[str] = []
    for name, page in Scenes(town, browser, Look("id", 390)):
        wrong += [f"{name}: {line}" for line in _violations(page)]
        if _is_too_wide(page):
            wrong.append(f"{name}: wider than the screen")
    assert wrong == []


@pytest.mark.timeout(400)
def test_on_paper_is_the_content_alone_and_as_wide_as_that(town: Town, browser: Browser) -> None:
    wrong: list[str] = []
    for one in go_through(town, browser, Look("id", 1280, "dark")):
        page, size = one.page, one.page.viewport_size
        page.emulate_media(media="print")
        page.set_viewport_size({"width": _PAPER, "height": 900})
        wrong += [f"{one.endpoint}: {what}" for what in page.evaluate(_ON_PAPER)]
        if _is_too_wide(page):
            wrong.append(f"{one.endpoint}: wider than the paper")
        page.emulate_media(media="screen")
        assert size is not None
        page.set_viewport_size(size)
    assert wrong == []


def test_the_way_in_is_accessible(town: Town, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto(f"{town.address}/console/")
    assert page.url.endswith("/console/sign-in?next=/console/")
    assert _violations(page) == []


def test_somebody_signs_in_by_the_keyboard_alone(town: Town, browser: Browser) -> None:
    context = browser.new_context()
    town.sign_in(context, Role.IT)  # so that there is an account
    context.clear_cookies()
    page = context.new_page()
    page.goto(f"{town.address}/console/sign-in?lang=en")
    page.keyboard.type("it.siantar")
    page.keyboard.press("Tab")
    page.keyboard.type("kereta api senja")
    page.keyboard.press("Enter")
    page.locator(".me").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"


def _violations(page: Page) -> list[str]:
    found = Axe().run(page, options=WCAG).response["violations"]
    return [
        f"{one['id']}: {node['html'][:150]} ({node.get('failureSummary', '')[:200]})"
        for one in found
        for node in one["nodes"][:3]
    ]


def _cut_off_at(page: Page, look: Look) -> Iterator[int]:
    """On which screens, that of `look` and smaller ones, not all of it can be seen at once."""
    for width in (1024, 768, look.width):
        page.set_viewport_size({"width": width, "height": 900})
        if _is_too_wide(page) or page.evaluate(_CUT):
            yield width


def _is_too_wide(page: Page) -> bool:
    wide: bool = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wide
