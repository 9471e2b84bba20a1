"""Credit notes: refunds that a person requests, for sent items or as goodwill (F-01, F-02, A-03)."""

from typing import Final

from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.money import next_share
from domain.deciding.values import changed
from domain.orders import desk_facts as desk
from domain.orders.money import payout, refund_amounts, refund_requests
from domain.orders.order import Order, Refund, RefundedPieces, RefundState, ReturnState
from domain.orders.scratchpad import OrderPad

_ENDED: Final = frozenset({ReturnState.CANCELLED, ReturnState.REFUSED, ReturnState.EXPIRED})


def request(pad: OrderPad, fact: desk.RequestRefund) -> Answer:
    """Request a refund of sent items (F-01) or goodwill (F-02); it waits for its approval (A-16)."""
    order = pad.order
    if not fact.reason:
        return Refusal("reason_required", "a refund needs its reason", "say why the money is given back")
    refund = _credit(pad, fact) if fact.kind == "items" else _goodwill(pad, fact)
    if isinstance(refund, Refusal):
        return refund
    left = order.payment.captured - refund_amounts.promised(order)
    if not 0 < refund.amount <= left:
        return Refusal(
            "amount_exceeds", f"{refund.amount} asked, {left} of the money taken is left", "ask for that much at most"
        )
    refund_requests.request(pad, refund, "F-01" if fact.kind == "items" else "F-02")
    return Outcome.APPLIED


def _by_hand(pad: OrderPad, fact: desk.RequestRefund, amount: int) -> Refund:
    actor, cause = pad.received.actor, pad.received.cause
    tender = payout.MANUAL if pad.order.payment.payment_id is None else fact.tender
    return Refund(
        pad.id("refund", cause.source, cause.id),
        amount,
        fact.kind,
        reason=fact.reason or "",
        tender=payout.tender_of(pad.order) if tender == "original" else tender,
        requested_by=None if actor is None else actor.name,
    )


def _goodwill(pad: OrderPad, fact: desk.RequestRefund) -> Refund | Refusal:
    if not refund_amounts.taken(pad.order):
        return Refusal("gate", "no money of this order is taken yet", "change the price, or cancel")
    if fact.amount is None:
        return Refusal("amount_exceeds", "a goodwill refund names its amount", "give the amount in minor units")
    return _by_hand(pad, fact, fact.amount)


def _credit(pad: OrderPad, fact: desk.RequestRefund) -> Refund | Refusal:
    """Return the refund of these pieces: the given amount, or their price and share of the shipping fee (EP-44)."""
    order = pad.order
    wanted: dict[int, int] = {}
    for entry in fact.lines:
        wanted[entry.line] = wanted.get(entry.line, 0) + entry.quantity
    worth = _worth(order, wanted)
    if isinstance(worth, Refusal):
        return worth
    goods, shipped = sum(worth.values()), refund_amounts.shipped_worth(order, worth) if fact.shipping else 0
    fee = refund_amounts.fee_share(order, shipped)
    pieces = tuple(RefundedPieces(number, quantity) for number, quantity in wanted.items())
    refund = _by_hand(pad, fact, goods + fee if fact.amount is None else fact.amount)
    return changed(refund, pieces=pieces, fee_goods=shipped)


def _worth(order: Order, wanted: dict[int, int]) -> dict[int, int] | Refusal:
    """Return the worth of these pieces by line, in minor units, if none of them is refunded yet."""
    if not wanted:
        return Refusal("gate", "an item refund names its lines", "name them, or ask for a goodwill refund")
    worth: dict[int, int] = {}
    for number, quantity in wanted.items():
        line = order.line(number)
        if line is None:
            return Refusal("gate", f"the order has no line {number}", "look at the order's lines")
        before = _paid_back(order, number)
        if before + quantity > line.quantity:
            left = f"line {number}: {line.quantity - before} pieces are left to refund"
            return Refusal("amount_exceeds", left, "ask for that many at most, or for a goodwill refund")
        worth[number] = next_share(line.price, refund_amounts.paid_back(order, number), quantity, line.quantity)
    return worth


def _paid_back(order: Order, number: int) -> int:
    """Return how many pieces of a line are refunded, or announced by a return for a refund.

    A return whose refund was cancelled does not count (F-06).
    """
    live = {refund.rma_code for refund in order.refunds if refund.state is not RefundState.CANCELLED}
    given_up = {refund.rma_code for refund in order.refunds if refund.rma_code is not None} - live
    for_money = (each for each in order.returns if each.outcome == "refund" and each.state not in _ENDED)
    returned = [each for each in for_money if each.code not in given_up]
    coming = sum(
        e.received if each.settled else e.quantity for each in returned for e in each.lines if e.line == number
    )
    return refund_amounts.credited(order, number) + coming
