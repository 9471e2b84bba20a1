"""Situations: an order, or a part of it, brought to every state of each table by facts and commands."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from domain.orders import desk_facts as desk
from domain.orders import facts
from tests.domain.story import BY_HAND, WAYS, Story, brought_to
from tests.domain.world import Hub, line

Make = Callable[[], Story]
REASON = "a wish"


def _then(before: str, *commands: facts.Command, method: str = "card") -> Story:
    story = brought_to(before, method=method)
    for command in commands:
        assert story.command(command).refusal is None
    return story


def _scored(verdict: str, method: str = "card") -> Story:
    story = brought_to("payment_pending", method=method)
    story.score(verdict)
    return story


def _unscored() -> Story:
    story = brought_to("payment_pending")
    story.pay()
    return story


def _last_try() -> Story:
    """Two tries were refused; the third was asked for."""
    story = brought_to("payment_pending")
    for _ in range(2):
        story.tell(story.refused())
        story.due("payment_retry")
    return story


def _held_when_confirmed() -> Story:
    story = _then("availability_requested", desk.HoldOrder(reason=REASON))
    story.each(story.available)
    assert (story.order.state, str(story.shipment().state)) == ("confirmed", "reserved")
    return story


def _recalled(state: str, intent: str) -> Story:
    return _then(state, desk.RecallOrder(intent, reason=REASON))


def _free_draft() -> Story:
    story = Story()
    story.draft("support")
    return story


ORDERS: dict[str, Make] = {state: partial(brought_to, state) for state in WAYS} | {
    "draft, free": _free_draft,
    "payment_pending, clear": partial(_scored, "clear"),
    "payment_pending, review": partial(_scored, "review"),
    "payment_pending, last try": _last_try,
    "payment_pending, cheque": partial(brought_to, "payment_pending", method="cheque"),
    "payment_pending, cheque, clear": partial(_scored, "clear", "cheque"),
    "risk_review, unscored": _unscored,
    "confirmed, held": _held_when_confirmed,
    "confirmed, recalled to cancel": partial(_recalled, "confirmed", "cancel"),
    "confirmed, recalled to modify": partial(_recalled, "confirmed", "modify"),
    "picking, recalled to cancel": partial(_recalled, "picking", "cancel"),
    "picking, recalled to modify": partial(_recalled, "picking", "modify"),
}


def _digital() -> Story:
    story = Story(lines=(line(1, 1, kind="digital"),))
    WAYS["availability_requested"](story)
    return story


SHIPMENTS: dict[str, Make] = {
    "planned": ORDERS["approved"],
    "awaiting_availability": ORDERS["availability_requested"],
    "awaiting_availability, short": ORDERS["processing"],
    "reserved": _held_when_confirmed,
    "released": ORDERS["confirmed"],
    "released, recalled to cancel": ORDERS["confirmed, recalled to cancel"],
    "released, recalled to modify": ORDERS["confirmed, recalled to modify"],
    "picking": ORDERS["picking"],
    "picking, recalled to cancel": ORDERS["picking, recalled to cancel"],
    "picking, recalled to modify": ORDERS["picking, recalled to modify"],
    "packed": ORDERS["shipping"],
    "sent": ORDERS["sent"],
    "delivered": ORDERS["delivered"],
    "cancelled": ORDERS["cancelled"],
}


def code(story: Story) -> str:
    """The code of the story's return."""
    return story.order.returns[0].code if story.order.returns else "RMA-NONE"


def arrived(story: Story, quantity: int, *, good: bool = False) -> facts.Fact:
    """Pieces of the return's only line arrive."""
    return facts.ReturnReceived(code(story), (facts.ReceivedLine(1, quantity),), validated=good)


def _return(*steps: Callable[[Story], object], receipt: bool = True, outcome: str = "refund") -> Story:
    story = brought_to("delivered")
    sku = "shirt-1-L" if outcome == "exchange" else None
    created = facts.CreateReturn((facts.ReturnLine(1, 2, exchange_sku=sku),), outcome, receipt_required=receipt)
    assert story.command(created).refusal is None
    for step in steps:
        step(story)
    return story


def _confirm(story: Story) -> None:
    story.command(facts.ConfirmReturn(code(story)))


def _part(story: Story) -> None:
    story.tell(arrived(story, 1))


def _all(story: Story) -> None:
    story.tell(arrived(story, 2))


def _end(kind: type[facts.CancelReturn] | type[facts.ValidateReturn] | type[facts.RefuseReturn]) -> Callable[..., None]:
    def end(story: Story) -> None:
        story.command(kind(code(story), reason=REASON))

    return end


def _expire(story: Story) -> None:
    story.due("return")


RETURNS: dict[str, Make] = {
    "draft": partial(_return),
    "draft, no receipt needed": partial(_return, receipt=False),
    "awaiting_receipt": partial(_return, _confirm),
    "partially_received": partial(_return, _confirm, _part),
    "received": partial(_return, _confirm, _all),
    "validated": partial(_return, _confirm, _all, _end(facts.ValidateReturn)),
    "cancelled": partial(_return, _end(facts.CancelReturn)),
    "refused": partial(_return, _confirm, _all, _end(facts.RefuseReturn)),
    "expired": partial(_return, _confirm, _expire),
}


def refund_id(story: Story) -> str:
    """The id of the story's refund."""
    return story.order.refunds[0].id


def _refund(*steps: Callable[[Story], object], tender: str = "original") -> Story:
    story = brought_to("delivered")
    asked = desk.RequestRefund("items", (desk.LineQuantity(1, 1),), reason="scratched", tender=tender)
    assert story.command(asked).refusal is None
    for step in steps:
        step(story)
    return story


def _approve(story: Story) -> None:
    story.command(facts.ApproveRefund(refund_id(story)))


def _fails(story: Story) -> None:
    story.tell(story.refund_failed())


def _fails_and_is_tried_again(story: Story) -> None:
    _fails(story)
    story.due("refund_retry")


def _executes(story: Story) -> None:
    story.tell(story.refund_executed())


def _drop(story: Story) -> None:
    story.command(facts.CancelRefund(refund_id(story)))


_LAST = (_approve, _fails_and_is_tried_again, _fails_and_is_tried_again)
REFUNDS: dict[str, Make] = {
    "requested": partial(_refund),
    "approved": partial(_refund, _approve),
    "approved, by hand": partial(_refund, _approve, tender="manual"),
    "approved, last try": partial(_refund, *_LAST),
    "executed": partial(_refund, _approve, _executes),
    "failed": partial(_refund, *_LAST, _fails),
    "cancelled": partial(_refund, _drop),
}


def _exchange(*steps: Callable[[Story], object]) -> Story:
    story = _return(_confirm, outcome="exchange")
    story.hub.drain_internal()
    for step in steps:
        step(story)
        story.hub.drain_internal()
    return story


def exchange_order(story: Story) -> Story:
    """The story of the exchange order."""
    return story.other(story.order.exchanges[0].order_id)


def _reports(status: str) -> Callable[[Story], None]:
    def report(story: Story) -> None:
        other = exchange_order(story)
        other.tell(other.reported(status))

    return report


def _validated(story: Story) -> None:
    story.tell(arrived(story, 2, good=True))


def _arrives(story: Story) -> None:
    other = exchange_order(story)
    for fact in (other.picking(), other.packed(), other.handed_over(), other.delivered()):
        other.tell(fact)


EXCHANGES: dict[str, Make] = {
    "pending, asked": partial(_exchange),
    "pending, missing": partial(_exchange, _reports("anomaly")),
    "pending, confirmed": partial(_exchange, _reports("available")),
    "released, asked": partial(_exchange, _validated),
    "released, confirmed": partial(_exchange, _reports("available"), _validated),
    "cancelled": partial(_exchange, _end(facts.CancelReturn)),
    "done": partial(_exchange, _reports("available"), _validated, _arrives),
}


def flash_id(story: Story) -> str:
    """The id of the story's flash reorder."""
    return story.order.flashes[0].id


PIECES = (facts.FulfilledLine(1, 2),)


def _flash(*steps: Callable[[Story], object]) -> Story:
    story = brought_to("processing")
    assert story.command(facts.CreateFlash(PIECES)).refusal is None
    for step in steps:
        step(story)
    return story


def _send(story: Story) -> None:
    story.command(facts.SendFlash(flash_id(story)))


def _desk(kind: type[facts.FlashAccepted] | type[facts.FlashRefused]) -> Callable[[Story], None]:
    def say(story: Story) -> None:
        story.tell(kind(flash_id(story)))

    return say


def _found(story: Story) -> None:
    story.tell(facts.FlashFulfilled(flash_id(story), PIECES))


def _withdraw(story: Story) -> None:
    story.command(facts.CancelFlash(flash_id(story)))


FLASHES: dict[str, Make] = {
    "draft": partial(_flash),
    "sent": partial(_flash, _send),
    "accepted": partial(_flash, _send, _desk(facts.FlashAccepted)),
    "fulfilled": partial(_flash, _send, _found),
    "refused": partial(_flash, _send, _desk(facts.FlashRefused)),
    "cancelled": partial(_flash, _withdraw),
}


def _by_logistics() -> Story:
    """An order so large that logistics has to push it on."""
    story = Story(Hub(replace(BY_HAND, logistics_pieces=1)))
    WAYS["payment_pending"](story)
    story.score()
    story.pay()
    return story


ASKED = "availability_requested"
HOLDS: dict[str, Make] = {
    "none": ORDERS[ASKED],
    "csr": partial(_then, ASKED, desk.HoldOrder(reason=REASON)),
    "suspended": partial(_then, ASKED, desk.SuspendOrder(reason=REASON)),
    "logistics": _by_logistics,
    "exchange": lambda: exchange_order(_exchange(_reports("available"))),
    "recall": ORDERS["confirmed, recalled to cancel"],
    "alert": partial(_then, ASKED, desk.FlagAlert("look")),
    "csr and suspended": partial(_then, ASKED, desk.HoldOrder(reason=REASON), desk.SuspendOrder(reason=REASON)),
    "csr and alert": partial(_then, ASKED, desk.HoldOrder(reason=REASON), desk.FlagAlert("look")),
}
SITUATIONS: dict[str, dict[str, Make]] = {
    "order": ORDERS,
    "shipment": SHIPMENTS,
    "return": RETURNS,
    "refund": REFUNDS,
    "exchange": EXCHANGES,
    "flash": FLASHES,
    "hold": HOLDS,
}
"""Every table's situations by name; a name begins with the state."""
