"""Named places where a test may end, stop or mislead the process; they cost one call and do nothing when off.

`HUB_FAILPOINTS=stored:kill:0.02,ended:swallow:0.05` and `HUB_FAILPOINTS_SEED=7` arm them; `HUB_FAILPOINTS_LOG` names a
file to which each hit is appended, so that a run in which nothing was hit can be told from one that survived.
"""

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

POINTS: Final = (
    "fetched",  # records are in hand, nothing is done
    "decided",  # everything is decided and encoded, nothing is stored
    "stored",  # all SQL ran, COMMIT was not sent
    "committed",  # PostgreSQL committed; `swallow` loses its answer
    "begun",  # the Kafka transaction is open, nothing is sent
    "sending",  # half of the messages are sent
    "acknowledged",  # every message is acknowledged, EndTxn was not sent
    "ended",  # Kafka committed; `swallow` loses its answer
)
"""The points of a shard's batch."""
GATEWAY_POINTS: Final = (
    "gateway_read",  # requests are stored, their offsets are not committed
    "gateway_sending",  # the row says that its call leaves; it has not
    "gateway_called",  # the provider's answer is in hand, nothing is stored
    "gateway_answered",  # the answer is stored, not published
    "gateway_published",  # Kafka acknowledged the answer, the row doesn't know
)
"""The points of a gateway's call."""
WEBHOOK_POINTS: Final = (
    "webhook_fanned",  # a stretch's deliveries and its mark are written, not committed
    "webhook_claimed",  # a delivery is claimed, nothing is sent
    "webhook_called",  # the receiver has answered, nothing is stored
)
"""The points of a webhook's delivery."""
FOREVER: Final = 3600.0


class Swallowed(OSError):
    """The answer was swallowed on purpose."""


Hit = Callable[[str], Awaitable[None]]


async def _off(_: str) -> None:
    return None


def _armed(specification: str, seed: int, log: str | None) -> Hit:
    parts = [part.split(":") for part in specification.split(",") if part]
    plan = {name: (action, float(chance)) for name, action, chance in parts}
    known = (*POINTS, *GATEWAY_POINTS, *WEBHOOK_POINTS)
    unknown = set(plan) - set(known)
    if unknown:
        raise ValueError(f"HUB_FAILPOINTS names {', '.join(sorted(unknown))}; known are {', '.join(known)}")
    chances = random.Random(f"{seed}-{os.getpid()}")  # noqa: S311 - faults are drawn, not secrets

    async def hit(name: str) -> None:
        action, chance = plan.get(name, ("", 0.0))
        if not action or chances.random() >= chance:
            return
        if log:
            with Path(log).open("a") as file:  # noqa: ASYNC230 - a test's own log, one short line
                file.write(f"{name}:{action}:{os.getpid()}\n")
        if action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif action == "freeze":
            os.kill(os.getpid(), signal.SIGSTOP)
        elif action == "block":
            time.sleep(FOREVER)  # noqa: ASYNC251 - the fault itself: the event loop gets no turn
        elif action == "hang":
            await asyncio.sleep(FOREVER)
        elif action == "swallow":
            raise Swallowed(f"the answer at {name} was swallowed")

    return hit


_hit: Hit = _off


def arm(environment: dict[str, str]) -> None:
    """Arm what the environment asks for."""
    global _hit
    specification = environment.get("HUB_FAILPOINTS", "")
    if specification:
        seed = int(environment.get("HUB_FAILPOINTS_SEED", "0"))
        _hit = _armed(specification, seed, environment.get("HUB_FAILPOINTS_LOG"))


async def hit(name: str) -> None:
    """Do what is armed for this point."""
    await _hit(name)
