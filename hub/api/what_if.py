"""What if: an operator tries other choices of the retailer on orders that there are."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import Path, Response
from pydantic import BaseModel, ConfigDict, Field

from hub.api import pages
from hub.api.context import Opened
from hub.api.list_models import Word
from hub.api.models import ChangeModel, Model, Moment
from hub.api.operating import Operator, routes, sees_all
from hub.api.what_if_jobs import Job
from hub.desk import what_if
from hub.desk.callers import Caller
from hub.desk.what_if import Asked

router: Final = routes()
JOBS: Final = "/v1/ops/what-if/jobs"
AT_ONCE: Final = 200
MOST: Final = 10_000
NAMED: Final = 1_000
LISTED: Final = 500
Id = Annotated[str, Path(min_length=1, max_length=40, pattern="^[A-Za-z0-9_-]+$")]


class _Tried(BaseModel):
    """Other choices, by their names in HUB_POLICY."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: Annotated[dict[Annotated[str, Field(max_length=100)], Any], Field(min_length=1, max_length=50)]
    placed_from: Moment | None = None
    placed_to: Moment | None = None


class Tried(_Tried):
    """Other choices, by their names in HUB_POLICY, and the orders to try them on.

    Orders are those named by id or number, or the newest of those placed from `placed_from` to before `placed_to`.
    Durations are in ISO 8601, such as P2D.
    """

    orders: Annotated[list[Word], Field(max_length=AT_ONCE)] = []
    limit: Annotated[int, Field(ge=1, le=AT_ONCE)] = 100


class TriedLong(_Tried):
    """Other choices as for a few orders, tried on up to 10,000, or 1,000 that are named."""

    orders: Annotated[list[Word], Field(max_length=NAMED)] = []
    limit: Annotated[int, Field(ge=1, le=MOST)] = 1_000


class OutcomeModel(Model):
    """How many orders are in `state`, and would be in `would_be`."""

    state: str | None
    would_be: str | None
    orders: int


class MoneySumModel(Model):
    """Orders whose money would differ, by currency: what is charged and refunded in all, and would be, minor units."""

    currency: str
    orders: int
    charged: int
    would_be_charged: int
    refunded: int
    would_be_refunded: int


class ShiftModel(Model):
    """How many orders would reach a state, or have a deadline set, earlier or later.

    Seconds are above zero where it is later; they are of the orders whose time differs.
    """

    what: Literal["state", "deadline"]
    name: str
    earlier: int
    later: int
    median_seconds: float
    largest_seconds: float


class UnansweredModel(Model):
    """How many orders would have waited for a message (`what`) of `party` that history doesn't have."""

    what: str
    party: str
    orders: int


class UnknownModel(Model):
    """From where nobody knows how an order would have gone on: which message it would have waited for, and of whom.

    `seq` is the entry that led to the question, null where a deadline did; `state` is how it would stand then.
    """

    seq: int | None
    at: datetime
    what: str
    party: str
    state: str | None


class DifferenceModel(Model):
    """An order that would stand otherwise.

    `seq` and `what` name the first entry of its timeline that would have ended otherwise (`would`, it `was`); null
    where only a deadline made the difference. `fields` are those of the order that differ. Where it is `unknown` how
    it would have gone on, `would_be` is null, and the fields are those that differ there.
    """

    order_id: str
    number: str
    seq: int | None
    what: str | None
    was: str | None
    would: str | None
    state: str | None
    would_be: str | None
    fields: list[ChangeModel]
    unknown: UnknownModel | None


class WhatIfModel(Model):
    """How many orders were decided again, and how many can't be any more (`left_out`).

    `differ` would stand otherwise, of `unknown` nobody knows how they would stand: those are in no sum but
    `unanswered`. `differences` are orders of both, one by one: 200 at most, of a job 500.
    """

    looked_at: int
    left_out: int
    differ: int
    unknown: int
    outcomes: list[OutcomeModel]
    money: list[MoneySumModel]
    times: list[ShiftModel]
    unanswered: list[UnansweredModel]
    differences: list[DifferenceModel]


class WhatIfProgressModel(Model):
    """How many of the orders were looked at, and how many of them differ or are unknown so far."""

    looked_at: int
    of: int
    differ: int
    unknown: int


class WhatIfJobModel(Model):
    """A comparison under way, or its end: running, done, failed or stopped; `why` says why there is no result."""

    id: str
    state: Literal["running", "done", "failed", "stopped"]
    policy: dict[str, Any]
    started_at: datetime
    ended_at: datetime | None
    progress: WhatIfProgressModel | None
    result: WhatIfModel | None
    why: str | None


class WhatIfJobsModel(Model):
    """The caller's own, the newest first; without their results."""

    items: list[WhatIfJobModel]


@router.post("/what-if", summary="Try other choices")
async def compare(said: Tried, caller: Operator, context: Opened) -> WhatIfModel:
    """Return how orders would stand had the retailer chosen otherwise; nothing is changed, and nobody asked anything.

    Partners say what they said; deadlines come when the other choices set them.
    """
    asked = _asked(said)
    with context.works.taken():
        found = await what_if.compare(context.desk, asked, caller.sees)
    return _seen(WhatIfModel.model_validate(found, from_attributes=True), caller)


@router.post("/what-if/jobs", status_code=202, summary="Try other choices on many orders")
async def start(said: TriedLong, caller: Operator, context: Opened, response: Response) -> WhatIfJobModel:
    """Begin to try other choices on many orders, in a process of its own; `Location` tells how far it is.

    One at a time is carried out by each process of the API. It ends with that process, and after ten minutes.
    """
    asked = _asked(said, LISTED)
    what_if.check(asked.policy)
    job = context.what_ifs.start(caller, asked)
    response.headers["Location"] = f"{JOBS}/{job.id}"
    return _job(job, caller)


@router.get("/what-if/jobs", summary="List what is tried")
async def jobs(caller: Operator, context: Opened) -> WhatIfJobsModel:
    """Return the caller's own that this process knows, the newest first."""
    return WhatIfJobsModel(items=[_job(each, caller, whole=False) for each in context.what_ifs.of(caller)])


@router.get("/what-if/jobs/{job}", summary="Follow what is tried")
async def show(job: Id, caller: Operator, context: Opened) -> WhatIfJobModel:
    """Return how far it is, and the result once it is done; known to the process alone that began it."""
    return _job(context.what_ifs.find(caller, job), caller)


@router.delete("/what-if/jobs/{job}", summary="Stop trying")
async def stop(job: Id, caller: Operator, context: Opened) -> WhatIfJobModel:
    """Stop it if it is under way, and return how far it was."""
    found = context.what_ifs.find(caller, job)
    await context.what_ifs.stop(found)
    return _job(found, caller)


def _asked(said: Tried | TriedLong, listed: int = AT_ONCE) -> Asked:
    return Asked(said.policy, said.orders, said.placed_from, said.placed_to, said.limit, listed=listed)


def _job(job: Job, caller: Caller, *, whole: bool = True) -> WhatIfJobModel:
    result = None
    if whole and job.result is not None:
        result = _seen(WhatIfModel.model_validate(job.result), caller)
    return WhatIfJobModel(
        id=job.id,
        state=job.state,
        policy=dict(job.asked.policy),
        started_at=job.started_at,
        ended_at=job.ended_at,
        progress=None if job.progress is None else WhatIfProgressModel.model_validate(job.progress),
        result=result,
        why=job.why,
    )


def _seen(found: WhatIfModel, caller: Caller) -> WhatIfModel:
    """Return what was found as the caller may see it: without personal fields where he may not read orders."""
    if sees_all(caller):
        return found
    shown = [each.model_copy(update={"fields": pages.impersonal(each.fields)}) for each in found.differences]
    return found.model_copy(update={"differences": shown})
