"""The projector: whatever happens to it, the listing ends as the documents say."""

import asyncio
import random
import signal
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from adapters.postgres import listing_building, listing_projection
from contracts.partitioning import home
from domain.deciding.values import changed
from domain.orders.order import Order
from domain.orders.view import listing
from domain.orders.view.terms import TermKind
from hub import projection
from hub.processes import environment_of
from tests.domain.story import brought_to
from tests.domain.world import Script, played
from tests.listing.shelf import Shelf, until
from tests.stage import SHARDS

pytestmark = pytest.mark.integration
SCRIPTS = (
    Script(),
    Script(refusals=2, returned="all", failed_refunds=1),
    Script(lines=((2, 1000), (1, 700)), verdicts=("review",), shortage="some"),
    Script(returned="all", exchange=True),
    Script(cheque=True, returned="one", fee_back=True),
)


def history(script: Script, name: str) -> list[Order]:
    """The orders of a history after each decision, under ids of their own."""
    made = [decision.after for decision in played(script).hub.decisions]
    return [changed(order, id=f"{name}-{order.id}", number=f"{name}-{order.number}") for order in made]


HISTORIES = [history(script, f"h{number}") for number, script in enumerate(SCRIPTS)]
STEPS = sorted(((place, order) for steps in HISTORIES for place, order in enumerate(steps)), key=lambda each: each[0])
"""All histories at once, each in its order."""


async def put_all(shelf: Shelf, steps: Sequence[Any] = STEPS) -> None:
    for _, order in steps:
        await shelf.put(order, shard=home(order.id, SHARDS))


async def ends_equal(shelf: Shelf) -> bool:
    return await shelf.differences() == [] and await shelf.behind() == 0


@pytest.mark.parametrize("seed", range(3))
async def test_step_by_step_and_at_once_the_rows_are_those_of_the_last_document(shelf: Shelf, seed: int) -> None:
    draw = random.Random(seed)
    for _, order in STEPS:
        await shelf.put(order, shard=home(order.id, SHARDS))
        if draw.random() < (0.0, 0.3, 1.0)[seed]:
            await shelf.project()
    await shelf.project()

    assert await ends_equal(shelf)
    placed = {order_id for order_id, order in shelf.last.items() if order.state is not None}
    stepwise = await shelf.listed()
    assert {row["order_id"] for row in await shelf.rows("SELECT order_id FROM order_list")} == placed
    assert sum(len(rows) for rows in stepwise.values()) > 10 * len(placed)
    await shelf.change("TRUNCATE order_list, order_term, return_list, refund_list, flash_list, reason_list")
    await listing_building.begin(shelf.engine, anew=True)
    await shelf.project()
    assert await shelf.listed() == stepwise


async def test_an_older_document_never_replaces_a_newer_one(shelf: Shelf) -> None:
    await shelf.put(brought_to("confirmed").order)
    await shelf.project()
    await shelf.change("UPDATE order_list SET seq = 7, state = 'sent'")

    await shelf.put(brought_to("picking").order)
    await shelf.project()

    assert [row["state"] for row in await shelf.rows("SELECT state FROM order_list")] == ["sent"]


async def until_beyond(shelf: Shelf, mark: int) -> None:
    """Wait until the projectors are further than this."""
    deadline = asyncio.get_running_loop().time() + 60
    while (await shelf.rows("SELECT sum(batch)::int AS batch FROM listing"))[0]["batch"] <= mark:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)


async def test_a_projector_that_is_killed_again_and_again_leaves_nothing_out(shelf: Shelf) -> None:
    draw, environment = random.Random(4), environment_of(shelf.settings)
    killed = asyncio.Event()

    async def changing() -> None:
        round_ = 0
        while not killed.is_set():
            renamed = [(place, changed(order, id=f"{order.id}-{round_}")) for place, order in STEPS]
            await put_all(shelf, renamed)
            round_ += 1

    async def killing() -> list[int]:
        marks = [0]
        for number in range(6):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "hub", "project", env=environment, stderr=asyncio.subprocess.PIPE
            )
            assert process.stderr is not None
            await process.stderr.readline()  # it runs
            if number % 2:
                await until_beyond(shelf, marks[-1])
            await asyncio.sleep(draw.random() / 4)
            process.send_signal(signal.SIGKILL)
            await process.communicate()
            marks.extend([row["batch"] for row in await shelf.rows("SELECT sum(batch)::int AS batch FROM listing")])
        killed.set()
        return marks

    await listing_building.begin(shelf.engine)
    _, marks = await asyncio.gather(changing(), killing())

    assert len(set(marks)) > 3  # they got somewhere
    await shelf.project()
    assert await ends_equal(shelf)
    assert len(shelf.last) > 30


async def test_several_projectors_share_the_shards(shelf: Shelf) -> None:
    async def keeping(done: asyncio.Event) -> int:
        steps = 0
        while not done.is_set():
            for shard in await listing_projection.waiting(shelf.engine):
                steps += await listing_projection.follow(shelf.engine, shard, rows=3) is not None
            await asyncio.sleep(0)
        return steps

    done = asyncio.Event()
    await listing_building.begin(shelf.engine)
    keepers = [asyncio.create_task(keeping(done)) for _ in range(3)]
    await put_all(shelf)

    async def followed() -> bool:
        return not await listing_projection.waiting(shelf.engine)

    await until(followed)
    done.set()
    assert all([await keeper for keeper in keepers])
    assert await ends_equal(shelf)


async def test_projectors_and_rebuilds_in_each_others_way_end_equal(shelf: Shelf) -> None:
    stop = asyncio.Event()
    keepers = [asyncio.create_task(projection.serve(shelf.settings, stop)) for _ in range(3)]

    async def changing() -> None:
        for round_ in range(4):
            await asyncio.gather(
                put_all(shelf, STEPS if round_ == 0 else STEPS[-12:]),
                listing_building.begin(shelf.engine, anew=True),
            )

    await changing()

    async def quiet() -> bool:
        standing = await shelf.rows("SELECT walked FROM listing_build")
        return standing == [{"walked": None}] and not await listing_projection.waiting(shelf.engine)

    await until(quiet)
    stop.set()
    await asyncio.gather(*keepers)
    assert await ends_equal(shelf)


async def test_it_is_built_anew_while_orders_change(shelf: Shelf) -> None:
    await put_all(shelf, STEPS[: len(STEPS) // 2])
    await shelf.project()
    await shelf.change("UPDATE order_list SET total = 1")
    await shelf.change("DELETE FROM refund_list")
    await shelf.change("DELETE FROM order_term WHERE kind = 1")

    assert await listing_building.begin(shelf.engine, anew=True)

    async def walking() -> None:
        while await listing_building.walk(shelf.engine, size=2) is not None:
            await asyncio.sleep(0.01)

    async def following() -> None:
        for _, order in STEPS[len(STEPS) // 2 :]:
            await shelf.put(order, shard=home(order.id, SHARDS))
            for shard in await listing_projection.waiting(shelf.engine):
                await listing_projection.follow(shelf.engine, shard)

    await asyncio.gather(walking(), following())
    await shelf.project()
    assert await ends_equal(shelf)


async def test_orders_that_are_gone_leave_the_listing_when_it_is_built(shelf: Shelf) -> None:
    await put_all(shelf)
    await shelf.project()
    gone = next(iter(shelf.last))
    await shelf.change("DELETE FROM orders WHERE order_id = :gone", gone=gone)

    await listing_building.begin(shelf.engine, anew=True)
    await shelf.project()

    assert await shelf.rows("SELECT 1 FROM order_list WHERE order_id = :gone", gone=gone) == []
    assert await ends_equal(shelf)


async def test_another_form_is_noticed_and_the_older_code_stands_back(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shelf.put(brought_to("confirmed").order)
    await shelf.project()
    await shelf.change("UPDATE listing_build SET form = 2")
    await shelf.change("UPDATE listing SET form = 2")
    await shelf.put(brought_to("picking").order)

    await shelf.project()  # ours is the older one
    assert [row["state"] for row in await shelf.rows("SELECT state FROM order_list")] == ["confirmed"]

    for module in (listing, listing_building, listing_projection):
        monkeypatch.setattr(module, "FORM", 3)
    monkeypatch.setattr("hub.projection.FORM", 3)
    await shelf.project()
    assert [row["form"] for row in await shelf.rows("SELECT form FROM listing_build")] == [3]
    assert await ends_equal(shelf)


async def test_a_shard_that_was_split_off_is_followed_from_its_beginning(shelf: Shelf) -> None:
    await shelf.put(brought_to("confirmed").order)
    await shelf.project()
    await shelf.change("INSERT INTO shard (k, batch) VALUES (2, 1)")
    await shelf.put(brought_to("picking").order, shard=2)

    await shelf.project()

    assert await ends_equal(shelf)
    assert [row["batch"] for row in await shelf.rows("SELECT batch FROM listing WHERE shard = 2")] == [2]


async def test_an_order_that_can_not_be_listed_holds_up_no_other(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = brought_to("confirmed").order, changed(brought_to("picking").order, id="bad")
    real = listing.rows

    def failing(order: Order) -> Any:
        if order.id == "bad":
            raise ZeroDivisionError
        return real(order)

    monkeypatch.setattr("adapters.postgres.listing_writing.rows", failing)
    await shelf.put(bad, good)
    await shelf.project()

    assert [row["order_id"] for row in await shelf.rows("SELECT order_id FROM order_list")] == [good.id]
    assert [(each.order_id, each.what) for each in await shelf.differences()] == [("bad", "differs")]


async def test_terms_are_those_of_the_last_document(shelf: Shelf) -> None:
    order = brought_to("confirmed").order
    await shelf.put(order)
    await shelf.project()
    await shelf.put(changed(order, number="N-2", placed_at=order.as_of))
    await shelf.project()

    numbers = await shelf.rows("SELECT value FROM order_term WHERE kind = :kind", kind=int(TermKind.NUMBER))
    assert [row["value"] for row in numbers] == ["n2"]
    assert await ends_equal(shelf)
