"""What operators look at and do: health, shards, topics, partners, the listing, who did what."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import Query
from pydantic import Field

from hub.api.acting import Key
from hub.api.context import Opened
from hub.api.list_models import Word
from hub.api.models import Model, told
from hub.api.operating import (
    Auditor,
    DoneModel,
    Id,
    Keeper,
    Number,
    Onlooker,
    Operator,
    Partition,
    TopicName,
    Why,
    act_of,
    routes,
)
from hub.api.problems import Fault, Problem
from hub.desk import accidents, audit, health, listing, operations, partners, shards, topics
from hub.desk.accidents import Consent
from hub.desk.health import Health
from hub.desk.listing import ListingView
from hub.desk.operations import Progress, StoredOperation
from hub.desk.partners import PausedPartner
from hub.desk.shards import Shard

router: Final = routes()


class CountedModel(Model):
    """How many partitions were touched."""

    partitions: int


class ShardResumed(Why):
    """A shard is let run again; after an accident, with what is accepted of it, if `confirm` has its number.

    `accept_loss`: unread records that retention or a new topic removed are passed over. `accept_restore`: the hub goes
    on with an older copy of the database.
    """

    accept_loss: bool = False
    accept_restore: bool = False
    confirm: Annotated[int | None, Field(ge=0, le=10_000)] = None


class ResumedModel(Model):
    """Whether anything was changed, and notes of what was accepted."""

    done: bool
    notes: list[str]


class RefusalModel(Model):
    """What was refused to whom for want of a right in an hour, `count` times; `at` and `detail` are of the last one."""

    at: datetime
    caller: str
    method: str
    route: str
    code: str
    detail: str
    count: int
    first_at: datetime


@router.get("/health", summary="How the hub does")
async def show_health(caller: Onlooker, context: Opened) -> Health:
    """Return whether every shard is worked on and why not, and what waits for people."""
    return await health.read(context.desk)


@router.get("/shards", summary="Shards")
async def list_shards(caller: Onlooker, context: Opened) -> list[Shard]:
    """Return every shard: who works on it, how far it is, how many records it has yet to read, why it stopped."""
    return list(await shards.standing(context.desk))


@router.post("/shards/{shard}/pause", summary="Stop a shard")
async def pause_shard(shard: Number, said: Why, caller: Operator, context: Opened, key: Key = None) -> DoneModel:
    """Stop a shard after its batch in hand."""
    return DoneModel(done=await shards.pause(context.desk, act_of(caller, key, said.why), shard))


@router.post("/shards/{shard}/resume", summary="Let a shard go on")
async def resume_shard(
    shard: Number, said: ShardResumed, caller: Operator, context: Opened, key: Key = None
) -> ResumedModel:
    """Let a stopped shard run again, where wanted after an accident that can't be undone; what is accepted is noted."""
    act, consent = act_of(caller, key, said.why), Consent(said.accept_loss, said.accept_restore)
    if not consent.words:
        return ResumedModel(done=await shards.resume(context.desk, act, shard), notes=[])
    if said.confirm != shard:
        fault = Fault("/body/confirm", f"must be {shard}")
        raise Problem("data_invalid", "what is accepted can't be undone: confirm names the shard", errors=[fault])
    with context.works.taken():
        notes = await accidents.resume(context.desk, act, shard, consent)
    return ResumedModel(done=True, notes=list(notes))


@router.post("/topics/{topic}/pause", summary="Read a topic no further")
async def pause_topic(
    topic: TopicName, said: Why, caller: Operator, context: Opened, partition: Partition = None, key: Key = None
) -> CountedModel:
    """Have a topic, or one of its partitions, read no further."""
    count = await topics.pause(context.desk, act_of(caller, key, said.why), topic, partition)
    return CountedModel(partitions=count)


@router.post("/topics/{topic}/resume", summary="Read a topic on")
async def resume_topic(
    topic: TopicName, said: Why, caller: Operator, context: Opened, partition: Partition = None, key: Key = None
) -> CountedModel:
    """Have a paused topic, or one of its partitions, read on where it was paused."""
    count = await topics.resume(context.desk, act_of(caller, key, said.why), topic, partition)
    return CountedModel(partitions=count)


@router.get("/operations", summary="Who did what")
async def list_operations(
    caller: Onlooker, context: Opened, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[StoredOperation]:
    """Return what operators did, the newest first."""
    return list(await operations.history(context.desk, limit, caller.sees))


@router.get("/operations/{operation}", summary="What became of an operation")
async def show_operation(operation: Id, caller: Onlooker, context: Opened) -> Progress:
    """Return an operation with what became of its records: how many wait, ended how, and failed again."""
    return await operations.progress(context.desk, operation, caller.sees)


@router.get("/partners/paused", summary="Paused partners")
async def list_paused(caller: Onlooker, context: Opened) -> list[PausedPartner]:
    """Return the partners that are held back, with how many of their records are kept."""
    return list(await partners.paused(context.desk))


class OfPartner(Why):
    """A partner, by the source of its events."""

    source: Word


@router.post("/partners/pause", summary="Hold a partner back")
async def pause_partner(said: OfPartner, caller: Keeper, context: Opened, key: Key = None) -> DoneModel:
    """Keep what a partner says until it is resumed."""
    return DoneModel(done=await partners.pause(context.desk, act_of(caller, key, said.why), said.source))


@router.post("/partners/resume", summary="Let a partner go on")
async def resume_partner(said: OfPartner, caller: Keeper, context: Opened, key: Key = None) -> DoneModel:
    """Let a paused partner's records go on, the kept ones first."""
    return DoneModel(done=await partners.resume(context.desk, act_of(caller, key, said.why), said.source))


@router.get("/listing", summary="How current lists are")
async def show_listing(caller: Onlooker, context: Opened) -> ListingView:
    """Return how far the listing is, and what its last check found."""
    return await listing.show(context.desk)


@router.post("/listing/rebuild", summary="Build lists anew")
async def rebuild_listing(said: Why, caller: Operator, context: Opened, key: Key = None) -> DoneModel:
    """Have the listing built anew while it goes on; lists say `building` meanwhile."""
    return DoneModel(done=await listing.rebuild(context.desk, act_of(caller, key, said.why)))


@router.get("/refusals", summary="What was refused to whom")
async def list_refusals(
    caller: Auditor, context: Opened, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[RefusalModel]:
    """Return what was refused for want of a right, the newest first."""
    found = await audit.refusals(context.desk, limit)
    return [told(each, RefusalModel) for each in found]
