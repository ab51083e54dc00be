"""The Flask application factory."""

from __future__ import annotations

from flask import Flask

from lms_bridge.bridge import Bridge
from webhook import (
    admission,
    alternate,
    api,
    certificates,
    descriptions,
    documents,
    dressing,
    health,
    lrs,
    metrics,
    statements,
    storing,
    tally,
    telling,
)
from webhook.access import Access
from webhook.meter import Meter, metered
from webhook.peer import PROXIES
from webhook.readers import Readers
from webhook.tally import Tally
from webhook.tracing import named


def create_app(bridge: Bridge) -> Flask:
    """The application of `bridge`: ``/xapi``, ``/api``, ``/healthz``, ``/readyz``,
    ``/metrics``, and pages."""
    app = Flask(__name__, static_folder=None)
    app.extensions[PROXIES] = bridge.settings.web.networks
    access = Access(bridge.settings, bridge.store)
    admission.admit(app, access)
    lrs.hold_to_the_rules(app)
    counted = Tally(bridge.store)
    app.extensions["tally"] = counted
    tally.count(app, counted)
    readers = app.extensions["readers"] = Readers(bridge)
    app.register_blueprint(statements.resource(bridge, readers))
    app.register_blueprint(documents.resources(bridge))
    app.register_blueprint(descriptions.resources(bridge, readers))
    app.register_blueprint(health.probes(bridge))
    meter = app.extensions["meter"] = Meter()
    if bridge.settings.web.metrics != "off":
        app.register_blueprint(metrics.scraped(bridge, meter))
    dressing.dress(app, bridge.settings)
    api.show(app, bridge)
    if bridge.settings.certificates:
        certificates.show(app, bridge)
    if bridge.issuing:
        from webhook import badges  # it draws and signs, which not everyone has it do

        badges.show(app, bridge, bridge.issuing)
    if bridge.settings.learner:
        from webhook import learner  # it reads much that nothing else here does

        learner.show(app, bridge, bridge.settings.learner)
    if bridge.settings.console.access != "off":
        from webhook import console  # it reads much that nothing else here does

        console.show(app, bridge)
    web = bridge.settings.web
    every_way = alternate.undone(app.wsgi_app, most_bytes=web.most_request_bytes)
    told = telling.short_way(every_way, bridge, access, readers)
    short = app.extensions["short way"] = storing.ShortWay(bridge, access)
    stored = storing.short_way(told, bridge, short, counted)
    app.wsgi_app = named(metered(stored, meter))  # type: ignore[method-assign, assignment]
    return app
