"""The simulated partners, connected to the servers that the settings name."""

import asyncio
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from adapters import tokens
from adapters.kafka import topics
from adapters.kafka.starting import start
from contracts.topics import SHOP
from hub.errors import NotUsable
from hub.settings import Settings
from simulators.mischief import PRESETS
from simulators.settings import Simulation
from simulators.simulation import PARTNERS, simulate


async def simulate_on(
    settings: Settings,
    orders: int,
    seed: int,
    mischief: str,
    *,
    rate: float,
    stop: asyncio.Event | None = None,
    report: Callable[[str, int], None] | None = None,
    without: Collection[str] = (),
) -> dict[str, Any]:
    """Run all partners but those of `without`, until `stop` is set. Without `stop`, until everything is quiet.

    Returns their books. Raises NotUsable.
    """
    _check(mischief, without)
    kafka = settings.connection()
    simulation = Simulation(
        bootstrap_servers=kafka.bootstrap_servers,
        orders=orders,
        seed=seed,
        mischief=PRESETS[mischief],
        partitions=await _partitions(settings),
        topic_prefix=kafka.prefix,
        token=_token(settings),
        rate=rate,
        quiet=None if stop is not None else 15.0,
        security=kafka.security,
    )
    return await simulate(simulation, stop=stop, report=report, without=without)


async def _partitions(settings: Settings) -> int:
    """Return how many partitions the hub's topics have: partners ask Kafka, whatever the settings here say."""
    kafka = settings.connection()
    admin = kafka.admin()
    await start(admin, admin.close)
    try:
        there = await topics.partitions(admin, [kafka.topic(SHOP.name)])
    finally:
        await admin.close()
    return there.get(kafka.topic(SHOP.name), settings.partition_count)


def _check(mischief: str, without: Collection[str]) -> None:
    """Raise NotUsable where a name is unknown."""
    if mischief not in PRESETS:
        raise NotUsable(f"there is no mischief called {mischief}; there are {', '.join(PRESETS)}")
    slugs = [partner.slug for partner in PARTNERS]
    unknown = sorted(set(without) - set(slugs))
    if unknown:
        raise NotUsable(f"no partner is called {', '.join(unknown)}; there are {', '.join(slugs)}")


def _token(settings: Settings) -> str | None:
    """Return the token of the simulated customer service, which is no operator."""
    if settings.token_key is None:
        return None
    scopes = [scope for scope in tokens.SCOPES if scope != "orders.operate"]
    key, audience = settings.token_key.get_secret_value(), settings.token_audience
    return tokens.create(key, "customer-service", scopes, ["*"], timedelta(hours=12), audience=audience)
