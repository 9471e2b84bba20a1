"""The listing that lists and search read: how current it is, built anew, checked and mended."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres import listing_building, listing_checks, listing_keepers, listing_standing, operations
from adapters.postgres.listing_checks import Difference as Difference
from adapters.postgres.listing_standing import StoredStanding
from hub.desk.errors import ListingIsNotBuilt
from hub.desk.operations import Act
from hub.desk.resources import Desk

BEHIND: Final = 5.0
"""Seconds that a listing may follow later before it says so."""

PATIENCE: Final = 1.0
"""Seconds that somebody waits for the listing at most."""
LOOK: Final = 0.05


class State(StrEnum):
    """How far the listing can be relied on."""

    CURRENT = "current"
    BEHIND = "behind"
    BUILDING = "building"
    """Orders may be missing, or listed as an earlier version of the hub did."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How current a list is: seconds that the listing is behind, and per cent of what is being built."""

    state: State
    behind_seconds: float
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class ListingView:
    """All that is known of the listing; `differences` is what its last check found."""

    standing: Standing
    form: int
    begun_at: datetime
    built_at: datetime | None
    checked_at: datetime | None
    differences: int | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: orders looked at, those that changed since the listing followed them, and those that differ.

    `mended` of these were written anew.
    """

    checked: int
    behind: int
    differences: Sequence[Difference]
    mended: int = 0


async def standing(connection: AsyncConnection) -> Standing:
    """Return how current the listing is; raises ListingIsNotBuilt."""
    stored = await listing_standing.standing(connection)
    if stored is None:
        raise ListingIsNotBuilt
    return _standing(stored)


def _standing(stored: StoredStanding) -> Standing:
    behind = round(max(0.0, stored.behind), 1)
    if stored.walked is not None:
        return Standing(State.BUILDING, behind, min(99, 100 * stored.done // max(1, stored.total)))
    return Standing(State.BEHIND if behind > BEHIND else State.CURRENT, behind)


async def show(desk: Desk) -> ListingView:
    """Return how the listing stands; raises ListingIsNotBuilt."""
    async with desk.engine.connect() as connection:
        stored = await listing_standing.standing(connection)
    if stored is None:
        raise ListingIsNotBuilt
    return ListingView(
        _standing(stored), stored.form, stored.begun_at, stored.built_at, stored.checked_at, stored.differences
    )


async def caught_up(desk: Desk, wanted: Mapping[int, int] | None = None) -> bool:
    """Wait until the listing has these batches by shard, or all that is stored by now; False if it takes too long."""
    try:
        async with asyncio.timeout(PATIENCE):
            if wanted is None:
                wanted = await listing_keepers.marks(desk.engine)
            while not await listing_keepers.reached(desk.engine, wanted):  # noqa: ASYNC110 - only PostgreSQL knows
                await asyncio.sleep(LOOK)
    except TimeoutError:
        return False
    return True


async def is_whole(desk: Desk) -> bool:
    """Tell whether the listing has every order."""
    async with desk.engine.connect() as connection:
        stored = await listing_standing.standing(connection)
    return stored is not None and stored.walked is None


async def rebuild(desk: Desk, act: Act) -> bool:
    """Have the projectors build the listing anew; False where newer code keeps it."""
    if act.dry_run:
        return True
    return await listing_building.begin(desk.engine, act.operation("rebuild listing"), anew=True)


async def check(desk: Desk, sample: int | None = None, *, mend: bool = False) -> Checked:
    """Compare the listing with the orders, all or so many drawn at random, and tell operators what differs.

    `mend` writes that anew from the documents. Raises ListingIsNotBuilt.
    """
    found = await look(desk, sample)
    ids = [each.order_id for each in found.differences]
    if mend:
        await listing_checks.mend(desk.engine, ids)
    await listing_checks.note(desk.engine, 0 if mend else len(ids), whole=sample is None)
    return replace(found, mended=len(ids) if mend else 0)


async def check_by(desk: Desk, act: Act, sample: int, *, mend: bool = False) -> Checked:
    """Check so many orders drawn at random, and write down who had it done; raises ListingIsNotBuilt, KeyIsOfOther."""
    if act.dry_run:
        return await look(desk, sample)
    wish, operation = {"sample": sample, "mend": mend}, act.operation("check listing")
    await operations.check_key(desk.engine, operation, wish)
    found = await check(desk, sample, mend=mend)
    await operations.noted(desk.engine, operation, wish, found.mended)
    return found


async def look(desk: Desk, sample: int | None = None) -> Checked:
    """Compare the listing with the orders, and change nothing; raises ListingIsNotBuilt."""
    await show(desk)
    if sample is not None:
        page = await listing_checks.sample(desk.engine, sample)
        return Checked(page.checked, page.behind, page.differences)
    checked, behind, differences = 0, 0, list[Difference]()
    async for page in listing_checks.pages(desk.engine):
        checked, behind = checked + page.checked, behind + page.behind
        differences.extend(page.differences)
    return Checked(checked, behind, differences)
