"""Shards and processes: who works on what, how far, and why not."""

import asyncio
from typing import Any, Final

from fastapi import APIRouter, Response

from hub.console.pages.ops import tried
from hub.console.troubles import reasons, shard_look
from hub.console.visit import Visiting

router: Final = APIRouter()
ACTS: Final = frozenset({"pause shard", "resume shard"})
LAST: Final = 200
"""Operations among which those of a shard are looked for."""


@router.get("/ops/shards")
async def shards(visit: Visiting) -> Response:
    """Show every shard."""
    overview, (found, problem) = await asyncio.gather(visit.api.get("/v1/ops/overview"), tried(visit, "/v1/ops/shards"))
    why = reasons(overview["health"])
    rows = [(row, shard_look(row, why)) for row in found or ()]
    return visit.page("ops_shards.html", shards=rows, problem=problem)


@router.get("/ops/shards/{shard}")
async def shard(shard: int, visit: Visiting, done: str = "") -> Response:
    """Show one shard."""
    overview, found, operations = await asyncio.gather(
        visit.api.get("/v1/ops/overview"),
        visit.api.get(f"/v1/ops/shards/{shard}"),
        visit.api.get("/v1/ops/operations", {"limit": LAST}),
    )
    seen = shard_look(found, reasons(overview["health"]))
    acts = [each for each in operations if each["action"] in ACTS and each["wish"].get("shard") == shard]
    return visit.page("ops_shard.html", shard=found, seen=seen, acts=acts[:10], done=done, notes=_notes(overview))


@router.get("/ops/processes")
async def processes(visit: Visiting) -> Response:
    """Show what each process of the hub told of itself."""
    found = await visit.api.get("/v1/ops/processes")
    return visit.page("ops_processes.html", processes=found["items"])


def _notes(overview: Any) -> list[str]:
    """Return what waits for operators besides what is paused, such as orders in quarantine."""
    return [each for each in overview["health"]["notes"] if "quarantine" in each]
