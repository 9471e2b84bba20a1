"""Metering: how many requests each route answers, how, and how long that takes; ids and texts are in no label."""

import collections
import time
from collections.abc import Callable, Iterable
from typing import Final

import structlog
from fastapi import Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from hub.api.connections import App, Message, Receive, Scope, Send
from hub.telemetry import names
from hub.telemetry.names import Metric
from hub.telemetry.tracing import Tracing

LOG: Final = structlog.get_logger("api")
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
UNKNOWN: Final = "none"
"""The route or method of a request where it is none of ours: what somebody typed must not become a label."""
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


REFUSALS_SECONDS: Final = 10.0
"""How often the log says at most that connections are refused: who floods the API must not flood its log."""


def _said(metric: Metric) -> tuple[str, str, tuple[str, ...]]:
    return metric.name, metric.says, metric.labels


class Meter(Collector):
    """The figures of one process; `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._said_at = clock, float("-inf")
        self._unsaid = collections.Counter[str]()
        self.registry = CollectorRegistry()
        self.tracing: Tracing | None = None
        """Where spans of requests are made, if anywhere."""
        self._requests = Counter(*_said(names.REQUESTS), registry=self.registry)
        self._seconds = Histogram(*_said(names.REQUEST_SECONDS), buckets=SECONDS, registry=self.registry)
        self._refused = Counter(*_said(names.REFUSED_CONNECTIONS), registry=self.registry)

    def collect(self) -> Iterable[Family]:
        """Return the figures, for a registry that tells others beside them."""
        return self.registry.collect()

    def refused(self, code: str) -> None:
        """Note that a connection was refused before there was a request."""
        self._refused.labels(code).inc()
        self._unsaid[code] += 1
        if self._clock() - self._said_at >= REFUSALS_SECONDS:
            LOG.warning("api.connections_refused", **self._unsaid)
            self._said_at = self._clock()
            self._unsaid.clear()

    def note(self, scope: Scope, status: int, seconds: float) -> None:
        """Note how a request was answered."""
        route = getattr(scope.get("route"), "path", UNKNOWN)
        method = str(scope["method"]) if route != UNKNOWN and scope["method"] in METHODS else UNKNOWN
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)
        about = scope.get("hub", {})
        caller = about.get("caller")
        if self.tracing is not None and route != UNKNOWN:
            self.tracing.answered(about, method, route, status, seconds)
        LOG.info(
            "api.request",
            method=scope["method"][:20],
            route=route,
            status=status,
            ms=round(1000 * seconds, 1),
            caller=None if caller is None else caller.id,
            trace_id=about.get("trace"),
        )

    def told(self) -> Response:
        """Return the figures as Prometheus reads them."""
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)


class Metered:
    """Has every request noted once its answer begins: a stream may go on for hours."""

    def __init__(self, app: App, meter: Meter) -> None:
        self._app, self._meter = app, meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        began = time.perf_counter()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._meter.note(scope, message["status"], time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, noting if scope["type"] == "http" else send)
