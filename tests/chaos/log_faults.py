"""Faults in the log itself: a stranger's transaction that hangs open, and the zoo of strange records."""

import asyncio
from random import Random
from typing import Final

from aiokafka.errors import NodeNotReadyError

from contracts.topics import INBOUND, Direction
from tests.chaos.scene import Kind, Scene
from tests.chaos.zoo import let_loose

LANE: Final = "log"
OPEN_SECONDS: Final = (4.0, 12.0)


async def _hanging_transaction(scene: Scene, rng: Random) -> bool:
    """Hold a transaction open on an inbound partition: what comes behind it can't be read until it ends.

    On the hub's own topic it is never committed: a stranger's record there is what `hub verify` has to complain of.
    """
    stage = scene.around.stage
    chosen, partition = rng.choice(INBOUND), rng.randrange(stage.settings.shards)
    topic = chosen.name
    foreign = stage.kafka.producer(transactional_id=f"foreign-{rng.randrange(10**9)}", transaction_timeout_ms=60_000)
    try:
        try:
            await foreign.start()
        except AssertionError as error:  # what the client says when a broker that just starts names no broker
            raise NodeNotReadyError(str(error)) from error
        await foreign.begin_transaction()
        written = await foreign.send_and_wait(stage.kafka.topic(topic), b"from a stranger", partition=partition)
        await asyncio.sleep(scene.lasting(rng, OPEN_SECONDS))
        stalled = bool((await stage.log.ends([(topic, partition)]))[(topic, partition)] <= written.offset)
        if rng.random() < 0.5 and chosen.direction is Direction.INBOUND:
            await foreign.commit_transaction()
        else:
            await foreign.abort_transaction()
    finally:
        await foreign.stop()
    return stalled


async def _zoo(scene: Scene, rng: Random) -> bool:
    """Write one of each strange record."""
    await let_loose(scene.around.stage, rng.randrange(10**9), scene.animals.append)
    return True


KINDS: Final = (
    Kind("hanging transaction", LANE, _hanging_transaction),
    Kind("zoo", LANE, _zoo),
)
