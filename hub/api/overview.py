"""The hub at a glance, for operators: as one object, as series for charts, and as a stream."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import Query, Request, Response
from pydantic import TypeAdapter

from hub.api import list_models as lm
from hub.api.context import Context, Opened
from hub.api.models import Model
from hub.api.operating import Onlooker, routes
from hub.api.problems import Fault, Problem
from hub.api.watching import Told
from hub.desk import figures
from hub.desk.callers import Caller
from hub.desk.failed import FailedGroup
from hub.desk.figures import Overview
from hub.desk.operations import Progress
from hub.desk.partners import PausedPartner

router: Final = routes()
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_PROGRESS: Final = TypeAdapter(Progress)


class HealthModel(Model):
    """Whether every shard is worked on, and why not; notes on what is kept back or paused."""

    ready: bool
    live: bool | None
    reasons: list[str]
    notes: list[str]
    processes: int
    shards: int


class SampleModel(Model):
    """Figures of about a second: counts are so much a second, null where nobody knows.

    `decided` are facts and commands that came to a decision, by outcome `applied`, `late`, `refused` and so on;
    `failed` were set aside for people; `messages` were published; `duplicates` came again. `p50_ms` and `p99_ms`: from
    the log to the journal. `lag`: records unread.
    """

    at: datetime
    figures: Mapping[str, float | None]


class OverviewModel(Model):
    """The hub at a glance, a second old at most; `failed` has the ten causes that records failed of last.

    They are counted again after 5 seconds, and later where that takes long: the last ones are told meanwhile, or null
    before the first count.
    """

    health: HealthModel
    sample: SampleModel | None
    failed: list[FailedGroup] | None
    paused: list[PausedPartner]
    listing: lm.ListingModel | None


class SeriesModel(Model):
    """Figures over time: `series` has a value for each moment of `at`, null where nobody knows.

    Each stands for `step_seconds`: of what is counted the mean a second, of what is long the worst.
    """

    window_seconds: int
    step_seconds: int
    at: list[datetime]
    series: Mapping[str, Sequence[float | None]]


def _health(told: Overview) -> HealthModel:
    health = told.health
    return HealthModel(
        ready=health.ready,
        live=health.live,
        reasons=list(health.reasons),
        notes=list(health.notes),
        processes=len(health.processes),
        shards=len(health.shards),
    )


def _sample(told: Overview) -> SampleModel | None:
    return None if told.sample is None else SampleModel(at=told.sample.at, figures=told.sample.figures)


def _failed(told: Overview, caller: Caller) -> list[FailedGroup] | None:
    if told.failed is None:
        return None
    return [each if caller.sees is None else replace(each, example="") for each in told.failed]


@router.get("/overview", summary="The hub at a glance")
async def overview(caller: Onlooker, context: Opened) -> OverviewModel:
    """Return how the hub does, its newest figures, what failed and why, who is held back, and how current lists are."""
    told = await context.watch.overview(context.desk)
    return OverviewModel(
        health=_health(told),
        sample=_sample(told),
        failed=_failed(told, caller),
        paused=list(told.paused),
        listing=None if told.listing is None else lm.ListingModel.of(told.listing),
    )


@router.get("/metrics", summary="Figures over time")
async def metrics(
    caller: Onlooker,
    context: Opened,
    window: Annotated[str, Query(pattern=r"^[1-9][0-9]{0,5}[smhd]$", description="Such as 5m, 6h or 14d.")] = "5m",
) -> SeriesModel:
    """Return the figures of a window that ends now: 300 points at most, of the last two weeks."""
    wanted = timedelta(**{_UNITS[window[-1]]: int(window[:-1])})
    if wanted > figures.LONGEST:
        raise Problem("data_invalid", "two weeks are kept", errors=[Fault("/query/window", "must be 14d at most")])
    found = await figures.series(context.desk, wanted)
    return SeriesModel(
        window_seconds=int(wanted.total_seconds()),
        step_seconds=found.step_seconds,
        at=list(found.at),
        series=found.values,
    )


@router.get(
    "/stream",
    summary="Follow how the hub does",
    response_class=Response,
    responses={200: {"description": "Server-sent events", "content": {"text/event-stream": {}}}},
)
async def stream(request: Request, caller: Onlooker, context: Opened) -> Response:
    """Stream `sample` every second, `health` and `operation` whenever something of them has changed.

    It begins with how things stand. `bye` says why it ends (`token`, `restart`); come back, nothing is missed.
    """
    return Told(lambda: _news(context, caller), context.live, caller)


async def _news(context: Context, caller: Caller) -> Sequence[tuple[str, str, bytes]]:
    told = await context.watch.overview(context.desk)
    news = [("health", "", _health(told).model_dump_json().encode())]
    sample = _sample(told)
    if sample is not None:
        news.append(("sample", "", sample.model_dump_json().encode()))
    found = await context.watch.operations(context.desk, caller.sees)
    return news + [("operation", str(each.id), _PROGRESS.dump_json(each)) for each in found]
