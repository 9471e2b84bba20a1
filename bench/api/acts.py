"""Part `acts`: from request to answer, alone and beside facts; and those facts, beside acts and alone."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bench.api.acting import COMMANDS, Agents, Answered, faults_of, waiting_orders
from bench.api.asked import Asked
from bench.api.facts import Facts
from bench.api.house import House
from bench.ground.ground import Ground
from bench.lateness import quantiles
from bench.results import Found

Figures = dict[str, float]
SECONDS_APART: Final = 4
"""Seconds after which the next act comes to an order: its last one is answered long before."""


async def measure(ground: Ground, folder: Path, asked: Asked, say: Callable[[str], None]) -> Found:
    """Act alone, tell facts alone, then both together."""
    orders, records = waiting_orders(max(10, SECONDS_APART * asked.acts))
    async with House(ground, "acts", folder) as house, house.hub(), house.api() as api:
        facts = Facts(house, asked.facts, 2 * (asked.warm + asked.seconds))
        await facts.write_at_once(records)
        await facts.flow(asked.warm)
        await facts.until_read()
        async with house.client(api) as client:
            agents = Agents(client, orders)
            await agents.act(asked.acts, asked.warm)
            house.found.detail |= await _each_alone(facts, agents, asked, say)
            say("both")
            house.found.detail |= await _together(facts, agents, asked)
        house.found.faults += faults_of(agents.answered, await house.rows(COMMANDS))
        await facts.check()
    return house.found


async def _each_alone(facts: Facts, agents: Agents, asked: Asked, say: Callable[[str], None]) -> dict[str, Figures]:
    say("acts alone")
    acts = await agents.act(asked.acts, asked.seconds)
    say("facts alone")
    window = await facts.flow(asked.seconds)
    await facts.until_read()
    return {"acts_alone": _figures(acts), "facts_alone": await facts.figures(window)}


async def _together(facts: Facts, agents: Agents, asked: Asked) -> dict[str, Figures]:
    flowing = facts.flow(asked.warm + asked.seconds)
    (began, ended), acts = await asyncio.gather(flowing, _after(asked.warm, agents, asked))
    await facts.until_read()
    told = await facts.figures((began + asked.warm, ended))
    return {"acts_beside_facts": _figures(acts), "facts_beside_acts": told}


async def _after(seconds: float, agents: Agents, asked: Asked) -> Sequence[Answered]:
    await asyncio.sleep(seconds)
    return await agents.act(asked.acts, asked.seconds)


def _figures(answered: Sequence[Answered]) -> Figures:
    begun = [each.at for each in answered]
    rate = (len(answered) - 1) / max(0.001, max(begun) - min(begun))
    return quantiles([each.took for each in answered]) | {"samples": len(answered), "a_second": round(rate, 1)}
