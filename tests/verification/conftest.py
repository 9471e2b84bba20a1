"""A hub that has played: once for each module, since a message that is published can't be taken back."""

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.postgres import reads
from hub.simulation import simulate_on
from tests.stage import Stage, Template, new_stage
from tests.verification.played import PlayedHub
from verification import Verification

ORDERS = 14


@pytest.fixture(scope="module")
def played_hub(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedHub]:
    """Some orders played to their ends, a duplicate and a broken record among them; nothing runs any more."""
    loop = asyncio.new_event_loop()
    around = new_stage(template, tmp_path_factory.mktemp("played"))
    stage = loop.run_until_complete(around.__aenter__())
    try:
        loop.run_until_complete(_play(stage))
        settings = stage.settings
        # The tests' loops are others: no connection may be kept from one to the next.
        engine = create_async_engine(settings.database_url(), poolclass=NullPool)
        yield PlayedHub(
            Verification(settings.connection(), settings.database_url(), settings.shards), engine, settings.connection()
        )
    finally:
        loop.run_until_complete(around.__aexit__(None, None, None))
        loop.close()


async def _play(stage: Stage) -> None:
    policy = {"closing": "PT0.5S", "payment_retry": "PT0.3S", "refund_retry": "PT0.3S", "flash_automatic": True}
    stage.start_hub(stage.settings.model_copy(update={"policy": policy}))
    stop = asyncio.Event()
    trading = asyncio.create_task(simulate_on(stage.settings, ORDERS, 4, "low", rate=10, stop=stop))
    await stage.write("fraud.events", key=b"o-broken", value=b"not json", partition=0)

    async def enough() -> bool:
        states = (await reads.counts(stage.engine))["states"]
        return states.get("completed", 0) >= ORDERS - 4

    try:
        await stage.until(enough, "most orders are completed")
    finally:
        stop.set()
        await trading
    await stage.until_read()
    await stage.stop_hubs()
    await stage.close_pen()
