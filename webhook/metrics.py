"""``/metrics``: figures for Prometheus, of this process and of all that is in the database.

Those of requests are of this process alone, so each web process is to be scraped. All others are
the same whichever is asked (:mod:`lms_bridge.operation.figures`); an alert takes the largest.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Response, request

from lms_bridge.bridge import Bridge
from lms_bridge.config.secrets import SecretMissing
from lms_bridge.config.settings import Web
from lms_bridge.operation.figures import Cached
from webhook.meter import BUCKETS, Meter
from webhook.peer import is_from_here

if TYPE_CHECKING:
    from prometheus_client import Metric

log = structlog.get_logger(__name__)

PREFIX = "lms_bridge_"


def scraped(bridge: Bridge, meter: Meter) -> Blueprint:
    """The resource, for whom ``[web] metrics`` and ``metrics_token`` let in."""
    blueprint = Blueprint("metrics", __name__)
    cached = Cached(bridge)

    @blueprint.get("/metrics")
    def metrics() -> Response:
        """All figures, as text or as OpenMetrics, whichever is asked for."""
        if (out := _kept_out(bridge.settings.web)) is not None:
            return out
        # It takes long to load, and not every service is scraped.
        from prometheus_client import CollectorRegistry, ProcessCollector
        from prometheus_client.exposition import choose_encoder

        registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=registry)
        registry.register(_Figures(cached, meter))
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        kept = {"Cache-Control": "no-store", "Content-Type": content_type}
        return Response(encode(registry), headers=kept)

    return blueprint


class _Figures:
    """All of ours, in the terms of Prometheus."""

    def __init__(self, cached: Cached, meter: Meter) -> None:
        self._cached = cached
        self._meter = meter

    def collect(self) -> Iterator[Metric]:
        """What :class:`prometheus_client.CollectorRegistry` asks for."""
        from prometheus_client.core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        for figure in self._cached.figures():
            gauge = GaugeMetricFamily(PREFIX + figure.name, figure.says, labels=figure.labels)
            for labels, value in figure.values:
                gauge.add_metric(labels, value)
            yield gauge
        under_way = "Requests that this process is answering."
        yield GaugeMetricFamily(
            PREFIX + "http_requests_under_way", under_way, value=self._meter.under_way
        )
        answers = CounterMetricFamily(
            PREFIX + "http_requests",
            "Requests that this process has answered.",
            labels=("route", "method", "status"),
        )
        for which, many in self._meter.answers().items():
            answers.add_metric(which, many)
        yield answers
        times = HistogramMetricFamily(
            PREFIX + "http_request_seconds",
            "How long this process took to answer.",
            labels=("route",),
        )
        for route, (each, seconds) in self._meter.times().items():
            total, buckets = 0, []
            for many, upper in zip(each, (*map(str, BUCKETS), "+Inf"), strict=True):
                total += many
                buckets.append((upper, total))
            times.add_metric([route], buckets, seconds)
        yield times


def _kept_out(web: Web) -> Response | None:
    """None to let the request in, else the answer that keeps it out."""
    if web.metrics == "loopback" and not is_from_here():
        message = (
            'Figures are told on this machine only; [web] metrics = "network" tells them to others.'
        )
        return _out(403, message)
    if web.metrics_token is None:
        return None
    try:
        expected = web.metrics_token.read()
    except SecretMissing as error:
        log.error("the token of metrics cannot be read", reason=str(error))
        return _out(500, "The token cannot be checked now; the log has why.")
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), expected.encode()):
        return None
    answer = _out(401, "The token of [web] metrics_token is required, as Authorization: Bearer.")
    answer.headers["WWW-Authenticate"] = 'Bearer realm="metrics"'
    return answer


def _out(status: int, message: str) -> Response:
    return Response(message + "\n", status, mimetype="text/plain")
