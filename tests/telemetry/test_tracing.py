"""Traces, on real servers: what a partner or a tool began is one tree to a collector that knows only OTLP."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from adapters.postgres.roles import Role
from contracts import tracing
from contracts.wire import Outgoing
from domain import rights
from hub.telemetry import semconv
from hub.telemetry import tracing as hub_tracing
from hub.telemetry.process import Telemetry
from hub.telemetry.semconv import Names
from hub.telemetry.tracing import Tracing, bound_of
from hub.telemetry_settings import TelemetrySettings
from hub.wiring import Hub
from tests.api.server import api_settings, running_api
from tests.console.person import signed_in
from tests.integration.messages import CLEAR, approve, placed
from tests.stage import Stage, as_role
from tests.telemetry.collector import Collector, Span, collecting

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HOLD = {"kind": "logistics", "reason": "asked"}
OTHER = "4bf92f3577b34da6a3ce929d0e0e4736"
ids = st.integers(1, 2**128 - 1).map(lambda number: f"{number:032x}")


def settings(collector: Collector, ratio: float = 1.0) -> TelemetrySettings:
    return TelemetrySettings(traces_url=collector.url, traces_ratio=ratio)


@asynccontextmanager
async def traced_hub(stage: Stage, collector: Collector) -> AsyncIterator[Tracing]:
    """A hub that makes spans; those that wait are sent at the end."""
    stage.settings = api_settings(stage)
    traces, stop = Tracing(settings(collector), "hub"), asyncio.Event()
    running = asyncio.create_task(Hub(as_role(stage.settings, Role.RUNTIME), traces=traces).run(stop))
    try:
        yield traces
    finally:
        stop.set()
        await running
        await asyncio.to_thread(traces.close)


def by_id(spans: list[Span]) -> dict[str, Span]:
    found = {span.id: span for span in spans}
    assert len(found) == len(spans), "no span is told twice"
    return found


@pytest.mark.integration
async def test_what_a_partner_began_goes_on_in_the_messages_that_follow(stage: Stage) -> None:
    with collecting() as collector:
        async with traced_hub(stage, collector):
            await approve(stage, "o-2")  # by somebody who keeps no trace
            header = (tracing.HEADER, tracing.TraceContext(TRACE, CALLER).header.encode())
            await stage.say("shop.events", placed("N-1"), "o-1", headers=[header])
            await stage.say(
                "fraud.events", CLEAR, "o-1", headers=[(tracing.HEADER, f"00-{OTHER}-{CALLER}-00".encode())]
            )
            await stage.until_state("o-1", "payment_pending")
            await stage.until_read()
        sent = [
            dict(record.headers)
            for record in await stage.records("order.events", "payment.requests")
            if tracing.HEADER in dict(record.headers)
        ]
    assert {span.trace for span in collector.spans} == {TRACE}, "who keeps no trace gets no spans"
    spans = by_id(collector.of(TRACE))
    (process,) = (span for span in spans.values() if span.parent == CALLER)
    assert (process.name, process.kind) == ("process shop.events", 5)
    assert process.attributes["messaging.system"] == "kafka"
    assert process.attributes["messaging.destination.name"] == "shop.events"
    assert process.attributes["messaging.operation.type"] == "process"
    sends = [span for span in spans.values() if span.name.startswith("send ")]
    assert sends
    assert {span.parent for span in sends} == {process.id}
    told = {span.id for span in sends}
    parents = {tracing.read(each[tracing.HEADER]) for each in sent}
    assert {each.span_id for each in parents if each is not None and each.trace_id == TRACE} <= told


@pytest.mark.integration
async def test_a_record_that_breaks_its_contract_is_a_span_that_failed(stage: Stage) -> None:
    with collecting() as collector:
        async with traced_hub(stage, collector):
            header = (tracing.HEADER, tracing.TraceContext(TRACE, CALLER).header.encode())
            broken = [
                (name, value.encode())
                for name, value in {
                    "content-type": "application/json",
                    "ce_specversion": "1.0",
                    "ce_id": "e-1",
                    "ce_source": "/partners/shop",
                    "ce_type": "order.placed.v1",
                }.items()
            ]
            await stage.write(
                "shop.events", key=b"o-1", value=json.dumps({"secret": 1}).encode(), headers=[*broken, header]
            )
            await stage.until_read()
    (span,) = collector.of(TRACE)
    assert span.failed
    assert span.attributes["error.type"] == "data_invalid"
    assert "secret" not in str(span)


@pytest.mark.integration
async def test_an_act_over_http_is_one_trace_down_to_its_events(stage: Stage) -> None:
    with collecting() as collector:
        async with traced_hub(stage, collector) as traces, running_api(stage, Telemetry(traces)) as api:
            await placed_order(stage)
            seen = (await api.get("/v1/orders/o-1")).json()["version"]
            header = {tracing.HEADER: tracing.TraceContext(TRACE, CALLER).header}
            answer = await api.act("/v1/orders/o-1/hold", HOLD, version=seen, headers=header)
            assert answer.status_code == 200, answer.text
    spans = by_id(collector.of(TRACE))
    (server,) = (span for span in spans.values() if span.kind == 2)
    assert server.name == "POST /v1/orders/{order}/hold"
    assert server.parent == CALLER
    assert server.attributes["http.response.status_code"] == 200
    (process,) = (span for span in spans.values() if span.parent == server.id)
    assert process.name == "process hub.commands"
    assert any(span.name == "send order.events" and span.parent == process.id for span in spans.values())
    assert server.seconds > 0


@pytest.mark.integration
async def test_a_trace_that_a_tool_does_not_keep_is_kept_by_nobody(stage: Stage) -> None:
    with collecting() as collector:
        async with traced_hub(stage, collector) as traces, running_api(stage, Telemetry(traces)) as api:
            await placed_order(stage)
            seen = (await api.get("/v1/orders/o-1")).json()["version"]
            header = {tracing.HEADER: tracing.TraceContext(TRACE, CALLER, "00").header}
            assert (await api.act("/v1/orders/o-1/hold", HOLD, version=seen, headers=header)).status_code == 200
        (command,) = await stage.records("hub.commands")
    assert collector.of(TRACE) == []
    assert (command.header(tracing.HEADER) or b"").endswith(b"-00")


@pytest.mark.integration
async def test_what_a_page_asks_belongs_to_the_page(stage: Stage) -> None:
    with collecting() as collector:
        async with traced_hub(stage, collector) as traces, running_api(stage, Telemetry(traces)) as api:
            await placed_order(stage)
            async with signed_in(api, rights.READ) as person:
                await person.look("/orders")
            assert (await api.get("/livez")).status_code == 200
    (page,) = (span for span in collector.spans if span.name == "GET /orders")
    asked = [span for span in collector.of(page.trace) if span is not page]
    assert page.parent == ""
    assert "GET /v1/orders" in {span.name for span in asked}
    assert {span.parent for span in asked} == {page.id}
    assert [span.parent for span in collector.spans if span.name == "GET /livez"] == [""]


async def placed_order(stage: Stage) -> None:
    await stage.say("shop.events", placed("N-1"), "o-1")
    await stage.until_state("o-1", "payment_pending")


@given(ids, st.floats(0, 1, exclude_max=True))
def test_a_share_is_kept_by_the_trace_alone(trace: str, ratio: float) -> None:
    low = trace[16:].encode()
    assert low < bound_of(1)
    assert not low < bound_of(0)
    assert (low < bound_of(ratio)) == (int(low, 16) < int(ratio * 2**64))


async def test_a_collector_that_is_away_or_hangs_holds_up_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_tracing, "CLOSE_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as hanging:  # it takes the call, and never says a word
        for port in (9, hanging.getsockname()[1]):
            traces = Tracing(TelemetrySettings(traces_url=f"http://127.0.0.1:{port}/v1/traces"), "hub")
            traces.answered({"trace": TRACE}, "GET", "/v1/me", 200, 0.1)
            async with asyncio.timeout(25):  # the library alone would wait for half a minute
                await asyncio.to_thread(traces.close)


async def test_a_fault_of_telemetry_stops_no_shard() -> None:
    with collecting() as collector, capture_logs() as told:
        traces = Tracing(settings(collector), "hub")
        traces.stored([object()], [Outgoing("order.events", None, b"o-1", (), b"")], 0, 1)  # type: ignore[list-item]
        await asyncio.to_thread(traces.close)
    assert [each["error"] for each in told] == ["AttributeError"]


@pytest.mark.parametrize(
    ("asked", "names"),
    [("", Names()), ("messaging", Names(earlier=False, newest=True)), ("http,messaging/dup", Names(newest=True))],
)
def test_names_are_those_that_the_environment_asks_for(asked: str, names: Names) -> None:
    assert semconv.chosen({semconv.OPT_IN: asked}) == names
    told = names.of({semconv.OFFSET: 7, semconv.ROUTE: "/x"})
    assert told["http.route"] == "/x"
    assert ("messaging.kafka.offset" in told, "kafka.offset" in told) == (names.earlier, names.newest)
