"""Return requests: opening a return, for a customer online or for an agent (R-01)."""

from typing import Final

from domain.deciding import calendar
from domain.deciding.decision import Answer, Late, Outcome, Refusal, Why
from domain.deciding.identity import rma_code
from domain.orders import events, facts, pieces
from domain.orders.order import DISPATCHED, ENDED, LINES, Order, Return, ReturnedLine
from domain.orders.returns import receipts, returns
from domain.orders.scratchpad import OrderPad

_UNEVEN: Final = "return it for a refund, place another order and link the two: order.link"
_ELSEWHERE: Final = "return that many at most; a piece that another order replaced comes back to that order"
HOME_TRIAL: Final = "home_trial"


def requested(pad: OrderPad, fact: facts.ReturnRequested) -> Answer:
    """Open and confirm a return requested online (R-01, R-02); it is parked until the goods are sent."""
    order = pad.order
    known = None if fact.request_id is None else _requested_as(order, fact.request_id)
    if known is not None:
        return _again(known, fact)
    objection = _objection(order, fact.lines) or _over(pad, fact.lines)
    if objection is not None:
        return objection
    if any(_never_sent(order, entry.line) for entry in fact.lines):
        return Refusal("not_shipped", "these goods are not sent, nor will they be", "look at the order's lines")
    if not all(_sent(order, entry.line) for entry in fact.lines):
        return Outcome.PARKED
    outcome = fact.outcome
    if outcome == "exchange":
        no = _not_exchangeable(order, fact.lines, pad.policy.exchange_scope)
        if no is not None:
            outcome = "refund"
            pad.emit(events.NoteAdded(f"exchange turned into a refund: {no.detail}"))
    digital = all(receipts.is_digital(order, entry.line) for entry in fact.lines)
    returned = _open(pad, fact, "exchange" if outcome == "exchange" else "refund", not digital)
    returns.MACHINE.take(pad, returned, facts.ConfirmReturn)
    return Outcome.APPLIED


def _requested_as(order: Order, number: str) -> Return | None:
    """Return the return that was opened for the shop's request of this number (R-22)."""
    return next((returned for returned in order.returns if returned.request_id == number), None)


def _again(returned: Return, fact: facts.ReturnRequested) -> Answer:
    """Open one return per request; refuse a number that stands for other pieces already (R-22)."""
    lines = sorted((entry.line, entry.quantity) for entry in returned.lines)
    if lines == sorted((entry.line, entry.quantity) for entry in fact.lines):
        return Late(Why.REPEATED, "the request of this number has opened its return")
    detail = f"request {fact.request_id} opened return {returned.code}, for other pieces"
    return Refusal("duplicate", detail, "give each request a number of its own")


def create(pad: OrderPad, fact: facts.CreateReturn) -> Answer:
    """Draft a return for an agent (R-01), and confirm it where he says so (R-02, R-03)."""
    order = pad.order
    objection = _objection(order, fact.lines) or _over(pad, fact.lines)
    if not all(_sent(order, entry.line) for entry in fact.lines):
        return Refusal("not_shipped", "only lines that were sent can come back", "cancel the order instead")
    if objection is None and fact.outcome == "exchange" and not fact.receipt_required:
        return Refusal(
            "gate", "an exchange waits for the goods that come back", "require the receipt, or return it for a refund"
        )
    if objection is None and fact.outcome == "exchange":
        objection = _not_exchangeable(order, fact.lines, pad.policy.exchange_scope)
    if objection is not None:
        return objection
    needed = fact.receipt_required and not all(receipts.is_digital(order, entry.line) for entry in fact.lines)
    returned = _open(pad, fact, fact.outcome, needed)
    if fact.confirm:
        returns.MACHINE.take(pad, returned, facts.ConfirmReturn)
    return Outcome.APPLIED


def _open(pad: OrderPad, fact: facts.CreateReturn | facts.ReturnRequested, outcome: str, receipt: bool) -> Return:
    cause = pad.received.cause
    code = rma_code(pad.order.id, cause.source, cause.id)
    lines = tuple(ReturnedLine(e.line, e.quantity, 0, e.reason, e.exchange_sku, e.comment) for e in fact.lines)
    returned = Return(
        code,
        outcome,
        lines,
        pad.received.occurred_at,
        receipt_required=receipt,
        refund_shipping=fact.refund_shipping,
        request_id=fact.request_id if isinstance(fact, facts.ReturnRequested) else None,
    )
    pad.put_return(returned)
    pad.rules.append("R-01")
    pad.refer("rma", "hub", code)
    pad.emit(events.ReturnDrafted(code, outcome, receipts.pieces(pad.order, lines)))
    return returned


def _sent(order: Order, number: int) -> bool:
    line = order.line(number)
    if line is not None and line.state not in LINES["kept"]:
        return False
    if line is not None and line.kind != "shippable":
        return order.state in DISPATCHED
    shipment = order.shipment_of(number)
    return shipment is not None and shipment.state in returns.OUT


def _never_sent(order: Order, number: int) -> bool:
    line = order.line(number)
    return order.state in ENDED or (line is not None and line.state not in LINES["kept"])


def _objection(order: Order, lines: tuple[facts.ReturnLine, ...]) -> Refusal | None:
    """Return why these pieces cannot be returned, if there is a reason (R-01, R-21)."""
    wanted: dict[int, int] = {}
    for entry in lines:
        wanted[entry.line] = wanted.get(entry.line, 0) + entry.quantity
    for number, quantity in wanted.items():
        line = order.line(number)
        if line is None:
            return Refusal("gate", f"the order has no line {number}", "look at the order's lines")
        ledger = pieces.of(order, line)
        left = line.quantity - ledger.gone
        if quantity > left:
            detail = f"line {number}: {quantity} pieces asked, {left} can still come back ({pieces.told(ledger)})"
            return Refusal("amount_exceeds", detail, _ELSEWHERE)
    return None


def _over(pad: OrderPad, lines: tuple[facts.ReturnLine, ...]) -> Refusal | None:
    """Return a refusal if the return is for a home trial that has ended (PEL-21, A-37)."""
    order, received = pad.order, pad.received
    at = received.appended_at if isinstance(received.fact, facts.Command) else received.occurred_at
    on_trial = any(entry.reason == HOME_TRIAL for entry in lines)
    if not on_trial or order.delivered_at is None:
        return None
    end = calendar.end_of_trial(pad.policy, order.store, order.delivered_at)
    if at < end:
        return None
    return Refusal("gate", f"the home trial ended on {end:%Y-%m-%d %H:%M} UTC", "return it for another reason")


def _not_exchangeable(order: Order, lines: tuple[facts.ReturnLine, ...], scope: str) -> Refusal | None:
    """Return why these lines cannot be exchanged, if there is a reason (A-14)."""
    if len({entry.line for entry in lines}) < len(lines):
        return Refusal("gate", "a line is exchanged for one article per return", "open a return for each article")
    for entry in lines:
        line = order.line(entry.line)
        if line is None:
            continue
        if line.kind != "shippable":
            return Refusal("no_exchange_digital", f"line {entry.line} is digital", "ask for a refund")
        sku = entry.exchange_sku or line.sku
        models = (line.model, _model(line.sku))
        if scope == "same_model" and sku != line.sku and _model(sku) not in models:
            return Refusal("not_same_product", f"{sku} is not the same product as {line.sku}", _UNEVEN)
    return None


def _model(sku: str) -> str:
    """Return the model part of a SKU: all but the size after the last dash."""
    return sku.rsplit("-", 1)[0]
