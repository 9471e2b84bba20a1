"""Samples: how the hub does, second by second, counted from what it has stored; the pipeline does nothing for them.

Whoever comes first in a second takes its sample, from where the last one ended, so any number of processes may.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres import counting
from adapters.postgres.counting import Figures, Spans
from adapters.postgres.tables.api import sample

FINEST: Final = 1
STEPS: Final[Mapping[int, timedelta]] = MappingProxyType(
    {
        FINEST: timedelta(hours=1),
        10: timedelta(days=1),
        60: timedelta(days=14),
        600: timedelta(days=14),
        5400: timedelta(days=14),
    }
)
"""How many seconds samples stand for, and how long they are kept."""
TOO_LONG: Final = 60.0
"""Seconds after which a pause in sampling is a gap, and not a mean."""
SOON: Final = 0.9
ROWS: Final = 20_000
"""Rows of a shard that are counted of one second at most."""
WORST: Final = ("p50_ms", "p99_ms", "lag", "listing_behind_seconds")
"""Figures of which a longer step has the highest; of the others the mean."""
_LOCK: Final = 0x73616D706C65
_SAID: Final = MappingProxyType({"messages": "messages", "duplicates": "duplicates"})
"""What only processes know, by their own word for it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How the hub did at a moment; a figure that nobody knows is None, or left out."""

    at: datetime
    figures: Figures


@dataclass(slots=True)
class _Marks:
    """From where the next sample counts on: batches by shard, which one writer numbers, and what processes said."""

    batches: dict[str, int] = field(default_factory=dict)
    said: dict[str, dict[str, float]] = field(default_factory=dict)


_HERE: Final = text(
    """SELECT now() AS now, (SELECT coalesce(jsonb_object_agg(k, batch), '{}') FROM shard) AS batches,
      (SELECT coalesce(jsonb_object_agg(id, jsonb_build_object('seen', extract(epoch FROM seen),
        'counts', report->'counts')), '{}') FROM member WHERE seen > now() - interval '15 seconds') AS said"""
)


async def is_due(engine: AsyncEngine) -> bool:
    """Tell whether nobody has taken a sample in this second."""
    async with engine.connect() as connection:
        return _is_due(await _last(connection), (await connection.scalar(select(func.now()))) or datetime.now(UTC))


async def take(engine: AsyncEngine, more: Figures) -> Sample | None:
    """Take a sample, with `more` that the database doesn't know; None where somebody else has taken it."""
    async with engine.begin() as connection:
        if not await connection.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
            return None
        last = await _last(connection)
        here = (await connection.execute(_HERE)).mappings().one()
        if not _is_due(last, here["now"]):
            return None
        marks = _Marks(here["batches"], here["said"])
        before = None if last is None else _Marks(**last["marks"])
        seconds = TOO_LONG if last is None else (here["now"] - last["at"]).total_seconds()
        figures: dict[str, float | None] = dict(more)
        if before is not None and seconds < TOO_LONG:
            spans = _spans(before, marks, seconds)
            figures |= {**await counting.count(connection, spans, seconds, here["now"]), **_said_since(before, marks)}
        await _keep(connection, FINEST, here["now"], figures, asdict(marks))
        await _thin(connection, None if last is None else last["at"], here["now"])
        return Sample(here["now"], figures)


async def _last(connection: AsyncConnection) -> Mapping[str, Any] | None:
    statement = select(sample.c.at, sample.c.marks).where(sample.c.step == FINEST).order_by(sample.c.at.desc()).limit(1)
    found = (await connection.execute(statement)).mappings().first()
    return None if found is None else dict(found)


def _is_due(last: Mapping[str, Any] | None, now: datetime) -> bool:
    return last is None or (now - last["at"]).total_seconds() >= SOON


def _spans(before: _Marks, here: _Marks, seconds: float) -> Spans:
    """Return which batches lie between two marks, and how many rows of each shard are counted at most."""
    shards = [k for k, batch in here.batches.items() if batch > before.batches.get(k, batch)]
    return Spans(
        shards=[int(k) for k in shards],
        since=[before.batches[k] for k in shards],
        until=[here.batches[k] for k in shards],
        rows=round(ROWS * max(1.0, seconds)),
    )


def _said_since(before: _Marks, here: _Marks) -> Figures:
    """Return how fast the counts of processes grew between their last two words; notes that for the next sample."""
    rates: Counter[str] = Counter()
    for process, said in here.said.items():
        earlier: Any = before.said.get(process)
        if earlier is None:
            continue
        known: Any = said
        passed = known["seen"] - earlier["seen"]
        grown = earlier.get("rates", {}) if passed <= 0 else _grown(earlier, known, passed)
        known["rates"] = grown
        rates.update(grown)
    return {name: rates[name] for name in _SAID}


def _grown(earlier: Mapping[str, Any], said: Mapping[str, Any], passed: float) -> dict[str, float]:
    """Return so much a second; a count is smaller than before where a shard went elsewhere."""
    then, now = earlier.get("counts") or {}, said.get("counts") or {}
    return {name: max(0.0, now.get(word, 0) - then.get(word, 0)) / passed for name, word in _SAID.items()}


async def _keep(
    connection: AsyncConnection, step: int, at: datetime, figures: Figures, marks: Mapping[str, Any] | None = None
) -> None:
    row = {"step": step, "at": at, "figures": dict(figures), "marks": marks}
    await connection.execute(insert(sample).values(**row).on_conflict_do_nothing())


async def _thin(connection: AsyncConnection, last: datetime | None, now: datetime) -> None:
    """Write the longer steps that have ended since the last sample, and drop what is kept no longer."""
    for finer, step in zip(list(STEPS), list(STEPS)[1:], strict=False):
        if last is None or _begin(last, step) == _begin(now, step):
            return
        began = _begin(last, step)
        inside = [each.figures for each in await _between(connection, finer, began, began + timedelta(seconds=step))]
        await _keep(connection, step, began, combined(inside))
        kept = delete(sample).where(sample.c.step == finer, sample.c.at < now - STEPS[finer])
        await connection.execute(kept)
    longest = list(STEPS)[-1]
    await connection.execute(delete(sample).where(sample.c.step == longest, sample.c.at < now - STEPS[longest]))


def _begin(at: datetime, step: int) -> datetime:
    """Return when the step began that a moment is in."""
    return datetime.fromtimestamp(at.timestamp() // step * step, UTC)


def combined(samples: Sequence[Figures]) -> Figures:
    """Return what many samples come to: the mean of what is counted, the worst of what is long."""
    found: dict[str, float | None] = {}
    for name in sorted({name for each in samples for name in each}):
        known = [value for each in samples if (value := each.get(name)) is not None]
        if not known:
            found[name] = None
        else:
            found[name] = max(known) if name in WORST else sum(known) / len(known)
    return found


async def _between(connection: AsyncConnection, step: int, since: datetime, until: datetime) -> Sequence[Sample]:
    here = (sample.c.step == step, sample.c.at >= since, sample.c.at < until)
    statement = select(sample.c.at, sample.c.figures).where(*here).order_by(sample.c.at)
    return [Sample(row.at, row.figures) for row in await connection.execute(statement)]


async def newest(engine: AsyncEngine) -> Sample | None:
    """Return the last sample."""
    statement = select(sample.c.at, sample.c.figures).where(sample.c.step == FINEST)
    async with engine.connect() as connection:
        row = (await connection.execute(statement.order_by(sample.c.at.desc()).limit(1))).first()
    return None if row is None else Sample(row.at, row.figures)


async def since(engine: AsyncEngine, step: int, window: timedelta) -> Sequence[Sample]:
    """Return the samples of a step in a window that ends now, oldest first."""
    here = (sample.c.step == step, sample.c.at > func.now() - window)
    statement = select(sample.c.at, sample.c.figures).where(*here).order_by(sample.c.at)
    async with engine.connect() as connection:
        return [Sample(row.at, row.figures) for row in await connection.execute(statement)]
