"""Events as they reach receivers: those of their owner's stores, in order where that is wanted, through every kill."""

import asyncio
import random
import signal
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters.failpoints import WEBHOOK_POINTS
from adapters.webhooks import payloads
from tests.api.receiver import Answer, receiving
from tests.api.server import api_settings, running_api
from tests.api.webhook_yard import Hook, Yard, settings_for, yard
from tests.e2e.fleet import Fleet
from tests.integration.messages import approve, authorized, placed
from tests.stage import Stage

pytestmark = pytest.mark.integration
KILLS = 3


async def journalled(stage: Stage) -> Mapping[str, list[str]]:
    """Return the ids of what the journal publishes in order.events, by order and in order."""
    rows = await stage.rows("SELECT order_id, messages FROM journal ORDER BY order_id, seq")
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row["order_id"]] += [
            payloads.message_id(each.id) for each in payloads.events(row["order_id"], row["messages"])
        ]
    return found


async def until_all(stage: Stage, hook: Hook, ids: set[str], patience: float = 40.0) -> None:
    """Wait until a receiver has taken all of these."""

    async def there() -> bool:
        return ids <= set(hook.taken)

    await stage.until(there, f"{len(ids)} events are taken, {len(set(hook.taken) & ids)} are", patience)


async def place(stage: Stage, order_id: str, store: str) -> None:
    await stage.say("shop.events", placed(f"N-{order_id}", store=store), order_id)
    await stage.say("payment.events", authorized(order_id), order_id)


async def test_an_owner_hears_of_his_stores_and_of_the_types_that_he_chose(stage: Stage) -> None:
    stage.settings = api_settings(stage)
    stage.settings = settings_for(stage)
    stage.start_hub()
    await place(stage, "o-before", "lille")
    await stage.until_read()
    async with receiving() as receiver, running_api(stage) as api, yard(stage, api, receiver) as at:
        of_lille = api.as_("webhooks.manage", "orders.read", name="bea", stores=("lille", "metz"))
        everything = await at.webhook()
        lille = await at.webhook(api=of_lille, payload="full")
        metz = await at.webhook(api=of_lille, stores=["metz"])
        created = await at.webhook(types=["order.created.v1"])
        for store in ("lille", "metz", "paris"):
            await place(stage, f"o-{store}", store)
        await stage.until_read()
        told = await journalled(stage)
        per_store = {store: set(told[f"o-{store}"]) for store in ("lille", "metz", "paris")}
        await until_all(stage, everything, set().union(*per_store.values()))
        await until_all(stage, lille, per_store["lille"] | per_store["metz"])
        await until_all(stage, metz, per_store["metz"])
        await created.until_taken(3)

    assert len(per_store["lille"]) >= 2
    assert set(everything.taken) == set().union(*per_store.values())  # and nothing of what was before
    assert set(lille.taken) == per_store["lille"] | per_store["metz"]
    assert set(metz.taken) == per_store["metz"]
    assert {each.told["type"] for each in created.came} == {"order.created.v1"}
    assert {each.verified(lille.secret)["data"]["event"]["number"] for each in lille.came} == {"N-o-lille", "N-o-metz"}


async def test_a_store_that_is_taken_away_is_told_of_no_more(stage: Stage) -> None:
    stage.settings = api_settings(stage)
    stage.settings = settings_for(stage)
    stage.start_hub()
    async with receiving() as receiver, running_api(stage) as api, yard(stage, api, receiver) as at:
        both = api.as_("webhooks.manage", name="bea", stores=("lille", "paris"))
        hook = await at.webhook(api=both)
        await both.act(f"/v1/webhooks/{hook.id}", {"enabled": False}, method="PATCH")
        await place(stage, "o-paris", "paris")
        await stage.until_read()
        await stage.until_rows("SELECT 1 FROM webhook_delivery WHERE store = 'paris'")
        less = api.as_("webhooks.manage", name="bea", stores=("lille",))
        await less.act(f"/v1/webhooks/{hook.id}", {"enabled": True}, method="PATCH")
        await place(stage, "o-lille", "lille")
        await stage.until_read()
        wanted = set((await journalled(stage))["o-lille"])
        await until_all(stage, hook, wanted)
        recovered = await less.act(f"/v1/webhooks/{hook.id}/recover", {"since": "2020-01-01T00:00:00Z"})

    assert set(hook.taken) == wanted
    assert recovered.json() == {"recovered": 0}
    assert {each["state"] for each in await stage.rows("SELECT state FROM webhook_delivery WHERE store = 'paris'")} == {
        "failed"
    }


async def test_an_ordered_webhook_gets_the_events_of_an_order_in_order(stage: Stage) -> None:
    stage.settings = api_settings(stage)
    stage.settings = settings_for(stage)
    stage.start_hub()
    chance = random.Random(3)
    async with receiving() as receiver, running_api(stage) as api, yard(stage, api, receiver) as at:
        hook = await at.webhook(
            lambda _: Answer(500) if chance.random() < 0.3 else Answer(pause=chance.random() / 50), ordered=True
        )
        for number in range(8):
            await approve(stage, f"o-{number}")
        await stage.until_read()
        told = await journalled(stage)
        moving = asyncio.create_task(_hasten(at))
        await until_all(stage, hook, set().union(*told.values()))
        moving.cancel()

    by_order = defaultdict(list)
    ids = {each.id: each.told["data"]["order_id"] for each in hook.came}
    for each in hook.taken:
        by_order[ids[each]].append(each)
    assert by_order == told


async def _hasten(at: Yard) -> None:
    """Let hours pass, so that what failed is tried again."""
    while True:
        await asyncio.sleep(0.3)
        at.move(hours=25)


@pytest.mark.e2e
async def test_two_processes_that_are_killed_again_and_again_lose_nothing(stage: Stage, tmp_path: Path) -> None:
    stage.settings = api_settings(stage)
    stage.settings = settings_for(stage)
    stage.start_hub()
    chance = random.Random(5)
    async with receiving() as receiver, running_api(stage) as api:
        hook = await Yard(stage, api, receiver).webhook(payload="full")  # no deliverer in this process
        receiver.does[hook.path] = lambda _: Answer(pause=chance.random() / 10)
        fleet = Fleet(stage, tmp_path, 5, command=("gateway", "webhooks"), settings={"HUB_WEBHOOKS__TIMEOUT": "PT0.5S"})
        try:
            await _deaths_at_each_point(stage, fleet)
            for _ in range(2):
                await fleet.start()
            for number in range(KILLS):
                await _killed_at_work(stage, fleet, hook, number, chance)
            await stage.until_read()
            told = await journalled(stage)
            wanted = set().union(*told.values())
            await until_all(stage, hook, wanted, 60.0)
            await stage.until_rows("SELECT 1 FROM webhook_delivery WHERE state = 'delivered'", len(wanted))
        finally:
            await fleet.stop()

    assert fleet.hits() == {f"{point}:kill": 1 for point in WEBHOOK_POINTS}
    assert set(hook.taken) == wanted
    assert len(wanted) == sum(map(len, told.values())) >= 3 * 6 * KILLS
    assert len(hook.came) > len(wanted)  # what a process died of was told again
    assert receiver.most[hook.path] <= stage.settings.webhooks.each  # of both processes together
    bodies: dict[str, set[bytes]] = defaultdict(set)
    for each in hook.came:
        each.verified(hook.secret)
        bodies[each.id].add(each.body)
    assert all(len(found) == 1 for found in bodies.values())
    print(f"{len(wanted)} events, {len(hook.came)} calls, {KILLS + len(WEBHOOK_POINTS)} deaths")


async def _deaths_at_each_point(stage: Stage, fleet: Fleet) -> None:
    """Let a process die at each point, one after the other."""
    await approve(stage, "o-first")
    for point in WEBHOOK_POINTS:
        member = await fleet.start(f"{point}:kill:1")
        assert await asyncio.wait_for(member.process.wait(), 30) == -signal.SIGKILL, fleet.tail()
        fleet.members.remove(member)


async def _killed_at_work(stage: Stage, fleet: Fleet, hook: Hook, number: int, chance: random.Random) -> None:
    """Place some orders, kill a process once some of their events are told, and start another in its place."""
    before = len(hook.came)
    for n in range(6):
        await approve(stage, f"o-{number}-{n}")

    async def some() -> bool:
        return len(hook.came) >= before + 8

    await stage.until(some, "some events are told")
    member = chance.choice(fleet.members)
    member.process.send_signal(signal.SIGKILL)
    await member.process.wait()
    fleet.members.remove(member)
    await fleet.start()
