"""``/``, ``/openapi.json``: what there is, for people and for programs."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Response, render_template

from lms_bridge import __version__
from webhook import dressing
from webhook.api import openapi, problems
from webhook.api.service import Service


def routes(service: Service) -> None:
    """Register them."""

    @service.get("/openapi.json", None, answers=None)
    def description() -> Response:
        """This description (OpenAPI 3.1)."""
        response = Response(msgspec.json.encode(_described()), mimetype="application/json")
        response.headers["Cache-Control"] = "no-cache"
        return response

    @service.get("/", None, answers=None)
    def index() -> Response:
        """This description, as a page for people."""
        page = render_template(
            "api.html",
            described=_described(),
            problems=problems.TITLES,
            version=__version__,
            language=dressing.language(),
            languages=dressing.LANGUAGE_NAMES,
        )
        return dressing.protected(Response(page), kept=False)

    def _described() -> dict[str, Any]:
        home_page = service.bridge.settings.web.home_page
        return openapi.document(service.operations.values(), home_page=home_page)
