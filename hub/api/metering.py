"""Metering: how many requests each route answers, how, and how long that takes; ids and texts are in no label."""

import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from fastapi import Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

LOG: Final = structlog.get_logger("api")
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
UNKNOWN: Final = "none"
"""The route of a request for which there is none: what somebody typed must not become a label."""


class Meter:
    """The figures of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("hub_api_requests", "Requests answered.", labels, registry=self.registry)
        self._seconds = Histogram(
            "hub_api_request_seconds",
            "Seconds from a request to its answer.",
            ("method", "route"),
            buckets=SECONDS,
            registry=self.registry,
        )

    async def measure(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        """Have a request answered, and note how."""
        began = time.perf_counter()
        response = await call_next(request)
        seconds = time.perf_counter() - began
        route = getattr(request.scope.get("route"), "path", UNKNOWN)
        method = request.method if route != UNKNOWN else UNKNOWN
        self._requests.labels(method, route, str(response.status_code)).inc()
        self._seconds.labels(method, route).observe(seconds)
        caller = request.scope.get("hub", {}).get("caller")
        LOG.info(
            "api.request",
            method=request.method,
            route=route,
            status=response.status_code,
            ms=round(1000 * seconds, 1),
            caller=None if caller is None else caller.id,
            trace_id=request.scope.get("hub", {}).get("trace"),
        )
        return response

    def told(self) -> Response:
        """Return the figures as Prometheus reads them."""
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)
