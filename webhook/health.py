"""``/healthz``: the process answers. ``/readyz``: it can take statements in."""

from __future__ import annotations

from typing import cast

import structlog
from flask import Blueprint, Response, current_app
from sqlalchemy import text

from lms_bridge.bridge import Bridge

log = structlog.get_logger(__name__)

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 as long as the process lives."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> Response:
    """200 when the database answers, 503 when it does not."""
    bridge = cast(Bridge, current_app.extensions["bridge"])
    try:
        with bridge.store.reading() as db:
            db.execute(text("SELECT 1"))
    except Exception:
        log.exception("the database does not answer")
        return Response("the database does not answer\n", 503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")
