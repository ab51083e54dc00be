"""The page in a real browser: on wide and narrow screens, light and dark, in both languages."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from lms_bridge.store import migrations
from lms_bridge.store.engine import open_store
from tests.conftest import Clock
from tests.eventful import an_eventful_scene, configuration
from tests.scene import TOKEN
from tests.webhook.serving import serving

pytestmark = pytest.mark.slow

LOOKS = list(itertools.product(("id", "en"), ("light", "dark"), (390, 800, 1280)))
# The contrast of every text with what stands behind it (WCAG 2.2, 1.4.3).
CONTRASTS = """() => {
  const channels = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map(c => c / 255)
    .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length && colour[3] !== 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim(), element = walk.currentNode.parentElement;
    const box = element.getBoundingClientRect();
    if (!text || box.width < 2 || box.height < 2) continue;
    const [a, b] = [light(channels(getComputedStyle(element).color)), light(behind(element))];
    found.push([text, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A bridge in which much has happened, and one in which nothing has."""
    patch = pytest.MonkeyPatch()
    for name in (TOKEN, "SENDER", "KEY", "SECRET"):
        patch.setenv(name, "sandbox-moodle-token")
    folders = {name: tmp_path_factory.mktemp(name) for name in ("full", "empty")}
    databases = {name: f"sqlite:///{folder}/bridge.db" for name, folder in folders.items()}
    store = open_store(databases["full"])
    migrations.upgrade(store)
    with an_eventful_scene(store, Clock()) as scene:
        text = configuration(scene, "{database}")
        with (
            serving(folders["full"], databases["full"], text) as full,
            serving(folders["empty"], databases["empty"]) as empty,
        ):
            yield {"full": full.address, "empty": empty.address}
    store.close()
    patch.undo()


class Visit:
    """Somebody who looks at the page."""

    def __init__(self, browser: Browser, addresses: dict[str, str]) -> None:
        self._browser = browser
        self._addresses = addresses
        self.troubles: list[str] = []

    def __call__(
        self,
        which: str = "full",
        language: str = "en",
        scheme: Any = "light",
        width: int = 1280,
    ) -> Page:
        context = self._browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        page = context.new_page()
        page.on("console", lambda message: self.troubles.append(message.text))
        page.on("requestfailed", lambda request: self.troubles.append(request.url))
        page.on("request", lambda request: self._only_here(which, request.url))
        page.goto(f"{self._addresses[which]}/?lang={language}&refresh=off")
        return page

    def _only_here(self, which: str, url: str) -> None:
        if not url.startswith(self._addresses[which]):
            self.troubles.append(url)


@pytest.fixture
def visit(browser: Browser, addresses: dict[str, str]) -> Iterator[Visit]:
    visit = Visit(browser, addresses)
    yield visit
    assert visit.troubles == []


@pytest.mark.parametrize("which", ["full", "empty"])
def test_the_page_fits_every_screen_and_can_be_read_on_it(visit: Visit, which: str) -> None:
    pages = {language: visit(which, language) for language in ("id", "en")}
    for language, scheme, width in LOOKS:
        page = pages[language]
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for text, contrast in page.evaluate(CONTRASTS):
            assert contrast >= 4.5, (text, contrast, language, scheme, width)
        if folder := os.environ.get("PICTURES"):  # for a person to judge
            path = Path(folder, f"{which}-{language}-{scheme}-{width}.png")
            page.screenshot(path=path, full_page=True)


def test_the_page_is_dark_where_that_is_wanted(visit: Visit) -> None:
    grounds = {
        visit(scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert len(grounds) == 2


@pytest.mark.parametrize("width", [390, 1280])
def test_tables_are_tables_to_a_screen_reader_on_every_screen(visit: Visit, width: int) -> None:
    page = visit(width=width)
    completions = page.get_by_role("table", name="Completions")
    expect(completions.get_by_role("row")).to_have_count(5)
    expect(completions.get_by_role("rowheader")).to_have_count(4)
    expect(completions.get_by_role("rowheader").last).to_contain_text("Siti Rahmawati")
    expect(page.get_by_role("table", name="Waiting for a person").get_by_role("row")).to_have_count(
        3
    )
    for landmark in ("banner", "navigation", "main", "contentinfo"):
        expect(page.get_by_role(landmark)).to_have_count(1)


def test_the_page_can_be_used_with_the_keyboard_alone(visit: Visit) -> None:
    page = visit()
    names = []
    for _ in range(3):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.textContent"))
        style = "(e => getComputedStyle(e).outlineStyle)(document.activeElement)"
        assert page.evaluate(style) == "solid"
        box = page.evaluate("document.activeElement.getBoundingClientRect().width")
        assert box > 10
    assert names == ["Skip to the content", "Bahasa Indonesia", "English"]


def test_a_reader_changes_the_language_and_keeps_it(visit: Visit) -> None:
    page = visit()
    page.get_by_role("link", name="Bahasa Indonesia").click()
    expect(page.get_by_role("heading", name="Perlu ditangani")).to_be_visible()
    page.goto(page.url.partition("?")[0])
    expect(page.get_by_role("heading", name="Perlu ditangani")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "id")


def test_a_reader_stops_the_page_from_being_loaded_anew(visit: Visit) -> None:
    page = visit()
    expect(page.get_by_text("Not loaded anew by itself.")).to_be_visible()
    page.get_by_role("link", name="Load anew by itself").click()
    expect(page.locator("meta[http-equiv=refresh]")).to_have_count(1)
    page.get_by_role("link", name="Stop that").click()
    expect(page.locator("meta[http-equiv=refresh]")).to_have_count(0)


def test_an_empty_page_says_what_will_stand_there(visit: Visit) -> None:
    page = visit("empty")
    expect(page.get_by_text("Nobody has completed a course yet.")).to_be_visible()
    expect(page.get_by_role("table")).to_have_count(0)
    assert re.search(r"\b0\b", page.get_by_role("main").inner_text())
