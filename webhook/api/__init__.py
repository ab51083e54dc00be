"""The JSON API at ``/api/v1``: what the console shows, for dashboards and scripts.

Each request brings a token (:mod:`webhook.api.door`), and each route is declared with the scope
that it needs, what it takes and what it answers (:mod:`webhook.api.service`). From just that its
description is made (:mod:`webhook.api.openapi`), so that it says what is so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from lms_bridge.bridge import Bridge

PATH = "/api/v1"


def show(app: Flask, bridge: Bridge) -> None:
    """Have `app` answer what is under :data:`PATH`."""
    from webhook.api import about, attention, completions, courses, jobs, operation, people
    from webhook.api.service import Service

    service = Service(bridge)
    for routes in (
        about.routes,
        people.routes,
        completions.routes,
        attention.routes,
        courses.routes,
        operation.routes,
        jobs.routes,
    ):
        routes(service)
    service.join(app)
