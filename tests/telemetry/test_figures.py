"""What processes tell Prometheus and probes, on real servers: it agrees with what is stored."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from aiokafka.errors import KafkaConnectionError

from hub import app
from hub.errors import NotUsable
from hub.settings import Settings
from hub.telemetry.process import Telemetry
from hub.telemetry.serving import told
from hub.telemetry_settings import TelemetrySettings
from tests.api.server import running_api
from tests.integration.messages import approve, named, placed
from tests.stage import Stage
from tests.telemetry.figures import Figures, scraped

pytestmark = pytest.mark.integration
ANYWHERE = TelemetrySettings(port=0)


@asynccontextmanager
async def hub_that_tells(settings: Settings) -> AsyncIterator[str]:
    """A process of the hub, as far as this one can be one; yields where it tells."""
    telemetry, stop = Telemetry(), asyncio.Event()
    async with told(ANYWHERE, telemetry) as address:
        assert address is not None
        serving_ = asyncio.create_task(app._serve(settings, stop, telemetry))
        try:
            yield address
        finally:
            stop.set()
            await serving_


async def readiness(address: str) -> tuple[int, object]:
    async with httpx2.AsyncClient(timeout=30) as client:
        answer = await client.get(f"{address}/readyz")
    return answer.status_code, answer.json()["why"]


async def test_a_hub_process_tells_what_it_has_done(stage: Stage) -> None:
    async with hub_that_tells(stage.settings) as address:
        for order in named(0, count=3):
            await approve(stage, order)
            await stage.until_state(order, "availability_requested")
        await stage.until_read()

        async def still() -> Figures | None:
            figures = await scraped(address)
            return figures if figures.of("hub_partition_lag") == 0 and figures.of("hub_batches_total") else None

        figures = await stage.until(still, "all is read")
        assert await readiness(address) == (200, None)

    (row,) = await stage.rows("SELECT count(*) FILTER (WHERE refers_to IS NULL) AS all FROM journal")
    assert figures.of("hub_outcomes_total", outcome="applied") == row["all"] == 9
    assert figures.of("hub_record_seconds_count", topic="shop.events") == 3
    assert figures.of("hub_record_seconds_count", topic="payment.events") == 3
    assert figures.of("hub_batch_records_sum") == figures.of("hub_record_seconds_count")
    stages = ("read", "load", "decide", "finish", "store", "publish")
    assert all(figures.of("hub_stage_seconds_count", stage=each) for each in stages)
    events = [each for order in named(0, count=3) for each in await stage.types(order)]
    assert figures.of("hub_messages_total") > len(events) > 0
    assert figures.of("hub_shard_running") == stage.settings.shards == figures.of("hub_take_overs_total")
    assert figures.of("process_resident_memory_bytes") > 0


async def test_a_process_is_ready_once_it_has_its_servers_and_alive_before(stage: Stage) -> None:
    away = stage.settings.model_copy(
        update={"kafka": stage.settings.kafka.model_copy(update={"bootstrap_servers": "127.0.0.1:9"})}
    )
    with pytest.raises(KafkaConnectionError):  # what it still waits for when it is told to stop
        await _is_not_ready(away)


async def _is_not_ready(away: Settings) -> None:
    async with hub_that_tells(away) as address:
        async with httpx2.AsyncClient(timeout=30) as client:
            assert (await client.get(f"{address}/livez")).status_code == 200
        assert await readiness(address) == (503, "it waits for its servers")
        figures = await scraped(address)
        assert figures.of("hub_build_info") == 1
        assert figures.of("hub_batches_total") == 0


async def test_the_api_tells_of_the_hub_as_a_whole(stage: Stage) -> None:
    stage.settings = stage.settings.model_copy(update={"telemetry": ANYWHERE})
    stage.start_hub()
    await approve(stage, "o-1")
    await stage.say("shop.events", placed("N-2"), "o-2")
    await stage.until_state("o-1", "availability_requested")
    await stage.until_state("o-2", "payment_pending")
    telemetry = Telemetry()
    async with told(ANYWHERE, telemetry) as address, running_api(stage, telemetry) as api:
        assert address is not None

        async def seen() -> Figures | None:
            figures = await scraped(address)
            return figures if figures.of("hub_open_orders") == 2 else None

        figures = await stage.until(seen, "the hub is read")
        assert (await api.get("/livez")).status_code == 200
        assert (await scraped(address)).of("hub_api_requests_total", route="/livez", status="200") == 1
        assert await readiness(address) == (200, None)
    assert figures.of("hub_open_orders", state="availability_requested") == 1
    assert figures.of("hub_open_orders", state="payment_pending") == 1
    assert figures.of("hub_ready") == 1
    assert figures.of("hub_shards", state="working") == stage.settings.shards
    assert figures.of("hub_failed_records") == 0


async def test_a_taken_port_is_said_plainly() -> None:
    async with told(ANYWHERE, Telemetry()) as address:
        assert address is not None
        port = int(address.rsplit(":", 1)[1])
        with pytest.raises(NotUsable, match="set HUB_TELEMETRY__PORT"):
            async with told(TelemetrySettings(port=port), Telemetry()):
                pass


async def test_no_port_is_opened_where_none_is_set() -> None:
    async with told(TelemetrySettings(), Telemetry()) as address:
        assert address is None
