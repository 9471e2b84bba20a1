"""Faults of the two servers: killed and started again, frozen with their sockets open, connections ended."""

import asyncio
import signal
from random import Random
from typing import Final

from tests.chaos.scene import Kind, Scene

LANE: Final = "servers"
FROZEN: Final = (3.0, 9.0)
"""Seconds that a server stands still: some outlast a lease, some the time that an answer may take."""
ENDED: Final = """
SELECT count(pg_terminate_backend(pid)) AS n FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'hub-shard'
"""


async def _broker_killed(scene: Scene, rng: Random) -> bool:
    """Kill the broker, and start it again on what it had written."""
    await scene.around.restart_kafka()
    return True


async def _broker_frozen(scene: Scene, rng: Random) -> bool:
    scene.around.signal_kafka(signal.SIGSTOP)
    try:
        await asyncio.sleep(scene.lasting(rng, FROZEN))
    finally:
        scene.around.signal_kafka(signal.SIGCONT)
    return True


async def _postgres_restarted(scene: Scene, rng: Random) -> bool:
    """Let PostgreSQL drop everything, and start it again on its log."""
    await scene.around.restart_postgres()
    return True


async def _postgres_frozen(scene: Scene, rng: Random) -> bool:
    scene.around.signal_postgres(signal.SIGSTOP)
    try:
        await asyncio.sleep(scene.lasting(rng, FROZEN))
    finally:
        scene.around.signal_postgres(signal.SIGCONT)
    return True


async def _backends_ended(scene: Scene, rng: Random) -> bool:
    """End the sessions of all shards; some are in the middle of a batch."""
    (row,) = await scene.around.stage.rows(ENDED)
    return bool(row["n"])


KINDS: Final = (
    Kind("broker killed", LANE, _broker_killed, 120),
    Kind("broker frozen", LANE, _broker_frozen),
    Kind("postgres restarted", LANE, _postgres_restarted, 120),
    Kind("postgres frozen", LANE, _postgres_frozen),
    Kind("backends ended", LANE, _backends_ended),
)
