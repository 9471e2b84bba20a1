"""Partners, by the source of their events: held back, and let go on."""

from collections.abc import Sequence

from adapters.postgres import pauses
from adapters.postgres.pauses import PausedPartner as PausedPartner
from hub.desk.operations import Act
from hub.desk.resources import Desk


async def pause(desk: Desk, act: Act, source: str) -> bool:
    """Keep what a partner (a CloudEvents source) says until it is resumed; False where it is paused already."""
    return act.dry_run or await pauses.pause_source(desk.engine, act.operation("pause partner"), source)


async def resume(desk: Desk, act: Act, source: str) -> bool:
    """Let a paused partner's records go on, the kept ones first; False where it isn't paused."""
    return act.dry_run or await pauses.resume_source(desk.engine, act.operation("resume partner"), source)


async def paused(desk: Desk) -> Sequence[PausedPartner]:
    """Return the paused partners, with how many of their records are kept."""
    return await pauses.paused_partners(desk.engine)
