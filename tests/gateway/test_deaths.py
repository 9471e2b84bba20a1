"""A gateway that dies or sleeps at each point of a call: what its row says, and what the next one makes of it."""

import signal
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from adapters import failpoints
from adapters.failpoints import GATEWAY_POINTS, Swallowed
from consumers.payment_requests import GATEWAY
from hub.errors import GatewayLostItsPlace
from simulators.payment_provider.server import KEY
from tests.e2e.fleet import Fleet
from tests.gateway.till import authorization, till
from tests.stage import Stage

pytestmark = pytest.mark.integration

LEFT = {
    "gateway_read": "received",
    "gateway_sending": "sending",
    "gateway_called": "sending",
    "gateway_answered": "settled",
    "gateway_published": "settled",
}
"""What the row says after a death at each point."""


@pytest.fixture
def disarmed() -> Iterator[None]:
    yield
    failpoints.arm({"HUB_FAILPOINTS": f"{GATEWAY_POINTS[0]}:swallow:0"})


@pytest.mark.parametrize("point", GATEWAY_POINTS)
@pytest.mark.usefixtures("disarmed")
async def test_whoever_comes_after_a_death_ends_the_call_and_sends_it_once(stage: Stage, point: str) -> None:
    async with till(stage, timeout=timedelta(milliseconds=200)) as at:
        failpoints.arm({"HUB_FAILPOINTS": f"{point}:swallow:1"})
        at.start()
        await at.request(authorization("a-1"), "o-1")
        with suppress(Swallowed):
            await at.until_state("a-1", "answered")
        with suppress(Swallowed):
            await at.stop()
        assert (await at.row("a-1"))["state"] == LEFT[point]

        failpoints.arm({"HUB_FAILPOINTS": f"{point}:swallow:0"})
        at.start()
        await at.until_state("a-1", "answered")

    assert len(at.intents("o-1")) == 1
    assert at.sent("a-1") == 1
    told = await stage.records("payment.events")
    assert {(record.header("ce_id"), record.value) for record in told} == {(told[0].header("ce_id"), told[0].value)}
    assert len(told) == (2 if point == "gateway_published" else 1)


@pytest.mark.e2e
async def test_a_process_frozen_past_its_lease_changes_nothing_when_it_wakes(stage: Stage, tmp_path: Path) -> None:
    async with till(stage) as at:
        environment = {
            "HUB_GATEWAY__URL": at.provider.url,
            "HUB_GATEWAY__API_KEY": KEY,
            "HUB_GATEWAY__TIMEOUT": "PT0.4S",
        }
        fleet = Fleet(stage, tmp_path, 1, command=("gateway", "payments"), settings=environment)
        await fleet.start("gateway_sending:freeze:1")
        try:
            await at.request(authorization("a-1"), "o-1")
            await at.until_state("a-1", "sending")
            at.start()
            await at.answer("a-1")
            (row,), sent = await stage.rows("SELECT * FROM gateway_calls"), at.sent("a-1")

            (member,) = fleet.members
            member.process.send_signal(signal.SIGCONT)
            member.process.terminate()
            code = await member.process.wait()
        finally:
            await fleet.stop()

        # It woke and came to its end, and neither sent its call, for which its time was over, nor wrote to the row.
        assert (code, fleet.hits()["gateway_sending:freeze"]) == (0, 1)
        assert at.sent("a-1") == sent
        assert await stage.rows("SELECT * FROM gateway_calls") == [row]
        assert len(at.intents("o-1")) == 1
        await at.answer("a-1")


async def test_a_database_that_drops_every_connection_costs_time_and_nothing_else(stage: Stage) -> None:
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    drop = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"
    async with till(stage) as at:
        at.serve()
        for number in range(20):
            await at.request(authorization(f"a-{number}"), f"o-{number}")
        for dropped in range(1, 4):
            await stage.until_rows("SELECT 1 FROM gateway_calls WHERE attempts > 0", dropped * 3)
            await stage.rows(drop)
        for number in range(20):
            await at.until_state(f"a-{number}", "answered")

    assert len(at.provider.books.intents) == 20
    assert {record.key for record in await stage.records("payment.events")} == {f"o-{n}".encode() for n in range(20)}


async def test_a_gateway_whose_place_is_not_in_the_log_says_so_and_calls_nobody(stage: Stage) -> None:
    async with till(stage) as at:
        consumer = stage.kafka.consumer(group_id=stage.kafka.gateway_group(GATEWAY))
        place = TopicPartition(stage.kafka.topic("payment.requests"), 0)
        consumer.assign([place])
        await consumer.start()
        await consumer.commit({place: 999})
        await consumer.stop()
        await at.request(authorization("a-1"), "o-1", partition=0)

        at.start()
        with pytest.raises(GatewayLostItsPlace, match="retention removed"):
            await at.until_state("a-1", "answered")
        with suppress(GatewayLostItsPlace):
            await at.stop()

    assert at.counts["calls"] == 0
