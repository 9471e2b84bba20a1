"""Figures: how the hub does now, and how it did; taken once a second by one process for all."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from adapters.postgres import samples
from adapters.postgres.samples import Sample as Sample
from hub.desk import failed, health, listing, partners, shards
from hub.desk.errors import ListingIsNotBuilt
from hub.desk.failed import FailedGroup, Selection
from hub.desk.health import Health
from hub.desk.listing import Standing
from hub.desk.partners import PausedPartner
from hub.desk.resources import Desk
from hub.errors import SERVER_ERRORS

LOG: Final = structlog.get_logger("figures")
SECONDS: Final = 1.0
POINTS: Final = 300
"""Points of a series at most."""
LONGEST: Final = timedelta(days=14)
CAUSES: Final = 10
KAFKA_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Series:
    """Figures over time, a value for each moment; None where nobody knows."""

    step_seconds: int
    at: Sequence[datetime]
    values: Mapping[str, Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class Overview:
    """The hub at a glance: what holds it up, its newest figures, what failed and why, who is held back.

    `failed` is None where it was never counted.
    """

    health: Health
    sample: Sample | None
    failed: Sequence[FailedGroup] | None
    paused: Sequence[PausedPartner]
    listing: Standing | None


async def sample(desk: Desk) -> Sample | None:
    """Take a sample where none was taken in this second; None where there was."""
    if not await samples.is_due(desk.engine):
        return None
    return await samples.take(desk.engine, {"lag": await _lag(desk), "listing_behind_seconds": await _behind(desk)})


async def _lag(desk: Desk) -> float | None:
    """Return how many records are unread; None where Kafka doesn't say so in time."""
    try:
        async with asyncio.timeout(KAFKA_SECONDS):
            return await shards.unread(desk)
    except SERVER_ERRORS as error:
        LOG.debug("nobody knows the lag", reason=type(error).__name__)
        return None


async def _behind(desk: Desk) -> float | None:
    found = await _listing(desk)
    return None if found is None else found.behind_seconds


async def _listing(desk: Desk) -> Standing | None:
    try:
        return (await listing.show(desk)).standing
    except ListingIsNotBuilt:
        return None


async def causes(desk: Desk) -> Sequence[FailedGroup]:
    """Return the ten causes that records failed of last; the more have failed, the longer it takes."""
    groups = sorted(await failed.groups(desk, Selection()), key=lambda each: each.last, reverse=True)
    return groups[:CAUSES]


async def overview(desk: Desk, causes: Sequence[FailedGroup] | None) -> Overview:
    """Return the hub at a glance, with the causes that were counted last."""
    return Overview(
        health=await health.read(desk),
        sample=await samples.newest(desk.engine),
        failed=causes,
        paused=await partners.paused(desk),
        listing=await _listing(desk),
    )


async def series(desk: Desk, window: timedelta) -> Series:
    """Return the figures of a window that ends now, in the finest steps of which it has 300 at most."""
    step = next(each for each in samples.STEPS if window.total_seconds() <= each * POINTS or each == _LONGEST_STEP)
    found = (await samples.since(desk.engine, step, window))[-POINTS:]
    names = sorted({name for each in found for name in each.figures})
    values = {name: [each.figures.get(name) for each in found] for name in names}
    return Series(step, [each.at for each in found], values)


_LONGEST_STEP: Final = max(samples.STEPS)
