"""Calls to others belong to the trace of what they were made for: the payment provider's, and webhooks'."""

import asyncio
from collections.abc import Mapping

import httpx2
import pytest

from adapters.calls.traced import Called, CallTrace
from contracts import tracing
from hub.telemetry.tracing import Tracing
from hub.telemetry_settings import TelemetrySettings
from simulators.payment_provider import Trick
from tests.api.receiver import Answer, receiving
from tests.api.server import api_settings, running_api
from tests.api.webhook_yard import settings_for, yard
from tests.gateway.till import authorization, till
from tests.integration.messages import placed
from tests.stage import Stage
from tests.telemetry.collector import Collector, Span, collecting

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HEADER = tracing.TraceContext(TRACE, CALLER).header.encode()
URL = httpx2.URL("https://provider.example/v1")


def made(collector: Collector) -> Tracing:
    return Tracing(TelemetrySettings(traces_url=collector.url), "hub")


def of_calls(collector: Collector) -> list[Span]:
    return [span for span in collector.of(TRACE) if span.kind == 3]


def test_each_call_has_a_span_of_its_own_and_the_same_ones_when_it_is_made_again() -> None:
    told = list[Called]()
    headers = list[Mapping[str, str]]()
    for trace in (CallTrace(HEADER, "r-1 1", told.append), CallTrace(HEADER, "r-1 1"), CallTrace(HEADER, "r-1 2")):
        for number in range(2):
            span = trace.begin("GET", "/x", URL)
            span.end(200 + number)
            headers.append(span.headers)

    spans = [tracing.read(each[tracing.HEADER].encode()) for each in headers]
    assert {span.trace_id for span in spans if span is not None} == {TRACE}
    assert spans[:2] == spans[2:4]
    assert len({span.span_id for span in spans if span is not None}) == 4
    assert [(each.host, each.port, each.status) for each in told] == [
        ("provider.example", 443, 200),
        ("provider.example", 443, 201),
    ]


@pytest.mark.parametrize("parent", [None, b"", b"00-not-a-trace", b"\xff" * 55])
def test_a_call_for_what_has_no_trace_hands_none_on(parent: bytes | None) -> None:
    told = list[Called]()
    span = CallTrace(parent, "r-1", told.append).begin("GET", "/x", URL)
    span.end(200)

    assert (span.headers, told) == ({}, [])


@pytest.mark.integration
async def test_calls_of_the_payment_provider_are_spans_of_the_requests_trace_and_so_is_the_answer(
    stage: Stage,
) -> None:
    with collecting() as collector:
        traces = made(collector)
        async with till(stage) as at:
            at.plan("a-1", Trick.TIMEOUT_AFTER)
            at.start(tell=traces.called)
            await at.request(authorization("a-1"), "o-1", headers=[(tracing.HEADER, HEADER)])
            await at.request(authorization("a-2"), "o-2")
            await at.answer("a-1")
            await at.answer("a-2")
        await asyncio.to_thread(traces.close)
        spans = of_calls(collector)

    assert [span.name for span in spans][:2] == ["POST /v1/payment_intents", "GET /v1/payment_intents/search"]
    assert [span.attributes.get("error.type") for span in spans[:2]] == ["no_answer", None]
    assert {span.parent for span in spans} == {CALLER}
    assert spans[-1].attributes["http.response.status_code"] == 200
    assert spans[-1].attributes["server.address"] == "127.0.0.1"
    assert {span.trace for span in collector.spans} == {TRACE}
    (told,) = [record for record in await stage.records("payment.events") if record.key == b"o-1"]
    assert (tracing.read(told.header(tracing.HEADER)) or tracing.TraceContext("", "")).trace_id == TRACE


@pytest.mark.integration
async def test_calls_of_webhooks_are_spans_of_the_events_trace(stage: Stage) -> None:
    with collecting() as collector:
        traces = made(collector)
        stage.settings = settings_for(stage)
        stage.settings = api_settings(stage)
        async with receiving() as receiver, running_api(stage) as api, yard(stage, api, receiver, traces.called) as at:
            hook = await at.webhook(lambda n: Answer(500) if n == 0 else Answer(), types=["order.created.v1"])
            stage.start_hub()
            await stage.say("shop.events", placed("N-1"), "o-1", headers=[(tracing.HEADER, HEADER)])
            await hook.attempts(1)
            at.move(hours=1)
            await hook.until_taken(1)
            came = [tracing.read(each.headers[tracing.HEADER].encode()) for each in hook.came]
        await asyncio.to_thread(traces.close)
        spans = of_calls(collector)

    assert [span.name for span in spans] == ["POST webhook"] * 2
    assert [span.attributes["http.response.status_code"] for span in spans] == [500, 200]
    assert [span.id for span in spans] == [each.span_id for each in came if each is not None]
    assert [span.failed for span in spans] == [True, False]
