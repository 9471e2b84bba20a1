"""The team over HTTP: what stands in each store that its lead sees, and what partners said in the last hours."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from hub.api import list_models as lm
from hub.api.context import Opened
from hub.api.described import PROBLEMS
from hub.api.lists import name_next
from hub.api.models import Model, told
from hub.api.operating import Auditor
from hub.api.routing import Strict
from hub.api.sources import HourModel
from hub.desk import team
from hub.desk.paging import Count, Paging
from hub.desk.team import OpenState, PartnerHours, StoreToLead, Waiting

router: Final = APIRouter(prefix="/v1", route_class=Strict, responses=PROBLEMS)


class OpenStateModel(Model):
    """Open orders of a state by how long ago they were placed: under 1, 3 and 7 days ago, or earlier (`older`)."""

    state: str
    under_1_day: lm.CountModel
    under_3_days: lm.CountModel
    under_7_days: lm.CountModel
    older: lm.CountModel


class TeamWaitingModel(Model):
    """How many wait, and since when the first one does."""

    count: lm.CountModel
    oldest: datetime | None


class TeamOverdueModel(TeamWaitingModel):
    """How many orders wait for late answers of a party, and when the first of these was due."""

    by: str


class OldLockModel(Model):
    """An order that somebody has had locked for over an hour."""

    order_id: str
    number: str
    state: str
    owner: str
    since: datetime


class OpenDraftModel(Model):
    """A draft: who has it (`assignee`), who has it locked, when it was begun and last changed."""

    order_id: str
    number: str
    assignee: str | None
    locked_by: str | None
    placed_at: datetime
    updated_at: datetime


class TeamStoreModel(Model):
    """A store. Drafts are not `open`; `held` counts orders that people hold; `refunds` wait for a decision.

    `overdue` and `held` are counted among the store's oldest 1,000 reasons, and capped where it has more; `locks` and
    `drafts` are the oldest 20.
    """

    store: str
    open: list[OpenStateModel]
    overdue: TeamWaitingModel
    overdue_by: list[TeamOverdueModel]
    held: lm.CountModel
    refunds: TeamWaitingModel
    locked: lm.CountModel
    locks: list[OldLockModel]
    drafted: lm.CountModel
    drafts: list[OpenDraftModel]


class PartnerHoursModel(Model):
    """What a partner said in each of the last 12 hours; without a `source` all those that said less, together."""

    source: str | None
    hours: list[HourModel]


class TeamModel(Model):
    """A page of stores. `partners` counts events for all stores, as nobody counts them by store."""

    items: list[TeamStoreModel]
    next_cursor: str | None
    partners: list[PartnerHoursModel]
    listing: lm.ListingModel


@router.get("/team", summary="What stands in each store", tags=["attention"])
async def show_team(
    request: Request, response: Response, caller: Auditor, context: Opened, asked: Annotated[lm.TeamQuery, Query()]
) -> TeamModel:
    """Return the stores that the caller sees, by name: open orders by state and age, and what waits for people."""
    if asked.after is not None:
        await context.acts.until_listed(caller, asked.after)
    page = Paging(context.cursor_key, asked.limit, asked.cursor)
    found = await team.read(context.desk, caller.sees, asked.store, page)
    name_next(request, response, found.next_cursor)
    return TeamModel(
        items=[_store(each) for each in found.stores],
        next_cursor=found.next_cursor,
        partners=[_partner(each) for each in found.partners],
        listing=lm.ListingModel.of(found.listing),
    )


def _store(each: StoreToLead) -> TeamStoreModel:
    parts: dict[str, Any] = {
        "open": [_open(state) for state in each.open],
        "overdue": _waiting(each.overdue),
        "overdue_by": [
            TeamOverdueModel(by=of.by or "", count=_count(of.count), oldest=of.oldest) for of in each.overdue_by
        ],
        "held": _count(each.held),
        "refunds": _waiting(each.refunds),
        "locked": _count(each.locked),
        "locks": [told(lock, OldLockModel) for lock in each.locks],
        "drafted": _count(each.drafted),
        "drafts": [told(draft, OpenDraftModel) for draft in each.drafts],
    }
    return TeamStoreModel(store=each.store, **parts)


def _open(each: OpenState) -> OpenStateModel:
    day, three, week, older = (_count(age) for age in each.ages)
    return OpenStateModel(state=each.state, under_1_day=day, under_3_days=three, under_7_days=week, older=older)


def _waiting(each: Waiting) -> TeamWaitingModel:
    return TeamWaitingModel(count=_count(each.count), oldest=each.oldest)


def _count(each: Count) -> lm.CountModel:
    return told(each, lm.CountModel)


def _partner(each: PartnerHours) -> PartnerHoursModel:
    return PartnerHoursModel(source=each.source, hours=[told(hour, HourModel) for hour in each.hours])
