"""``/healthz``: the process answers. ``/readyz``: it can take statements in."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from lms_bridge.bridge import Bridge

log = structlog.get_logger(__name__)


def probes(bridge: Bridge) -> Blueprint:
    """Both, for whoever watches over the service; neither needs credentials."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        """200 as long as the process lives."""
        return _say(200, "ok")

    @blueprint.get("/readyz")
    def readyz() -> Response:
        """200 when the database answers, 503 when it does not."""
        try:
            with bridge.store.reading() as db:
                db.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            log.error("the database does not answer", reason=str(error))
            return _say(503, "the database does not answer; the log has why")
        return _say(200, "ready")

    return blueprint


def _say(status: int, what: str) -> Response:
    return Response(what + "\n", status, {"Cache-Control": "no-store"}, mimetype="text/plain")
