"""The Flask application factory."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from lms_bridge.bridge import Bridge
from webhook import health, pages, statements
from webhook.access import Senders


def create_app(bridge: Bridge) -> Flask:
    """The web application of `bridge`: ``/xapi``, ``/healthz``, ``/readyz`` and the pages."""
    app = Flask(__name__, template_folder=str(Path(__file__).parent / "templates"))
    # A little more than a request may have, so that our own message names the limit.
    app.config["MAX_CONTENT_LENGTH"] = None
    app.extensions["bridge"] = bridge
    app.extensions["senders"] = Senders(bridge.settings.senders)
    app.register_blueprint(statements.blueprint)
    app.register_blueprint(health.blueprint)
    if bridge.settings.console.access != "off":
        app.register_blueprint(pages.blueprint)
        pages.init_app(app)
    return app
