"""The learner's page in a frame of an LMS on another site, launched by a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest
from flask import Flask, Response, request
from playwright.sync_api import Browser, expect
from werkzeug.serving import BaseWSGIServer, make_server

from lms_bridge.bridge import utc_now
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Web
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.people import identities, keys
from lms_bridge.people.identities import Known
from lms_bridge.store import migrations
from lms_bridge.store.engine import open_store
from tests.conftest import Clock
from tests.e2e.town import free_port
from tests.learner import platform as platforms
from tests.learner.platform import CLIENT, Platform
from tests.learner.world import SITI, World

pytestmark = pytest.mark.slow

AT_ONCE = "<script>document.forms[0].submit()</script>"


def form(address: str, fields: dict[str, str]) -> str:
    hidden = (
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    return f'<form method="post" action="{address}">{"".join(hidden)}</form>{AT_ONCE}'


def platform_app(platform: Platform, issuer: str, bridge: str) -> Flask:
    """An LMS whose only user is the seventh, who opens the page in a frame."""
    app = Flask("platform")

    @app.get("/course")
    def course() -> str:
        return '<h1>Kursus</h1><iframe src="/begin" width="380" height="800"></iframe>'

    @app.get("/elsewhere")
    def elsewhere() -> str:
        return f'<h1>Lain</h1><iframe src="{bridge}/learner"></iframe>'

    @app.get("/begin")
    def begin() -> str:
        asked = {"iss": issuer, "login_hint": "7", "client_id": CLIENT, "target_link_uri": bridge}
        return form(f"{bridge}/lti/login", asked)

    @app.get("/auth")
    def auth() -> str:
        claims = platform.claims(dict(request.args), "7", iss=issuer)
        answer = {"state": request.args["state"], "id_token": platform.token(claims)}
        return form(request.args["redirect_uri"], answer)

    @app.get("/certs")
    def certs() -> Response:
        return Response(platform.jwks(), mimetype="application/json")

    return app


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page of the LMS, at localhost; the bridge is at 127.0.0.1."""
    folder: Path = tmp_path_factory.mktemp("frame")
    store = open_store(f"sqlite:///{folder}/bridge.db")
    migrations.upgrade(store)
    bridge, issuer = f"https://127.0.0.1:{free_port()}", f"http://localhost:{free_port()}"
    configured = platforms.settings(
        issuer=issuer, auth_url=f"{issuer}/auth", jwks_url=f"{issuer}/certs", proxy="direct"
    )
    world = World(
        store,
        Clock(utc_now()),
        folder,
        web=Web(public_url=bridge),
        lms={"moodle": MoodleSettings(url=issuer, token=Secret("env:NONE"))},
        lti=(configured,),
    )
    world.live()
    with store.writing() as db:
        who = Known(world.employee(SITI).id, "moodle", "7")
        key = keys.of_lms_account("moodle", "7")
        identities.remember(db, key, who, source="lms", now=utc_now())
    lms = platform_app(Platform(Clock(utc_now())), issuer, bridge)
    servers: list[BaseWSGIServer] = [
        make_server("127.0.0.1", port_of(bridge), world.app, threaded=True, ssl_context="adhoc"),
        make_server("127.0.0.1", port_of(issuer), lms, threaded=True),
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"{issuer}/course"
    for server in servers:
        server.shutdown()
    store.close()


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def test_a_launch_in_a_frame_of_another_site_keeps_its_session_there_alone(
    browser: Browser, course: str
) -> None:
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(course)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", level=1)).to_have_text("SITI RAHMAWATI, S.E.")
    (cookie,) = [one for one in context.cookies() if one["name"] == "__Host-learner"]
    assert (cookie["sameSite"], cookie["secure"], cookie["httpOnly"]) == ("None", True, True)
    assert "localhost" in cookie.get("partitionKey", "")
    frame.get_by_role("button", name="English").click()
    expect(frame.get_by_role("heading", name="My trainings")).to_be_visible()
    inside = page.frames[1]
    assert inside.url.endswith("/learner"), "an address of its own, that can be loaded again"
    inside.goto(inside.url)
    expect(frame.get_by_role("heading", name="My trainings")).to_be_visible()
    # The same browser, in a window of its own, is not in by what is kept in the frame.
    window = context.new_page()
    window.goto(inside.url)
    expect(window.get_by_role("heading", level=1)).to_have_text("Anda belum masuk")


def test_nobody_else_can_frame_it(browser: Browser, course: str) -> None:
    page = browser.new_context(ignore_https_errors=True).new_page()
    page.goto(course)
    expect(page.frame_locator("iframe").get_by_role("heading", level=1)).to_be_visible()
    other = page.context.new_page()
    other.goto(course.replace("/course", "/elsewhere").replace("localhost", "127.0.0.1"))
    assert other.evaluate("location.hostname") == "127.0.0.1"
    framed = other.frame_locator("iframe")
    expect(framed.locator("body")).not_to_contain_text("Rahmawati", ignore_case=True)
    assert other.frames[1].url.startswith("chrome-error:")
