"""Credit notes: refunds that a person requests, for sent items or as goodwill (F-01, F-02, A-03)."""

from contracts import commands as desk
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.money import next_share
from domain.deciding.values import changed
from domain.orders import pieces
from domain.orders.money import payout, refund_amounts, refund_requests
from domain.orders.order import Order, Refund, RefundedPieces
from domain.orders.scratchpad import OrderPad


def request(pad: OrderPad, fact: desk.RequestRefund) -> Answer:
    """Request a refund of sent items (F-01) or goodwill (F-02); it waits for its approval (A-16)."""
    order = pad.order
    if not fact.reason:
        return Refusal("reason_required", "a refund needs its reason", "say why the money is given back")
    refund = _credit(pad, fact) if fact.kind == "items" else _goodwill(pad, fact)
    if isinstance(refund, Refusal):
        return refund
    left = order.payment.taken - refund_amounts.promised(order)
    if not 0 < refund.amount <= left:
        return Refusal(
            "amount_exceeds", f"{refund.amount} asked, {left} of the money taken is left", "ask for that much at most"
        )
    refund_requests.request(pad, refund, "F-01" if fact.kind == "items" else "F-02")
    return Outcome.APPLIED


def _by_hand(pad: OrderPad, fact: desk.RequestRefund, amount: int) -> Refund:
    actor, cause = pad.received.actor, pad.received.cause
    tender = payout.MANUAL if payout.source_of(pad.order) is None else fact.tender
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
    credited = tuple(_credited(order, number, quantity) for number, quantity in wanted.items())
    refund = _by_hand(pad, fact, goods + fee if fact.amount is None else fact.amount)
    return changed(refund, pieces=credited, fee_goods=shipped)


def _credited(order: Order, number: int, quantity: int) -> RefundedPieces:
    """Return these pieces; first come those that are back already, and whose refund was cancelled (F-06)."""
    line = order.line(number)
    unpaid = 0 if line is None else pieces.of(order, line).unpaid
    return RefundedPieces(number, quantity, min(quantity, unpaid))


def _worth(order: Order, wanted: dict[int, int]) -> dict[int, int] | Refusal:
    """Return the worth of these pieces by line, in minor units, if none of them has gone another way yet (R-21)."""
    if not wanted:
        return Refusal("gate", "an item refund names its lines", "name them, or ask for a goodwill refund")
    worth: dict[int, int] = {}
    for number, quantity in wanted.items():
        line = order.line(number)
        if line is None:
            return Refusal("gate", f"the order has no line {number}", "look at the order's lines")
        creditable = pieces.of(order, line).creditable
        if quantity > creditable:
            detail = f"line {number}: {creditable} pieces are left to refund"
            return Refusal("amount_exceeds", detail, "ask for that many at most, or for a goodwill refund")
        worth[number] = next_share(line.price, refund_amounts.paid_back(order, number), quantity, line.quantity)
    return worth
