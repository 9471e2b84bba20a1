"""A request for money counts only if this hub wrote it: strangers' ones, altered ones and early ones call nothing."""

from typing import Any

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from contracts.values import changed
from contracts.wire import Outgoing
from hub.desk import gateway
from tests.gateway.till import Till, authorization, capture, refund, till, void
from tests.integration.messages import placed
from tests.stage import Stage

pytestmark = pytest.mark.integration

STRANGE = [
    authorization("s-1"),
    authorization("s-2", payment_id="pi_1"),
    capture("s-3", "pi_1"),
    void("s-4", "pi_1"),
    refund("s-5", "pi_1"),
]


async def _shown(at: Till) -> list[str]:
    calls = await gateway.open_calls(at.stage.desk, only_unknown=True)
    return [(call.last_error or "").split(":")[0] for call in calls if call.state == "unreadable"]


async def _write(stage: Stage, record: Outgoing) -> None:
    await stage.write(record.topic, key=record.key, value=record.value, headers=record.headers, partition=0)


async def _stamped(stage: Stage, by: str) -> None:
    """Have the topic take its writers' times, or the log's."""
    kind, name, key = ConfigResourceType.TOPIC, stage.kafka.topic("payment.requests"), "message.timestamp.type"
    async with stage.admin() as admin:
        await admin.alter_configs([ConfigResource(kind, name, {key: by})])

        async def applied() -> bool:
            answers: list[Any] = await admin.describe_configs([ConfigResource(kind, name, {key: ""})])
            return [entry[1] for answer in answers for resource in answer.resources for entry in resource[4]] == [by]

        await stage.until(applied, f"{name} is stamped by {by}")


@pytest.mark.parametrize("source", ["/somebody", "/hub/orders"])
async def test_no_request_is_followed_that_the_hub_did_not_write(stage: Stage, source: str) -> None:
    async with till(stage) as at:
        for message in STRANGE:
            await stage.say("payment.requests", message, "o-1", source=source)
        at.start()
        await at.authorized("o-2")

        assert at.counts["calls"] == 1
        assert await _shown(at) == ["signature_invalid"] * len(STRANGE)


async def test_what_a_hub_asks_is_signed_and_copies_and_changes_of_it_call_nothing(stage: Stage) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed(), "o-1")
    (asked,) = await stage.until(lambda: stage.records("payment.requests"), "the hub asks for money")
    record = Outgoing(asked.topic, 0, asked.key, asked.headers, asked.value)
    raised = (asked.value or b"").replace(b'"amount":', b'"amount":9')
    assert asked.header("hub-signature") is not None
    async with till(stage) as at:
        await _write(stage, record)
        for other in (
            changed(record, key=b"o-2"),
            changed(record, value=raised),
            changed(record, headers=record.headers[:-1]),
            changed(record, headers=(*record.headers[:-1], ("hub-signature", b"0" * 16))),
        ):
            await _write(stage, other)
        at.start()
        await stage.until_rows("SELECT 1 FROM orders WHERE document->'payment'->>'state' = 'authorised'")

        assert len(at.provider.books.intents) == 1
        assert await _shown(at) == ["signature_invalid"] * 4


@pytest.mark.parametrize(("stamped_by", "state"), [("LogAppendTime", "answered"), ("CreateTime", "unreadable")])
async def test_a_request_that_an_older_version_wrote_counts_by_the_time_of_the_log_alone(
    stage: Stage, stamped_by: str, state: str
) -> None:
    await _stamped(stage, stamped_by)
    await stage.change("UPDATE hub SET unsigned_until = now() + interval '1 hour'")
    async with till(stage) as at:
        await stage.say("payment.requests", authorization("a-1"), "o-1", source="/hub/orders")
        at.start()
        await stage.until_rows("SELECT state FROM gateway_calls WHERE state = :state", state=state)
