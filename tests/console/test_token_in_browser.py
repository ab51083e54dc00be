"""A new administrator replaces an expired token, by what stands on the pages alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from lms_bridge.accounts import sessions, users
from lms_bridge.accounts.roles import Role
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.config.settings import Breaker
from lms_bridge.deliveries import health
from lms_bridge.operation import trying
from lms_bridge.reasons import Reason
from tests.manners.test_tokens import jwt
from tests.webhook.serving import CONFIGURATION, Served, serving
from webhook.console.gate import COOKIE
from webhook.console.site import PATH

pytestmark = pytest.mark.slow

REMOTE = "registry.siasn"
SIASN = """
[registry.siasn]
type = "siasn"
api_url = "http://127.0.0.1:9"
apim_token_url = "http://127.0.0.1:9/token"
consumer_key = "file:sso-token"
consumer_secret = "file:sso-token"
sso_token = "file:sso-token"
"""


class Desk:
    """The service, and a browser in which an administrator is signed in."""

    def __init__(self, served: Served, bridge: Bridge, browser: Browser, file: Path) -> None:
        self.served, self.bridge, self.file = served, bridge, file
        with bridge.store.writing() as db:
            budi = users.create(db, username="budi", role=Role.IT, now=utc_now())
            token = sessions.begin(db, budi.id, now=utc_now())
            why = Reason("credentials_rejected", remote=REMOTE, message="Invalid JWT")
            health.note_failure(db, REMOTE, why, now=utc_now(), policy=Breaker(), certain=True)
        context = browser.new_context(viewport={"width": 390, "height": 900})
        cookie = {"name": COOKIE, "value": token, "domain": "127.0.0.1", "path": PATH}
        context.add_cookies([cookie])  # type: ignore[list-item]
        self.page: Page = context.new_page()
        self.page.goto(f"{served.address}{PATH}/?lang=en")


@pytest.fixture
def desk(tmp_path: Path, browser: Browser) -> Iterator[Desk]:
    file = tmp_path / "sso-token"
    file.write_text(jwt(utc_now() - dt.timedelta(hours=2)))
    url = f"sqlite:///{tmp_path / 'bridge.db'}"
    with serving(tmp_path, url, CONFIGURATION + SIASN) as served:
        bridge = Bridge.open(tmp_path / "served.toml")
        yield Desk(served, bridge, browser, file)
        bridge.close()


def test_an_expired_token_is_replaced_and_seen_to_be(desk: Desk) -> None:
    page = desk.page
    # The first page of an administrator is Health; what is amiss stands there.
    expect(page.get_by_role("heading", name="Health")).to_be_visible()
    card = page.locator("#registry-siasn")
    expect(card).to_contain_text("says that it has expired")
    expect(card).to_contain_text("cannot be used")
    field = card.get_by_label("The new token").first
    expect(field).to_be_visible()  # the form is open, for it is urgent
    field.fill("salah tempel")
    card.get_by_role("button", name="Put it there and try it").first.click()
    expect(page.locator(".error")).to_contain_text("it is no JWT")
    fresh = jwt(utc_now() + dt.timedelta(days=2))
    field = page.locator("#registry-siasn").get_by_label("The new token").first
    field.fill(f'{{"access_token": "{fresh}", "expires_in": 172800}}')
    page.get_by_role("button", name="Put it there and try it").first.click()
    expect(page.locator("#told")).to_contain_text("The new one is in")
    assert desk.file.read_text() == f"{fresh}\n"
    assert fresh not in page.content()
    card = page.locator("#registry-siasn")
    expect(card).to_contain_text("It is being tried")
    expect(card).not_to_contain_text("has expired")
    # What the worker found comes to the page by itself.
    trying.carry_out(desk.bridge, REMOTE)
    expect(card).to_contain_text("Tried", timeout=15_000)
