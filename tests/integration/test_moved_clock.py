"""A test hub whose clock is moved again and again: the proof knows by which clock each row was written."""

import re
from datetime import timedelta

import pytest

from adapters.postgres.unit import PostgresUnit
from hub.settings import ClockSettings, Settings
from tests.integration.messages import placed
from tests.stage import Stage
from verification import Report, Verification, verify

pytestmark = pytest.mark.integration
HOUR = timedelta(hours=1)


def moved(stage: Stage, ahead: timedelta) -> Settings:
    return stage.settings.model_copy(update={"clock": ClockSettings(ahead=ahead)})


async def proved(stage: Stage) -> Report:
    return await verify(Verification(stage.kafka, stage.settings.database_url(), stage.settings.shards))


async def test_the_proof_knows_by_which_clock_each_row_was_written(stage: Stage) -> None:
    for hours, order_id in ((0, "o-1"), (2, "o-2"), (2, "o-3"), (5, "o-4")):
        stage.start_hub(moved(stage, hours * HOUR))
        await stage.say("shop.events", placed(number=order_id), order_id)
        await stage.until_state(order_id, "payment_pending")
        await stage.until_read()
        await stage.stop_hubs()

    assert (await proved(stage)).differences == ()

    await stage.change("UPDATE moved_clock SET ahead = '3 hours' WHERE ahead = '2 hours'")
    named = {re.findall(r"o-\d", difference.where)[0] for difference in (await proved(stage)).differences}
    assert {"o-2", "o-3"} <= named  # of the first, the deadlines that the second clock let go off
    assert "o-4" not in named


async def test_an_owner_notes_its_clock_once_and_one_that_lost_the_shard_notes_nothing(stage: Stage) -> None:
    url = stage.settings.database_url()
    units = [PostgresUnit(url, 0, ahead=hours * HOUR) for hours in (0, 0, 4, 1)]
    notes = []
    try:
        for unit in units:
            await unit.take()
            notes.append([row["ahead"] for row in await stage.rows("SELECT ahead FROM moved_clock")])
        await units[2].shard.note_clock(1, 9 * HOUR)

        assert notes == [[], [], [4 * HOUR], [HOUR]]
        assert [row["ahead"] for row in await stage.rows("SELECT ahead FROM moved_clock")] == [HOUR]
    finally:
        for unit in units:
            await unit.close()
