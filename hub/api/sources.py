"""Partners over HTTP, as operators see them: what came of late, what failed, what is held back, what is late."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import Path

from hub.api.context import Opened
from hub.api.models import Model, told
from hub.api.operating import Onlooker, routes
from hub.desk import sources
from hub.desk.sources import Source

router: Final = routes()


class HeardModel(Model):
    """Events of a type in a topic that came of late, and when the last one was stored."""

    topic: str
    type: str
    count: int
    last: datetime


class FailingModel(Model):
    """Records that failed and are open: dead letters, in quarantine, waiting for a reference, or held back."""

    kind: str
    count: int
    first: datetime
    last: datetime


class PauseModel(Model):
    """Why a partner is held back."""

    who: str
    why: str
    since: datetime


class PartnerKeyModel(Model):
    """A key of a partner, without the key itself; `used_at` is to the minute."""

    id: str
    topics: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


class PartnerModel(Model):
    """A partner, by the source of its events: `events` and `last_event` count those of late."""

    source: str
    events: int
    last_event: datetime | None
    heard: list[HeardModel]
    failing: list[FailingModel]
    paused: PauseModel | None
    keys: list[PartnerKeyModel]


class OverdueModel(Model):
    """Answers that a party owes and that are late: which message, how many, and since when the oldest is due."""

    by: str
    what: str
    count: int
    oldest: datetime


class PartnersModel(Model):
    """Every partner that is known. All events since `since` are counted; null: all that there ever were.

    `overdue` goes by the party that owes an answer, as contracts call it: no order knows under which source it writes.
    """

    since: datetime | None
    items: list[PartnerModel]
    overdue: list[OverdueModel]


class HourModel(Model):
    """What a partner said in an hour: `events` that came to a decision, those of them that were `late`, and failures.

    `failed` counts dead letters and what went into quarantine. It is counted while an API runs.
    """

    hour: datetime
    events: int
    late: int
    failed: int


class OnePartnerModel(PartnerModel):
    """A partner; all its events since `since` are counted, and those of the last 24 hours by the hour."""

    since: datetime | None
    hours: list[HourModel]


@router.get("/partners", summary="Partners")
async def list_partners(caller: Onlooker, context: Opened) -> PartnersModel:
    """Return the partners that said something of late, of which something failed, that are paused or have keys.

    Of each shard the latest 2,000 decisions are looked at.
    """
    found = await sources.known(context.desk)
    items = [told(each, PartnerModel, **_parts(each)) for each in found.sources]
    return PartnersModel(since=found.since, items=items, overdue=[told(each, OverdueModel) for each in found.overdue])


Name = Annotated[
    str, Path(alias="source", min_length=1, max_length=1000, description="The source; `~` before one in base64url.")
]


@router.get("/partners/{source:path}", summary="One partner")
async def show_partner(source: Name, caller: Onlooker, context: Opened) -> OnePartnerModel:
    """Return a partner by the source of its events, percent-encoded or as `~` and its base64url."""
    found = await sources.one(context.desk, source)
    hours = [told(each, HourModel) for each in found.hours]
    return told(found.source, OnePartnerModel, since=found.since, hours=hours, **_parts(found.source))


def _parts(source: Source) -> dict[str, object]:
    """Return the members of a partner that are models themselves."""
    return {
        "heard": [told(each, HeardModel) for each in source.heard],
        "failing": [told(each, FailingModel) for each in source.failing],
        "paused": None if source.paused is None else told(source.paused, PauseModel),
        "keys": [told(each, PartnerKeyModel, topics=list(each.topics)) for each in source.keys],
    }
