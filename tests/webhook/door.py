"""A door with nothing behind it: what is let in is told who it was."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, g
from werkzeug.test import TestResponse

from lms_bridge import credentials
from lms_bridge.bridge import Bridge
from lms_bridge.config.settings import Settings
from tests.conftest import NOW
from tests.webhook.conftest import basic
from webhook.access import Access
from webhook.admission import admit
from webhook.lrs import Refused, refused

METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE"]


class Door:
    """Who comes with which credentials, and what they are told."""

    def __init__(self, bridge: Bridge) -> None:
        self.now = 0.0
        """the seconds of the clock"""
        self._store = bridge.store
        self._secrets: dict[str, str] = {}
        app = Flask("door")
        access = Access(bridge.settings, bridge.store, seconds=lambda: self.now)
        admit(app, access, seconds=lambda: self.now)

        @app.route("/xapi/<path:_>", methods=METHODS)
        def behind(_: str) -> Response:
            grant = g.get("grant")
            assert (grant.name if grant else None) == g.get("sender")
            return Response(g.get("sender", "nobody"), headers={"ETag": '"1"'})

        @app.errorhandler(Refused)
        def refuse(refusal: Refused) -> Response:
            return refused(refusal.status, str(refusal), **refusal.headers)

        @app.get("/")
        def page() -> str:
            return "a page"

        self._client = app.test_client()

    def give(self, name: str, *scopes: str, **more: Any) -> None:
        """Make a credential."""
        with self._store.writing() as db:
            made = credentials.create(
                db, name, settings=Settings(), now=NOW, scopes=scopes or ["all"], **more
            )
        self._secrets[name] = made.secret

    def secret(self, name: str) -> str:
        """The secret of one that was made here."""
        return self._secrets[name]

    def revoke(self, name: str) -> None:
        """End one."""
        with self._store.writing() as db:
            credentials.revoke(db, name, now=NOW)

    def knock(
        self,
        name: str | None,
        method: str = "POST",
        path: str = "/xapi/statements",
        *,
        page: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> TestResponse:
        """A request by the credential `name`, from a page of the origin `page`."""
        sent = dict(headers or {})
        if name is not None:
            sent["Authorization"] = basic(name, self._secrets.get(name, "wrong"))
        if page is not None:
            sent["Origin"] = page
        return self._client.open(path, method=method, headers=sent)
