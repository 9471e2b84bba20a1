"""`hub project`: a process that keeps the listing behind lists and search; any number may run, none must."""

import asyncio
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres import listing_building, listing_projection
from adapters.postgres.roles import Role
from domain.orders.view.listing import FORM
from hub import database
from hub.app import run_until_told
from hub.patience import while_away
from hub.settings import Settings
from hub.telemetry.process import Telemetry
from hub.wiring import engine_of

LOG: Final = structlog.get_logger("listing")
IDLE_SECONDS: Final = 0.25
"""How long it waits where nothing has changed: so far behind a list may be at least."""
LOOK_SECONDS: Final = 5.0
"""How often it looks for shards that were added, and whether newer code builds the listing in another form."""
SESSION: Final = {
    "application_name": "hub-listing",
    "jit": "off",
    "enable_seqscan": "off",  # orders are looked up by their keys, whatever a plan was made for
    "idle_in_transaction_session_timeout": "30000",  # a frozen projector must not hold a shard's mark
}


def run(settings: Settings) -> None:
    """Keep the listing until SIGTERM or SIGINT; raises RightsAreMissing, SchemaIsBehind."""
    run_until_told(settings, serve)


async def serve(settings: Settings, stop: asyncio.Event, telemetry: Telemetry | None = None) -> None:
    """Keep the listing; where PostgreSQL is away, or two projectors met on the same rows, go on with a new try."""
    engine = engine_of(settings, session=SESSION)
    try:
        await while_away("listing", stop, lambda: keep(engine, stop), telemetry)
    finally:
        await engine.dispose()


async def keep(engine: AsyncEngine, stop: asyncio.Event) -> None:
    """Keep the listing until `stop`; raises RightsAreMissing, SchemaIsBehind, and what PostgreSQL says."""
    await database.check(engine, Role.API)
    LOG.info("projector running", form=FORM)
    loop = asyncio.get_running_loop()
    look = loop.time()
    while not stop.is_set():
        if loop.time() >= look:
            await prepare(engine)
            look = loop.time() + LOOK_SECONDS
        if not await step(engine):
            await _idle(stop)


async def prepare(engine: AsyncEngine) -> None:
    """Have the listing built where it isn't, or in an earlier form, and follow shards that were added."""
    there = await listing_building.standing(engine)
    if (there.form or 0) < FORM and await listing_building.begin(engine):
        LOG.info("the listing is being built", form=FORM, before=there.form)
    elif there.form == FORM and there.unmarked:
        await listing_building.add_shards(engine)
    elif (there.form or 0) > FORM:
        LOG.warning("newer code keeps the listing; this process has nothing to do", form=there.form, own=FORM)


async def step(engine: AsyncEngine) -> bool:
    """Follow each shard that is ahead by a stretch, then build a page; False where there was nothing to do."""
    followed = [await listing_projection.follow(engine, shard) for shard in await listing_projection.waiting(engine)]
    walked = await listing_building.walk(engine)
    return walked is not None or any(each is not None for each in followed)


async def _idle(stop: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            await stop.wait()
    except TimeoutError:
        return
