"""The first task of a new HR officer: find who lacks JP in a unit, and take it along."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from python_calamine import CalamineWorkbook

from lms_bridge.accounts.roles import Role
from tests.console.rounds import a_town

pytestmark = pytest.mark.slow


def test_who_lacks_jp_in_a_unit_is_found_and_taken_along(browser: Browser, tmp_path: Path) -> None:
    with a_town(tmp_path, share=0.002) as town:
        context = browser.new_context(viewport={"width": 390, "height": 900})
        town.sign_in(context, Role.HR)
        page = context.new_page()
        page.goto(f"{town.address}/console/?lang=id")
        page.locator(".menu-toggle summary").click()
        page.get_by_role("link", name="Laporan", exact=True).first.click()
        page.get_by_label("Unit kerja").select_option(index=1)
        page.get_by_label("JP yang harus dicapai semua").fill("8760")  # so that somebody lacks some
        page.get_by_role("button", name="Tampilkan", exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Unduh Excel").click()
        assert download.value.suggested_filename.startswith("Yang-kurang-JP-")
        file = tmp_path / "report.xlsx"
        download.value.save_as(file)
        with CalamineWorkbook.from_path(file) as book:
            rows = book.get_sheet_by_index(0).to_python()
        head = next(number for number, row in enumerate(rows) if row[0] == "NIP")
        nips = [row[0] for row in rows[head + 1 :] if row[0] and row[0] != "Jumlah"]
        assert nips
        assert all(isinstance(nip, str) and len(nip) == 18 for nip in nips)
        shown = page.locator("td.nip").all_inner_texts()
        assert [text.replace(" ", "") for text in shown] == nips[: len(shown)]
        context.close()
