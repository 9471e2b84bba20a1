"""Tracing: spans of records decided, messages sent, requests answered and calls made, sent on by OTLP over HTTP.

Spans are made of what has taken effect: a batch that fails leaves none, and one that is decided again the same ones, as
their ids follow from the records' places and the messages' ids. A trace is the one that the sender began and marked as
sampled; of these the settings keep a share, chosen by the trace's id, so that all processes keep the same ones.
"""

import os
import secrets
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog

from adapters.calls.traced import Called
from consumers.shard.reading import Read
from contracts import tracing
from contracts.wire import Outgoing
from hub.telemetry import semconv
from hub.telemetry.semconv import Attribute, Value
from hub.telemetry_settings import TelemetrySettings

LOG: Final = structlog.get_logger("telemetry")
QUEUE: Final = 8192
"""Spans that wait for the collector at most; more are dropped, and the log says so."""
EXPORT_SECONDS: Final = 10
CLOSE_SECONDS: Final = 3.0
"""How long the last spans may take when a process ends."""
LONGEST: Final = 200
TRACE: Final = slice(3, 35)
"""Where a header has its trace."""
LOW: Final = slice(19, 35)
"""Where it has the last 16 digits of that: half of the id, by which it is chosen."""
_SYSTEM: Final = "kafka"


class Tracing:
    """Makes spans and has a thread of the library's send them; `group` is the name of the hub's consumer group."""

    def __init__(self, settings: TelemetrySettings, group: str) -> None:
        # The library is loaded only where a collector is named.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope
        from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

        self._bound = bound_of(settings.traces_ratio)
        self._group = group
        self._names = semconv.chosen(os.environ)
        self._span, self._place, self._kinds = ReadableSpan, SpanContext, SpanKind
        self._sampled = TraceFlags(TraceFlags.SAMPLED)
        self._well, self._failed = Status(StatusCode.UNSET), Status(StatusCode.ERROR)
        self._scope = InstrumentationScope("fulfilment-hub")
        self._resource = Resource.create(
            {"service.name": settings.service, "service.instance.id": f"{socket.gethostname()}-{os.getpid()}"}
        )
        exporter = OTLPSpanExporter(endpoint=settings.traces_url, timeout=EXPORT_SECONDS)
        self._processor = BatchSpanProcessor(exporter, max_queue_size=QUEUE)

    # -- what is told --------------------------------------------------------------------------------------------------

    def stored(self, reads: Sequence[Read], messages: Sequence[Outgoing], began: int, ended: int) -> None:
        """Make the spans of a batch: of each record of a trace that is kept, and of each message that it led to."""
        try:
            self._stored(reads, messages, began, ended)
        except Exception as error:
            LOG.error("spans could not be made", error=type(error).__name__, exc_info=error)

    def _stored(self, reads: Sequence[Read], messages: Sequence[Outgoing], began: int, ended: int) -> None:
        caused: dict[tuple[str, str], str] = {}
        traces = set[bytes]()
        for read in reads:
            parent = self._kept(read.trace)
            if parent is None:
                continue
            record, decoded = read.record, read.decoded
            span = tracing.span_of(f"process {record.place}".encode())
            event_id = "" if decoded is None else decoded.envelope.id
            caused.setdefault((parent.trace_id, event_id), span)
            traces.add(parent.trace_id.encode())
            self._make(
                f"process {record.topic}",
                self._kinds.CONSUMER,
                (parent.trace_id, span, parent.span_id),
                (began, ended),
                {
                    **_messaging("process", record.topic, record.partition, event_id),
                    semconv.GROUP: self._group,
                    semconv.OFFSET: record.offset,
                    **({} if read.subject is None else {semconv.KEY: read.subject[:LONGEST]}),
                },
                error=None if read.fault is None else read.fault[0],
            )
        if caused:
            self._sent([each for each in messages if _trace(each) in traces], caused, ended)

    def _sent(self, messages: Sequence[Outgoing], caused: Mapping[tuple[str, str], str], ended: int) -> None:
        """Make the spans of messages that belong to a trace; they were sent when their batch had taken effect.

        A record that is passed on as it came, such as a dead letter, has its sender's span and gets none of its own.
        """
        for message in messages:
            headers = dict(message.headers)
            own, message_id = self._kept(headers.get(tracing.HEADER)), headers.get("ce_id") or b""
            if own is None or own.span_id != tracing.span_of(message_id):
                continue
            cause = (headers.get("ce_causationid") or b"").decode()
            parent = caused.get((own.trace_id, cause))
            if parent is None:
                continue
            told = _messaging("send", message.topic, message.partition, message_id.decode())
            subject = (message.key or b"").decode(errors="replace")[:LONGEST]
            told |= {semconv.KEY: subject, semconv.CONVERSATION: subject}
            ids = (own.trace_id, own.span_id, parent)
            self._make(f"send {message.topic}", self._kinds.PRODUCER, ids, (ended, ended), told)

    def answered(self, about: Mapping[str, Any], method: str, route: str, status: int, seconds: float) -> None:
        """Make the span of a request that was answered.

        `about` has its trace, its own span where something was handed on from it, its caller's, and its caller's flags.
        """
        kept = self._kept_from(about)
        if kept is None:
            return
        now = time.time_ns()
        self._make(
            f"{method} {route}",
            self._kinds.SERVER,
            (kept.trace_id, kept.span_id, about.get("parent")),
            (now - round(seconds * 1e9), now),
            {semconv.METHOD: method, semconv.ROUTE: route, semconv.STATUS: status},
            error=str(status) if status >= 500 else None,
        )

    def called(self, call: Called) -> None:
        """Make the span of a call to somebody else's server."""
        parent, own = self._kept(call.parent), tracing.read(call.own)
        if parent is None or own is None:
            return
        now = time.time_ns()
        told: dict[Attribute, Value] = {semconv.METHOD: call.method, semconv.TEMPLATE: call.route}
        told |= {semconv.SERVER_ADDRESS: call.host, semconv.SERVER_PORT: call.port}
        failed = call.status is None or call.status >= 400
        self._make(
            f"{call.method} {call.route}",
            self._kinds.CLIENT,
            (parent.trace_id, own.span_id, parent.span_id),
            (now - round(call.seconds * 1e9), now),
            told if call.status is None else {**told, semconv.STATUS: call.status},
            error=(call.error or str(call.status)) if failed else None,
        )

    def close(self) -> None:
        """Send what waits, as far as the collector takes it in time; it blocks.

        A collector that hangs keeps the library for half a minute: longer than a process has to end.
        """
        closing = threading.Thread(target=self._processor.shutdown, name="spans", daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)

    # -- how -----------------------------------------------------------------------------------------------------------

    def _kept(self, traceparent: bytes | None) -> tracing.TraceContext | None:
        """Return what a header names, where its sender sampled it and it is among those that are kept.

        Most are not: they are told by comparing digits, before anything is read.
        """
        if traceparent is None or traceparent[LOW] >= self._bound:
            return None
        found = tracing.read(traceparent)
        return found if found is not None and found.sampled else None

    def _kept_from(self, about: Mapping[str, Any]) -> tracing.TraceContext | None:
        """Return the trace and the span of a request, where they are kept."""
        if "trace" not in about:
            return None
        flags = about.get("flags", tracing.SAMPLED)
        span = about.get("span") or secrets.token_hex(8)
        return self._kept(tracing.TraceContext(about["trace"], span, flags).header.encode())

    def _make(
        self,
        name: str,
        kind: Any,
        ids: tuple[str, str, str | None],
        when: tuple[int, int],
        told: Mapping[Attribute, Value],
        error: str | None = None,
    ) -> None:
        trace, own, parent = ids
        attributes = self._names.of({**told, **({} if error is None else {semconv.ERROR_TYPE: error})})
        self._processor.on_end(
            self._span(
                name,
                self._context(trace, own, remote=False),
                None if parent is None else self._context(trace, parent, remote=True),
                self._resource,
                attributes,
                kind=kind,
                status=self._well if error is None else self._failed,
                start_time=when[0],
                end_time=when[1],
                instrumentation_scope=self._scope,
            )
        )

    def _context(self, trace: str, span: str, *, remote: bool) -> Any:
        return self._place(int(trace, 16), int(span, 16), is_remote=remote, trace_flags=self._sampled)


def bound_of(ratio: float) -> bytes:
    """Return the digits below which the last 16 of a trace's id are kept: as many traces as this share."""
    return b"g" if ratio >= 1 else f"{int(ratio * 2**64):016x}".encode()


def _trace(message: Outgoing) -> bytes | None:
    """Return the id of the trace that a message names, unread; it stands near the end of its headers."""
    for name, held in reversed(message.headers):
        if name == tracing.HEADER:
            return None if held is None else held[TRACE]
    return None


def _messaging(operation: str, topic: str, partition: int | None, message_id: str) -> dict[Attribute, Value]:
    told: dict[Attribute, Value] = {
        semconv.SYSTEM: _SYSTEM,
        semconv.OPERATION_NAME: operation,
        semconv.OPERATION_TYPE: operation,
        semconv.DESTINATION: topic,
        semconv.MESSAGE_ID: message_id[:LONGEST],
    }
    return told if partition is None else {**told, semconv.PARTITION: str(partition)}
