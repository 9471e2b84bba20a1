"""What operators have done that takes a while: an operation stopped, a window replayed, the listing checked."""

from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import Field

from hub.api.acting import Key
from hub.api.context import Opened
from hub.api.list_models import Word
from hub.api.models import Model, Moment
from hub.api.operating import Id, Operator, Why, act_of, routes
from hub.api.problems import Problem
from hub.desk import listing, operations, replays, stores
from hub.desk.listing import Checked, Difference
from hub.desk.log_ends import asking_kafka
from hub.desk.operations import Progress
from hub.desk.replays import Window

router: Final = routes()
REPLAY_SECONDS: Final = 60.0
SHOWN: Final = 100


class Tried(Why):
    """An act that may be looked at only."""

    dry_run: bool = False


class StoppedModel(Model):
    """How many records nobody tries any more, 1 for a replay that was under way, and what became of the operation."""

    records: int
    operation: Progress


@router.post("/operations/{operation}/stop", summary="Stop an operation")
async def stop_operation(
    operation: Id, said: Tried, caller: Operator, context: Opened, key: Key = None
) -> StoppedModel:
    """Take back what an operation asked for, as far as no shard has carried it out; what was done stays done.

    A replay ends after the records that it has in hand, 500 at most.
    """
    act = act_of(caller, key, said.why, dry_run=said.dry_run)
    done = await operations.stop(context.desk, act, operation, caller.sees)
    return StoppedModel(records=done.records, operation=done.operation)


class ReplayModel(Tried):
    """Which records are written once more: of a topic, from `since` to before `until` by the time they were appended.

    Of one `partition` or one `order` only, if said; so many at most.
    """

    topic: Annotated[str, Field(min_length=1, max_length=249)]
    since: Moment
    until: Moment
    partition: Annotated[int | None, Field(ge=0, le=10_000)] = None
    order: Word | None = None
    limit: Annotated[int, Field(ge=1, le=100_000)] = 10_000


class ReplayedModel(Model):
    """How many records were written again, or would be, and the operation by which they were.

    `stopped`: somebody has stopped it before its end.
    """

    records: int
    stopped: bool
    operation: int | None


@router.post("/replay", summary="Write a window again")
async def replay(said: ReplayModel, caller: Operator, context: Opened, key: Key = None) -> ReplayedModel:
    """Write the records of a window again, each where it lay; what the hub knows already changes nothing.

    After a minute, or where Kafka fails, it ends with 503; the same key goes on where it was.
    """
    if said.since >= said.until:
        raise Problem("data_invalid", "`since` must be before `until`")
    act = act_of(caller, key, said.why, dry_run=said.dry_run)
    if said.order is not None:
        await stores.check(context.desk, said.order, caller.sees)
    order = None if said.order is None else said.order.encode()
    window = Window(said.topic, said.since, said.until, said.partition, order, said.limit)
    with context.works.taken():
        async with asking_kafka(REPLAY_SECONDS):
            done = await replays.replayed(context.desk, act, window)
    return ReplayedModel(records=done.records, stopped=done.stopped, operation=done.operation)


class CheckWanted(Tried):
    """How many orders are drawn at random to be compared; `mend` writes anew what differs."""

    sample: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    mend: bool = False


class CheckedModel(Model):
    """How many orders were compared, and the first hundred of those that differ; news of `behind` are on their way."""

    checked: int
    behind: int
    differ: int
    differences: list[Difference]
    mended: int


@router.post("/listing/check", summary="Check lists")
async def check_listing(said: CheckWanted, caller: Operator, context: Opened, key: Key = None) -> CheckedModel:
    """Compare what is listed of some orders with the orders; `hub listing check` on the command line takes them all."""
    act = act_of(caller, key, said.why, dry_run=said.dry_run)
    with context.works.taken():
        found = await listing.check_by(context.desk, act, said.sample, mend=said.mend)
    hidden = await stores.elsewhere(context.desk, [each.order_id for each in found.differences], caller.sees)
    return _checked(found, [each for each in found.differences if each.order_id not in hidden])


def _checked(found: Checked, shown: Sequence[Difference]) -> CheckedModel:
    return CheckedModel(
        checked=found.checked,
        behind=found.behind,
        differ=len(found.differences),
        differences=list(shown[:SHOWN]),
        mended=found.mended,
    )
