"""What operators look at and do: health, shards, topics, failed records, partners, the listing, who did what."""

import dataclasses
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, cast

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from hub.api.acting import Key
from hub.api.context import Opened
from hub.api.list_models import Word
from hub.api.models import Model, Moment, told
from hub.api.operating import (
    MOST,
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
    sees_all,
)
from hub.desk import audit, cursors, failed, health, listing, operations, partners, shards, topics
from hub.desk.editing import Changes
from hub.desk.failed import FailedGroup, FailedRecord, Selection
from hub.desk.health import Health
from hub.desk.listing import ListingView
from hub.desk.operations import Progress, StoredOperation
from hub.desk.partners import PausedPartner
from hub.desk.shards import Shard

router: Final = routes()


class Chosen(Why):
    """Failed records that a preview has shown, by its token."""

    choice_token: Annotated[str, Field(max_length=60_000)]


class Edited(Why):
    """What of a failed record is changed: fields of its JSON by path, a whole new value, headers."""

    set: dict[str, Any] | None = None
    value: Annotated[str | None, Field(max_length=1_000_000)] = None
    headers: dict[str, str | None] | None = None


class Selected(BaseModel):
    """Which failed records are meant; what is left out doesn't matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ids: Annotated[list[Annotated[int, Field(ge=0, le=MOST)]], Field(max_length=1000)] = []
    kind: Word | None = None
    code: Word | None = None
    topic: Word | None = None
    partition: Annotated[int | None, Field(ge=0, le=10_000)] = None
    order: Word | None = None
    source: Word | None = None
    since: Moment | None = None
    until: Moment | None = None
    archived: bool = False

    def selection(self) -> Selection:
        """Return it as the desk takes it."""
        return Selection(**self.model_dump() | {"ids": tuple(self.ids)})


class PreviewModel(Model):
    """What a choice would touch, and the token with which to act on just that."""

    groups: list[FailedGroup]
    records: int
    orders: int
    choice_token: str


class CountedModel(Model):
    """How many partitions were touched."""

    partitions: int


class WholeRecordModel(Model):
    """A failed record as it is; value and headers only for those who may read orders."""

    record: dict[str, Any]
    headers: dict[str, str] | None
    value: str | None
    edited_headers: dict[str, str] | None
    edited_value: str | None


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
async def resume_shard(shard: Number, said: Why, caller: Operator, context: Opened, key: Key = None) -> DoneModel:
    """Let a stopped shard run again; after an accident the command line has what is needed."""
    return DoneModel(done=await shards.resume(context.desk, act_of(caller, key, said.why), shard))


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


@router.get("/failed", summary="Failed records by cause")
async def list_causes(caller: Onlooker, context: Opened, chosen: Annotated[Selected, Query()]) -> list[FailedGroup]:
    """Return the failed records by cause: how many, of how many orders, since when, an example."""
    return list(await failed.groups(context.desk, chosen.selection()))


class Listed(Selected):
    """Failed records, so many at most."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100

    def selection(self) -> Selection:
        """Return it as the desk takes it."""
        return Selected(**self.model_dump(exclude={"limit"})).selection()


@router.get("/failed/records", summary="Failed records one by one")
async def list_records(caller: Onlooker, context: Opened, chosen: Annotated[Listed, Query()]) -> list[FailedRecord]:
    """Return failed records, the oldest first."""
    return list(await failed.records(context.desk, chosen.selection(), chosen.limit))


@router.post("/failed/preview", summary="What a choice would touch")
async def preview(chosen: Selected, caller: Operator, context: Opened) -> PreviewModel:
    """Return what a choice of failed records would touch, and a token to act on just these."""
    groups, just = await failed.chosen(context.desk, chosen.selection())
    wanted = chosen.model_dump(mode="json") | {"ids": just.ids}
    token = cursors.written(context.cursor_key, _CHOICE, [{"told": wanted, "marks": just.marks, "most": just.most}])
    count = sum(each.count for each in groups)
    orders = sum(each.orders for each in groups)
    return PreviewModel(groups=list(groups), records=count, orders=orders, choice_token=token)


_CHOICE: Final = cursors.fingerprint("choice of records", {})


def _selection(context: Any, token: str) -> Selection:
    (choice,) = cast("list[dict[str, Any]]", cursors.read(context.cursor_key, _CHOICE, token))
    marks = None if choice["marks"] is None else {int(shard): batch for shard, batch in choice["marks"].items()}
    return replace(Selected.model_validate(choice["told"]).selection(), marks=marks, most=choice["most"])


async def _acted(work: Awaitable[Any]) -> Progress:
    done = await work
    assert isinstance(done, Progress)
    return done


@router.post("/failed/retry", summary="Try failed records again")
async def retry(said: Chosen, caller: Operator, context: Opened, key: Key = None) -> Progress:
    """Have the records of a preview tried again; the answer names the operation to ask about."""
    chosen = _selection(context, said.choice_token)
    return await _acted(failed.retry(context.desk, act_of(caller, key, said.why), chosen))


@router.post("/failed/skip", summary="Give quarantined records up")
async def skip(said: Chosen, caller: Operator, context: Opened, key: Key = None) -> Progress:
    """Give the quarantined records of a preview up; their orders then go on."""
    chosen = _selection(context, said.choice_token)
    return await _acted(failed.skip(context.desk, act_of(caller, key, said.why), chosen))


@router.post("/failed/archive", summary="Take dead letters off the lists")
async def archive(said: Chosen, caller: Operator, context: Opened, key: Key = None) -> Progress:
    """Take the dead letters of a preview out of the lists."""
    chosen = _selection(context, said.choice_token)
    return await _acted(failed.archive(context.desk, act_of(caller, key, said.why), chosen))


@router.post("/failed/restore", summary="Bring dead letters back")
async def restore(said: Chosen, caller: Operator, context: Opened, key: Key = None) -> Progress:
    """Bring archived dead letters of a preview back into the lists."""
    chosen = _selection(context, said.choice_token)
    return await _acted(failed.archive(context.desk, act_of(caller, key, said.why), chosen, back=True))


@router.get("/failed/{record}", summary="One failed record")
async def show_record(record: Id, caller: Onlooker, context: Opened) -> WholeRecordModel:
    """Return everything about a failed record; what it holds only to those who may read orders."""
    found = await failed.record(context.desk, record)
    whole = sees_all(caller)
    names = ("headers", "value", "edited_headers", "edited_value", "key", "digest")
    plain = {name: value for name, value in dataclasses.asdict(found).items() if name not in names}
    shown: Callable[[Any], Any] = (lambda held: held) if whole else (lambda held: None)
    return WholeRecordModel(
        record={name: value for name, value in plain.items() if not isinstance(value, bytes)},
        headers=shown(_texts(found.headers)),
        value=shown(_text(found.value)),
        edited_headers=shown(_texts(found.edited_headers)),
        edited_value=shown(_text(found.edited_value)),
    )


def _text(held: bytes | None) -> str | None:
    return None if held is None else held.decode(errors="replace")


def _texts(headers: Any) -> dict[str, str] | None:
    return None if headers is None else {name: _text(content) or "" for name, content in headers}


@router.post("/failed/{record}/edit", summary="Edit a failed record")
async def edit(record: Id, said: Edited, caller: Operator, context: Opened, key: Key = None) -> Progress:
    """Change a failed record and have it tried again; what came is kept beside it."""
    value = None if said.value is None else said.value.encode()
    return await _acted(
        failed.edit(context.desk, act_of(caller, key, said.why), record, Changes(value, said.set, said.headers))
    )


@router.get("/operations", summary="Who did what")
async def list_operations(
    caller: Onlooker, context: Opened, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[StoredOperation]:
    """Return what operators did, the newest first."""
    return list(await operations.history(context.desk, limit))


@router.get("/operations/{operation}", summary="What became of an operation")
async def show_operation(operation: Id, caller: Onlooker, context: Opened) -> Progress:
    """Return an operation with what became of its records: how many wait, ended how, and failed again."""
    return await operations.progress(context.desk, operation)


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
