"""The public page of a badge in a real browser, on every screen, light and dark."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect
from zxingcpp import read_barcode

from lms_bridge.store import migrations
from lms_bridge.store.engine import open_store
from lms_bridge.store.schema import employees
from tests.badges.hall import Hall, badge
from tests.conftest import Clock
from tests.webhook.contrasts import CONTRASTS
from tests.webhook.serving import CONFIGURATION, serving
from tests.webhook.test_certificate_in_browser import LOOKS

pytestmark = pytest.mark.slow

ISSUER = """
[openbadges]
name = "Badan Kepegawaian dan Pengembangan SDM Kota Pematangsiantar"
url = "https://bkpsdm.example.go.id"
keys = "keys"
"""
NIP = "198703152010012001"


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Of a badge that holds, one that was taken back, and one that there is not."""
    folder = tmp_path_factory.mktemp("badges")
    database = f"sqlite:///{folder}/bridge.db"
    store = open_store(database)
    migrations.upgrade(store)
    hall = Hall(store, Clock())
    about = {"description": "Bekerja bersama lintas unit.", "valid_months": 24}
    levels = {"competency": {"name": "Kerja Sama", "level": 3}}
    hall.apply(
        badge("kerja-sama-3", ["A", "B"], name="Kerja Sama", **about, **levels),
        badge("awal", "A", name="Pengembangan Diri dan Orang Lain"),
    )
    hall.complete(NIP, "A", "2026-03-01")
    taken_back = hall.complete(NIP, "B", "2026-03-20")
    with store.writing() as db:
        db.execute(employees.update().values(name="SITI RAHMAWATI, S.E., M.M."))
    hall.review()
    hall.take_back(taken_back)
    hall.review()
    by_key = {row.badge_key: row.public_id for row in hall.awards()}
    store.close()
    with serving(
        folder, database, CONFIGURATION + ISSUER, web='public_url = "https://bridge.example"\n'
    ) as served:
        place = f"{served.address}/badges/"
        yield {
            "genuine": place + by_key["awal"],
            "taken-back": place + by_key["kerja-sama-3"],
            "none": place + "A" * 22,
        }


@pytest.mark.parametrize("which", ["genuine", "taken-back", "none"])
def test_the_page_fits_every_screen_and_can_be_read_on_it(
    browser: Browser, addresses: dict[str, str], which: str
) -> None:
    troubles: list[str] = []
    page = browser.new_page()
    page.on("requestfailed", lambda request: troubles.append(request.url))
    page.on("console", lambda message: troubles.append(message.text))
    for language, scheme, width in LOOKS if which == "genuine" else LOOKS[1:2]:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        # Until its icon is there as well, which leaving the page would break off.
        page.goto(f"{addresses[which]}?lang={language}", wait_until="networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for text, contrast in page.evaluate(CONTRASTS):
            assert contrast >= 4.5, (text, contrast, language, scheme, width)
        if folder := os.environ.get("PICTURES"):  # for a person to judge
            name = f"badge-{which}-{language}-{scheme}-{width}.png"
            page.screenshot(path=Path(folder, name), full_page=True)
    assert [one for one in troubles if "404" not in one] == []


def test_a_phone_reads_the_qr_code_and_comes_back_to_the_page(
    browser: Browser, addresses: dict[str, str]
) -> None:
    page = browser.new_context().new_page()
    page.goto(addresses["genuine"])
    seen = page.get_by_role("figure").screenshot()
    code = read_barcode(Image.open(BytesIO(seen)))
    assert code is not None
    assert code.text == "https://bridge.example/badges/" + addresses["genuine"].rpartition("/")[2]
    expect(page.get_by_role("figure")).to_contain_text(code.text)
