"""Attention: an order that a person should look at says why, since when, and what to do."""

import ast
from pathlib import Path

import pytest

from contracts import commands as desk
from domain.deciding import deadlines
from domain.orders import facts, scratchpad
from domain.orders.view import attention
from domain.orders.view.attention import Reason, needed, reasons
from tests.domain.story import Story, brought_to

DOMAIN = Path(attention.__file__).parents[2]


def told(story: Story) -> list[tuple[str, str]]:
    return [(reason.kind, reason.what) for reason in reasons(story.order)]


def test_an_order_that_goes_its_way_needs_nobody() -> None:
    story = brought_to("confirmed")

    assert (needed(story.order), reasons(story.order)) == (False, ())


@pytest.mark.rule("L-07")
def test_an_overdue_answer_is_told_with_who_owes_it_and_since_when() -> None:
    story = brought_to("availability_requested")
    armed = next(timer for timer in story.order.timers if timer.kind == "availability")
    story.due("availability")

    assert needed(story.order)
    assert reasons(story.order) == (
        Reason("overdue", "availability.reported", "warehouse", "ask the warehouse", armed.since, armed.due_at),
    )
    story.tell(story.available())
    assert not needed(story.order)


@pytest.mark.rule("O-17")
def test_a_silent_customer_leaves_the_order_to_a_person() -> None:
    story = brought_to("risk_follow_up")
    story.due("follow_up")

    assert ("alert", "no_answer") in told(story)
    assert ("overdue", "fraud.customer_answered") in told(story)


@pytest.mark.rule("OMC-30", "OMC-31")
def test_what_blocks_the_order_comes_first_and_goes_once_it_is_cleared() -> None:
    story = brought_to("processing")
    story.command(desk.HoldOrder(reason="wait"))
    story.command(desk.FlagAlert(alert="odd", reason="look"))

    assert told(story) == [("hold", "csr"), ("alert", "odd"), ("alert", "stock")]
    assert reasons(story.order)[0].do == "order.release_hold"
    assert all(reason.since is not None for reason in reasons(story.order) if reason.kind == "alert")
    story.command(desk.ReleaseHold())
    story.command(desk.ClearAlert(alert="odd", reason="seen"))
    story.command(desk.ClearAlert(alert="stock", reason="seen"))
    assert not needed(story.order)


def test_a_cancelled_order_needs_nobody_even_if_it_was_held() -> None:
    story = brought_to("approved")
    story.command(facts.CancelOrder(reason="customer_choice"))

    assert not needed(story.order)


def alerts_raised() -> set[str]:
    """Every name of an alert that the domain's sources raise, as far as it is written down in one place."""
    found = set()
    for path in DOMAIN.rglob("*.py"):
        tree = ast.parse(path.read_text())
        named = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant)
            for target in [node.target]
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            called = node.func if isinstance(node, ast.Call) else None
            if (
                isinstance(node, ast.Call)
                and isinstance(called, ast.Attribute)
                and called.attr in ("alert", "alert_once")
                and node.args
            ):
                name = node.args[0]
                if isinstance(name, ast.Constant):
                    found.add(str(name.value))
                elif isinstance(name, ast.Name) and name.id in named:
                    found.add(str(named[name.id]))
    return found


def test_every_alert_has_its_advice_and_every_advice_its_alert() -> None:
    # Put together, or named by the person who raises it.
    by_rule = {"capture_failed", "void_failed", "flagged", "contradicted"}
    by_rule |= {"number_taken", "tracking_taken", "payment_taken"}
    by_rule |= {"reservation_lost", "renewal_refused", "unexpected_payment", "payment_contradicted"}
    by_rule |= {"unexpected_refund", "currency_mismatch"}

    raised = alerts_raised() | by_rule

    assert len(raised) > 20
    assert set(attention.ADVICE) == raised
    assert not {kind + scratchpad.LATE_SUFFIX for kind in deadlines.Deadline} & raised
