"""The public page of a certificate in a real browser, on every screen, light and dark."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from lms_bridge.store import migrations
from lms_bridge.store.engine import open_store
from lms_bridge.store.schema import completions
from tests.conftest import Clock
from tests.eventful import SITIS_ID, an_eventful_scene, configuration
from tests.scene import TOKEN, voiding
from tests.webhook.contrasts import CONTRASTS
from tests.webhook.serving import serving

pytestmark = pytest.mark.slow

LOOKS: list[tuple[str, Literal["light", "dark"], int]] = [
    ("id", "light", 390),
    ("en", "dark", 390),
    ("id", "dark", 800),
    ("en", "light", 1280),
]
CERTIFICATES = """
[certificates]
letterhead = ["PEMERINTAH KOTA PEMATANGSIANTAR", "BADAN KEPEGAWAIAN DAN PENGEMBANGAN SDM"]
signatory = "Dra. Nurhayati Siregar, M.Si."
"""


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Of a certificate that holds, one that was taken back, and one that there is not."""
    patch = pytest.MonkeyPatch()
    for name in (TOKEN, "SENDER", "KEY", "SECRET"):
        patch.setenv(name, "sandbox-moodle-token")
    folder = tmp_path_factory.mktemp("certificates")
    database = f"sqlite:///{folder}/bridge.db"
    store = open_store(database)
    migrations.upgrade(store)
    with an_eventful_scene(store, Clock()) as scene:
        scene.hear(voiding(SITIS_ID))
        with store.reading() as db:
            taken_back, holds = db.scalars(
                select(completions.c.public_id).order_by(completions.c.id).limit(2)
            )
        text = configuration(scene, "{database}")
        web = 'public_url = "https://bridge.example"\n' + CERTIFICATES
        with serving(folder, database, text, web=web) as served:
            place = f"{served.address}/certificates/"
            yield {
                "genuine": place + holds,
                "taken-back": place + taken_back,
                "none": place + "A" * 22,
            }
    store.close()
    patch.undo()


@pytest.mark.parametrize("which", ["genuine", "taken-back", "none"])
def test_the_page_fits_every_screen_and_can_be_read_on_it(
    browser: Browser, addresses: dict[str, str], which: str
) -> None:
    troubles: list[str] = []
    page = browser.new_page()
    page.on("requestfailed", lambda request: troubles.append(request.url))
    for language, scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        # Until its icon is there as well, which leaving the page would break off.
        page.goto(f"{addresses[which]}?lang={language}", wait_until="networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for text, contrast in page.evaluate(CONTRASTS):
            assert contrast >= 4.5, (text, contrast, language, scheme, width)
        if folder := os.environ.get("PICTURES"):  # for a person to judge
            name = f"certificate-{which}-{language}-{scheme}-{width}.png"
            page.screenshot(path=Path(folder, name), full_page=True)
    assert troubles == []


def test_it_says_what_the_certificate_does_and_masks_the_nip(
    browser: Browser, addresses: dict[str, str]
) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{addresses['genuine']}?lang=id")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sertifikat ini asli")
    expect(page.get_by_text("BADAN KEPEGAWAIAN DAN PENGEMBANGAN SDM")).to_be_visible()
    expect(page.get_by_text("Yuni Damanik")).to_be_visible()
    assert "19" not in page.get_by_text("NIP ").inner_text().removeprefix("NIP 19")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This certificate is genuine")
