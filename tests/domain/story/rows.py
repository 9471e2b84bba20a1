"""The commands of the gate matrix, one per row, each with the order that it needs before it can be given."""

from collections.abc import Callable
from dataclasses import dataclass

from contracts import commands as desk
from domain.orders import facts
from domain.orders.facts import Command
from tests.domain.story.states import brought_to
from tests.domain.story.story import Story
from tests.domain.world import ADDRESS, CUSTOMER, ELSEWHERE, line

LINES = (line(1, 2), line(2, 2))


def _story(state: str) -> Story:
    return brought_to(state, lines=LINES)


def _free(state: str) -> Story:
    """A support order while it is a draft; later any order."""
    if state != "draft":
        return _story(state)
    story = Story(lines=LINES)
    story.draft("support")
    return story


def _cheque(steps: int) -> Callable[[str], Story]:
    """An order to be paid by cheque; while it waits for its money the cheque has come so far."""

    def make(state: str) -> Story:
        story = brought_to(state, method="cheque", lines=LINES)
        if state == "payment_pending":
            story.cheque(steps)
        return story

    return make


def _held(hold: Command) -> Callable[[str], Story]:
    """An order that was held before it came to the state; the warehouse goes on by itself."""
    steps: dict[str, tuple[str, Callable[[Story], None]]] = {
        "confirmed": ("availability_requested", lambda story: story.each(story.available)),
        "picking": ("availability_requested", _picked_in_spite),
    }

    def make(state: str) -> Story:
        if state in ("draft", "shipping", "sent", "delivered", "completed", "cancelled", "voided"):
            return _story(state)
        before, go_on = steps.get(state, (state, lambda story: None))
        story = _story(before)
        story.command(hold)
        go_on(story)
        assert story.order.state == state
        return story

    return make


def _picked_in_spite(story: Story) -> None:
    story.each(story.available)
    story.each(story.picking)


def _repriced(state: str) -> Story:
    """An order whose first line was made cheaper before."""
    story = _story(state)
    story.command(desk.ChangePrice((desk.PriceCut(1, 10),), reason="late"))  # refused where the price is closed
    assert story.order.state == state
    return story


def _money_taken(state: str) -> Story:
    """An order paid by cheque, so that its money is there before anything is sent."""
    if state != "cancelled":
        return brought_to(state, method="cheque", lines=LINES)
    story = brought_to("risk_review", method="cheque", lines=LINES)
    story.command(facts.CancelOrder(reason="fraud_proven"))
    story.command(facts.CancelRefund(story.order.refunds[0].id))
    return story


@dataclass(frozen=True)
class Row:
    """A row of the matrix: its command, and the order of a state that it is given to."""

    command: Callable[[Story], Command]
    story: Callable[[str], Story] = _story


def _always(command: Command) -> Callable[[Story], Command]:
    return lambda story: command


def _shipment_id(story: Story) -> str:
    return story.order.shipments[0].id if story.order.shipments else "none"


def _submitted(story: Story) -> Command:
    return facts.SubmitOrder(
        number="N-1", store="lille", currency="EUR", customer=CUSTOMER, shipping_address=ADDRESS, lines=LINES
    )


def _back(sku: str | None = None) -> tuple[facts.ReturnLine, ...]:
    return (facts.ReturnLine(1, 1, exchange_sku=sku),)


ONE = (desk.LineQuantity(1, 1),)
ROWS: dict[str, Row] = {
    "submit": Row(_submitted),
    "void": Row(_always(desk.VoidOrder())),
    "approve a free order": Row(_always(facts.ApproveOrder(reason="broken on arrival")), _free),
    "approve a doubted order": Row(_always(facts.ApproveOrder(reason="known customer"))),
    "authorise a cheque": Row(_always(desk.AuthorizeCheque()), _cheque(2)),
    "validate a cheque": Row(_always(desk.ValidateCheque()), _cheque(3)),
    "add a line": Row(_always(desk.ModifyOrder(add=(desk.NewLine(sku="hat-1", quantity=1, unit_price=700),)))),
    "remove a line": Row(_always(desk.ModifyOrder(remove=(1,)))),
    "change a quantity": Row(_always(desk.ModifyOrder(change=ONE))),
    "change the carrier": Row(_always(desk.ModifyOrder(carrier="swift"))),
    "absorb the shipping fee": Row(_always(desk.ModifyOrder(shipping_discount_pct=100))),
    "change a price": Row(_always(desk.ChangePrice((desk.PriceCut(1, 10),), reason="late"))),
    "reset a price": Row(_always(desk.ResetPrice((1,), reason="mistake")), _repriced),
    "change the delivery address": Row(_always(desk.ChangeAddress(address=ELSEWHERE))),
    "change the billing address": Row(_always(desk.ChangeAddress(address=ELSEWHERE, kind="billing"))),
    "split a shipment": Row(_always(desk.SplitShipment((desk.LineQuantity(2, 2),), ELSEWHERE, "express"))),
    "cancel the order": Row(_always(facts.CancelOrder(reason="customer_choice"))),
    "cancel a shipment": Row(lambda story: desk.CancelShipment(_shipment_id(story), reason="customer_choice")),
    "recall": Row(_always(desk.RecallOrder("cancel", reason="customer_choice"))),
    "hold": Row(_always(desk.HoldOrder(reason="a question")), lambda state: _to_hold(state)),
    "suspend": Row(_always(desk.SuspendOrder(reason="odd"))),
    "release a hold": Row(_always(desk.ReleaseHold(reason="answered")), _held(desk.HoldOrder(reason="a question"))),
    "resume": Row(_always(desk.ResumeOrder(reason="looked at")), _held(desk.SuspendOrder(reason="odd"))),
    "flash order": Row(_always(facts.CreateFlash((facts.FulfilledLine(1, 1),)))),
    "item refund": Row(_always(desk.RequestRefund("items", ONE, reason="scratched"))),
    "goodwill refund": Row(_always(desk.RequestRefund("goodwill", amount=100, reason="late")), _money_taken),
    "return": Row(_always(facts.CreateReturn(_back()))),
    "exchange": Row(_always(facts.CreateReturn(_back("shirt-1-L"), "exchange"))),
    "zero order from this order": Row(_always(desk.CreateZeroOrder(reason="lost"))),
    "resend the confirmation": Row(_always(desk.ResendEmail())),
    "comment": Row(_always(facts.CommentOrder("called back"))),
    "flag": Row(_always(desk.FlagAlert("look", blocking=False, text="enquiry"))),
    "link": Row(_always(desk.LinkOrder("order-7"))),
}
"""The rows of the matrix."""


def _to_hold(state: str) -> Story:
    """An order without the hold that is about to be put on: approved ones are kept by another one."""
    if state != "approved":
        return _story(state)
    story = _story("approved")
    story.command(desk.SuspendOrder(reason="odd"))
    story.command(desk.ReleaseHold(reason="answered"))
    assert story.order.state == "approved"
    return story
