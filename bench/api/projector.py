"""Part `projector`: what keeping the listing costs the facts, with and without it in turns."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bench.api.asked import Asked
from bench.api.facts import Facts, Window
from bench.api.house import House
from bench.candidates.candidate import note
from bench.ground.ground import Ground
from bench.results import Found

KINDS: Final = ("without", "with")
FOLLOWED: Final = """
SELECT count(*) > 0 AND bool_and(l.batch = s.batch) AND EXISTS (SELECT 1 FROM listing_build WHERE built_at IS NOT NULL)
FROM shard s LEFT JOIN listing l ON l.shard = s.k"""
LISTED: Final = """
SELECT (SELECT count(*) FROM orders o WHERE o.state IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM order_list l WHERE (l.order_id, l.seq) = (o.order_id, o.seq))) AS behind,
  (SELECT count(*) FROM order_list l WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.order_id = l.order_id)) AS beyond,
  (SELECT count(*) FROM order_list) AS listed"""


async def measure(ground: Ground, folder: Path, asked: Asked, say: Callable[[str], None]) -> Found:
    """Tell facts beside an API process that keeps the listing, and beside one that does not, `turns` times each."""
    kinds = [kind for turn in range(asked.turns) for kind in (KINDS if turn % 2 == 0 else KINDS[::-1])]
    async with House(ground, "projector", folder) as house, house.hub():
        facts = Facts(house, asked.facts, len(kinds) * (asked.warm + asked.seconds) + asked.warm)
        await facts.flow(asked.warm)
        windows: dict[str, list[Window]] = {kind: [] for kind in KINDS}
        turns: list[dict[str, Any]] = []
        for kind in kinds:
            windows[kind].append(await _turn(house, facts, asked, kind))
            turns.append({"kind": kind, **await facts.figures(windows[kind][-1])})
            say(f"{kind} a projector: p99 {turns[-1].get('p99', 0):,.0f} ms")
        house.found.detail |= {kind: await facts.figures(*each) for kind, each in windows.items()}
        house.found.detail |= {"turns": turns, **await _check(house)}
        await facts.check()
    return house.found


async def _turn(house: House, facts: Facts, asked: Asked, kind: str) -> Window:
    """Tell facts; a projector has caught up with the facts of the turn before when they begin."""
    async with house.api(HUB_API__PROJECT=str(kind == "with").lower()):
        if kind == "with":
            await house.until(FOLLOWED, "the listing has followed the shards")
        began, ended = await facts.flow(asked.warm + asked.seconds)
        await facts.until_read()
        if kind == "with":
            await house.until(FOLLOWED, "the listing has followed the shards")
    return began + asked.warm, ended


async def _check(house: House) -> dict[str, int]:
    """Let a projector catch up, and compare what it listed with the orders."""
    async with house.api():
        await house.until(FOLLOWED, "the listing has followed the shards")
    found = (await house.rows(LISTED))[0]
    note(house.found, found["behind"], "orders are not listed as they are")
    note(house.found, found["beyond"], "orders are listed that nobody has")
    return {"orders_listed": found["listed"]}
