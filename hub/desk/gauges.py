"""Gauges: the hub as a whole in numbers, for whoever watches over it; read now and then, however often he asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from adapters.postgres import attention_reads, gauges, reads, samples
from adapters.postgres.gauges import Gauges as Gauges
from adapters.postgres.listing_queries import TooWide
from domain.orders.order import ORDERS, REFUNDS, State
from hub.desk import health, listing
from hub.desk.causes import Causes
from hub.desk.errors import ListingIsNotBuilt, ListIsTooWide
from hub.desk.failed import FailedGroup
from hub.desk.resources import Desk

GOING: Final = tuple(state.value for state in State if state not in ORDERS["over"])
"""The states of orders that are still to go further, drafts among them."""
TO_DECIDE: Final = tuple(sorted(state.value for state in REFUNDS["to_decide"]))


@dataclass(frozen=True, slots=True)
class Whole:
    """The hub in numbers; `lag`, `behind_seconds` and `failed` are None where nobody knows."""

    ready: bool
    processes: int
    shards_working: int
    shards_still: int
    lag: float | None
    behind_seconds: float | None
    waiting: Gauges
    failed: Sequence[FailedGroup] | None
    held_back: Sequence[tuple[str, int]]
    unfired: int


async def read(desk: Desk, causes: Causes) -> Whole:
    """Return the hub in numbers; raises ListIsTooWide, and what PostgreSQL says where it is away."""
    seen = await health.read(desk)
    still = sum(1 for shard in seen.shards if shard.reason)
    sample = await samples.newest(desk.engine)
    try:
        behind = (await listing.show(desk)).standing.behind_seconds
    except ListingIsNotBuilt:
        behind = None
    try:
        waiting = await gauges.read(desk.engine, GOING, TO_DECIDE)
    except TooWide as error:
        raise ListIsTooWide from error
    return Whole(
        ready=seen.ready,
        processes=len(seen.processes),
        shards_working=len(seen.shards) - still,
        shards_still=still,
        lag=None if sample is None else sample.figures.get("lag"),
        behind_seconds=behind,
        waiting=waiting,
        failed=await causes.read(desk),
        held_back=sorted((await reads.kept_back(desk.engine)).items()),
        unfired=(await attention_reads.behind(desk.engine, desk.settings.clock.ahead)).count,
    )
