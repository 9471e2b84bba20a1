"""Operations at a glance: whether the hub works, what holds it up, and its figures over time."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import APIRouter, Response

from domain import rights
from hub.console import charts
from hub.console.asking import Refused
from hub.console.charts import Chart
from hub.console.troubles import is_at_work, reasons, shard_look, troubles
from hub.console.visit import Visit, Visiting

router: Final = APIRouter()
WINDOWS: Final = ("5m", "1h", "6h", "24h")


@dataclass(frozen=True, slots=True)
class Kind:
    """A chart of the overview: its name and unit, and its series by their words."""

    id: str
    name: str
    unit: str
    series: Sequence[tuple[str, str]]


CHARTS: Final = (
    Kind("throughput", "Throughput", "records a second", (("decided", "decided"), ("published", "messages"))),
    Kind("time", "Time from log to journal", "milliseconds", (("p50", "p50_ms"), ("p99", "p99_ms"))),
    Kind("lag", "Lag", "records", (("unread", "lag"),)),
    Kind(
        "became",
        "What became of records",
        "records a second",
        (("applied", "applied"), ("repeated", "duplicates"), ("failed", "failed")),
    ),
)


@router.get("/ops")
async def overview(visit: Visiting, window: str = WINDOWS[0]) -> Response:
    """Show how the hub does."""
    chosen = window if window in WINDOWS else WINDOWS[0]
    told = {"window": chosen, "windows": WINDOWS, **await _now(visit, chosen)}
    if visit.is_fragment():
        return visit.page("ops_now.html", fragment=True, **told)
    return visit.page("ops.html", fragment=False, **told, **await _partners(visit))


@router.get("/ops/parts/partners")
async def partners(visit: Visiting) -> Response:
    """Show how partners do, as a part of the overview."""
    return visit.page("ops_partners.html", **await _partners(visit))


async def _partners(visit: Visit) -> dict[str, Any]:
    found, problem = await tried(visit, "/v1/ops/partners")
    return {"partners": found, "partners_problem": problem}


async def tried(visit: Visit, path: str, query: Any = ()) -> tuple[Any, Mapping[str, Any] | None]:
    """Return what a route has, or the problem in its place; raises Refused where the right to it is missing."""
    try:
        return await visit.api.get(path, query), None
    except Refused as error:
        if error.status in (401, 403):
            raise
        return None, error.problem


async def _now(visit: Visit, window: str) -> dict[str, Any]:
    found, series, (shards, problem), overdue = await asyncio.gather(
        visit.api.get("/v1/ops/overview"),
        visit.api.get("/v1/ops/metrics", {"window": window}),
        tried(visit, "/v1/ops/shards"),
        _overdue(visit),
    )
    why = reasons(found["health"])
    return {
        "overview": found,
        "figures": {} if found["sample"] is None else found["sample"]["figures"],
        "at_work": is_at_work(found),
        "troubles": troubles(found, shards or []),
        "shards": [(row, shard_look(row, why)) for row in shards or ()],
        "shards_problem": problem,
        "overdue": overdue,
        "charts": _charts(series),
    }


async def _overdue(visit: Visit) -> Any:
    """Return the answers that are late: how many, the oldest of them; nothing where he may not see that."""
    if not visit.may(*rights.READERS, rights.OPERATE):
        return None
    found, _ = await tried(visit, "/v1/attention", {"kind": "overdue", "count": "true", "limit": 1})
    return found


def _charts(series: Mapping[str, Any]) -> list[tuple[Kind, Chart]]:
    at = [datetime.fromisoformat(each) for each in series["at"]]
    nothing: list[float | None] = [None] * len(at)
    now = datetime.now(UTC)
    return [
        (
            kind,
            charts.drawn(
                at,
                series["step_seconds"],
                series["window_seconds"],
                now,
                [(word, series["series"].get(name, nothing)) for word, name in kind.series],
            ),
        )
        for kind in CHARTS
    ]
