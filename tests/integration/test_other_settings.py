"""Who asks a hub from a machine with other settings: the hub's own numbers count, and the difference is told."""

from dataclasses import replace

import pytest

from hub.desk import checks
from hub.simulation import simulate_on
from tests.stage import SHARDS, Stage

pytestmark = pytest.mark.integration


async def test_check_compares_the_topics_with_the_hubs_own_shards_and_tells_the_setting(stage: Stage) -> None:
    elsewhere = replace(stage.desk, settings=stage.settings.model_copy(update={"shards": 8, "partitions": None}))

    told = {check.name: check for check in await checks.online(elsewhere)}

    assert not told["migrations"].ok
    assert f"set HUB_SHARDS={SHARDS}" in told["migrations"].detail
    assert "partitions" not in told["topics"].detail


async def test_partners_ask_kafka_how_many_partitions_there_are(stage: Stage) -> None:
    stage.start_hub()
    elsewhere = stage.settings.model_copy(update={"shards": 8, "partitions": None})

    books = await simulate_on(elsewhere, 3, 1, "high", rate=10)

    assert books
    assert len(await stage.rows("SELECT 1 FROM orders WHERE state IS NOT NULL")) >= 3
