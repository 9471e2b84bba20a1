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


async def test_check_compares_the_sessions_that_the_hub_may_open_with_those_that_are_allowed(stage: Stage) -> None:
    async def told() -> checks.Check:
        return next(check for check in await checks.online(stage.desk) if check.name == "sessions")

    assert (await told()).ok
    database = stage.engine.url.database
    await stage.change(f'ALTER DATABASE "{database}" CONNECTION LIMIT {SHARDS + 8 + 20 - 1}')

    check = await told()

    assert not check.ok
    assert f"may open {SHARDS + 28} sessions, and the database allows {SHARDS + 27}" in check.detail
