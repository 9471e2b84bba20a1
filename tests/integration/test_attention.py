"""`hub attention` and `hub order show` on real servers: what people should look at, whatever partners named it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from contracts.commands import HoldOrder, ReleaseHold
from contracts.message import Message
from hub.cli import attention as attention_face
from hub.cli import orders as orders_face
from hub.desk import attention, orders
from hub.desk.attention import Attention, Query
from hub.settings import ClockSettings
from tests.integration.messages import approve, placed
from tests.stage import Stage

pytestmark = pytest.mark.integration


async def command(stage: Stage, message: Message, order: str) -> None:
    await stage.say("hub.commands", message, order, source="/tools/desk", token=stage.token())


def named(view: Attention) -> dict[str, list[str]]:
    return {order.order_id: [reason.what for reason in order.reasons] for order in view.orders}


async def test_held_and_overdue_orders_are_listed_until_they_move_on(stage: Stage) -> None:
    stage.start_hub()
    await approve(stage, "held")
    await approve(stage, "waits")
    await stage.until_state("held", "availability_requested")
    await command(stage, HoldOrder(reason="wait"), "held")
    await stage.until_rows("SELECT 1 FROM orders WHERE attention AND order_id = 'held'")
    await stage.until_state("waits", "availability_requested")
    await stage.until_read()
    await stage.stop_hubs()
    settings = stage.settings.model_copy(update={"clock": ClockSettings(ahead=timedelta(hours=13))})
    stage.start_hub(settings)
    await stage.until_rows(
        """SELECT 1 FROM orders WHERE attention AND document @> '{"timers": [{"fired": true}]}'""", 2
    )

    desk = replace(stage.desk, settings=settings)
    everything = await attention.read(desk, Query())
    overdue = await attention.read(desk, Query(overdue=True))
    elsewhere = await attention.read(desk, Query(store="nowhere"))

    assert "csr" in named(everything)["held"]
    assert named(overdue)["waits"] == ["availability.reported"]
    assert (elsewhere.count, elsewhere.orders) == (0, [])
    assert everything.deadlines_not_gone_off.count == 0
    assert (await attention.read(desk, Query(limit=1))).count == everything.count > 1
    await command(stage, ReleaseHold(), "held")
    await stage.until_rows("SELECT 1 FROM orders WHERE order_id = 'held' AND NOT document ? 'holds'")


async def test_what_a_partner_named_is_shown_as_it_is(stage: Stage) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed(number="[/red]"), "o-1")
    await stage.until_state("o-1", "payment_pending")
    await command(stage, HoldOrder(reason="[bold]"), "o-1")
    await stage.until_rows("SELECT 1 FROM orders WHERE attention")

    listed = attention_face.told(await attention.read(stage.desk, Query()))
    shown = orders_face.told(await orders.show(stage.desk, "[/red]"))

    assert "[/red]" in printed(listed)
    assert "[/red]" in printed(shown)
    assert "On hold: csr" in printed(shown)


def printed(renderable: Any) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()
