"""Holds, alerts and locks, rule by rule: why an order is suspended, and what everybody can see of it."""

from collections.abc import Callable

import pytest

from contracts import commands as desk
from domain.deciding.decision import Decision
from domain.orders import events
from domain.orders.facts import FraudScored
from domain.orders.order import Order
from domain.orders.view.projection import status_of
from tests.domain.story import Story, brought_to
from tests.domain.world import code_of, somebody

rule = pytest.mark.rule


def seen(story: Story, *fields: str) -> list[object]:
    """What the published status says."""
    status = status_of(story.order)
    return [getattr(status, field) for field in fields]


@pytest.mark.parametrize(
    ("happening", "reason"),
    [
        (lambda story: story.command(desk.SuspendOrder(reason="ten orders in an hour")), "ten orders in an hour"),
        (lambda story: story.tell(FraudScored("review")), "fraud"),
    ],
    ids=["odd behaviour", "a doubt about fraud"],
)
@rule("OMC-17")
def test_an_order_is_suspended_for_odd_behaviour_or_a_doubt(
    happening: Callable[[Story], Decision[Order]], reason: str
) -> None:
    story = brought_to("availability_requested")

    decision = happening(story)

    assert story.order.holds == ("suspended",)
    assert events.OrderSuspended(reason) in decision.events


@rule("OMC-30")
def test_an_order_shows_its_alerts_until_they_are_cleared() -> None:
    story = brought_to("availability_requested")
    shown = [seen(story, "alerts", "flags")]

    for command in (
        desk.FlagAlert("look"),
        desk.FlagAlert("late", blocking=False),
        desk.ClearAlert("look", reason="looked"),
        desk.ClearAlert("late", reason="it came"),
    ):
        story.command(command)
        shown.append(seen(story, "alerts", "flags"))

    assert shown == [
        [(), ()],
        [("look",), ("on_hold", "alerted")],
        [("look", "late"), ("on_hold", "alerted")],
        [("late",), ("alerted",)],
        [(), ()],
    ]


@rule("EP-29")
def test_an_order_shows_whether_it_is_locked_and_by_whom() -> None:
    story = brought_to("availability_requested")
    ada = somebody("orders.manage", name="ada")
    shown = seen(story, "locked_by")

    story.command(desk.LockOrder(), ada)
    shown += seen(story, "locked_by")
    story.command(desk.UnlockOrder(), ada)

    assert [*shown, *seen(story, "locked_by")] == [None, "ada", None]


@rule("O-30")
def test_goods_that_are_picked_while_a_recall_is_open_are_shown_and_not_called_back_twice() -> None:
    story = brought_to("confirmed")
    story.command(desk.RecallOrder("hold", reason="another size"))

    decision = story.tell(story.picking())

    assert "O-30" in decision.rules
    assert (story.order.state, len(story.order.recalls)) == ("picking", 1)
    assert "picked_while_held" in {alert.name for alert in story.order.alerts}


def test_an_alert_is_flagged_once_while_it_stands() -> None:
    story = brought_to("availability_requested")
    story.command(desk.FlagAlert("look"))

    assert code_of(story.command(desk.FlagAlert("look"))) == "duplicate"
    assert [alert.name for alert in story.order.alerts] == ["look"]
