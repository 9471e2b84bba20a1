"""Returns: pieces of sent lines that come back under an RMA code, and what the customer gets for them.

The guards and effects of `TABLE` stand above it, the rules that messages meet below.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from domain.deciding import calendar
from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.identity import rma_code
from domain.deciding.machine import Machine
from domain.deciding.scratchpad import Scratchpad
from domain.deciding.transitions import Step, Transition, otherwise, row
from domain.deciding.values import changed
from domain.deciding.words import cover
from domain.orders import events, facts, requests
from domain.orders.money import refund_requests
from domain.orders.order import (
    ENDED,
    LineState,
    Order,
    Receipt,
    Return,
    ReturnedLine,
    ReturnState,
    ShipmentState,
    State,
)
from domain.orders.returns import exchanges

DRAFT: Final = ReturnState.DRAFT
AWAITING: Final = ReturnState.AWAITING_RECEIPT
PARTLY: Final = ReturnState.PARTIALLY_RECEIVED
RECEIVED: Final = ReturnState.RECEIVED
VALIDATED: Final = ReturnState.VALIDATED
CANCELLED: Final = ReturnState.CANCELLED
REFUSED: Final = ReturnState.REFUSED
EXPIRED: Final = ReturnState.EXPIRED
_UNEVEN: Final = "return it for a refund, place another order and link the two: order.link"
HOME_TRIAL: Final = "home_trial"
OPEN: Final = frozenset({DRAFT, AWAITING, PARTLY, RECEIVED})
_GONE: Final = frozenset({CANCELLED, REFUSED, EXPIRED})
_OUT: Final = (ShipmentState.SENT, ShipmentState.DELIVERED)
_NEXT: Final = MappingProxyType(
    {
        DRAFT: "confirm it: return.confirm; or call it off: return.cancel",
        AWAITING: "wait for the parcel; or call it off: return.cancel",
        PARTLY: "wait for the rest; or settle it with what came: return.close_short",
        RECEIVED: "accept the goods: return.validate; or refuse them: return.refuse",
        VALIDATED: "it is settled; look at its refund or its exchange",
        **dict.fromkeys((CANCELLED, REFUSED, EXPIRED), "it has ended; open another one: return.create"),
    }
)
cover(ReturnState, _NEXT, f"{__name__}._NEXT", "say what may be done with a return that is so")


def _needs_receipt(pad: Scratchpad, returned: Return) -> bool:
    """Tell whether a receipt is required."""
    return returned.receipt_required


def _complete(pad: Scratchpad, returned: Return) -> bool:
    """Tell whether all has arrived."""
    return all(entry.received >= entry.quantity for entry in returned.lines)


def _some(pad: Scratchpad, returned: Return) -> bool:
    """Tell whether some has arrived."""
    return any(entry.received for entry in returned.lines if not _digital(pad.order, entry.line))


def _too_many(pad: Scratchpad, returned: Return) -> bool:
    """Tell whether more came than was announced."""
    closed = returned.state is VALIDATED
    announced: dict[int, int] = {}
    for entry in returned.lines:
        announced[entry.line] = announced.get(entry.line, 0) + (entry.received if closed else entry.quantity)
    for receipt in returned.receipts:
        for line in receipt.lines:
            announced[line.line] = announced.get(line.line, 0) - line.quantity
    return any(left < 0 for left in announced.values())


def _accepted(pad: Scratchpad, returned: Return) -> bool:
    """Tell whether it was found good."""
    return returned.accepted


def _for_money(pad: Scratchpad, returned: Return) -> bool:
    """Tell whether its outcome is a refund, not asked for yet."""
    return returned.outcome == "refund" and not returned.settled


def _for_goods(pad: Scratchpad, returned: Return) -> bool:
    """Tell whether its outcome is an exchange, not released yet."""
    return returned.outcome == "exchange" and not returned.settled


def _announce(pad: Scratchpad, returned: Return) -> None:
    order = pad.order
    skus = {line.line: line.sku for line in order.lines}
    parcel = [entry for entry in returned.lines if not _digital(order, entry.line)]
    lines = tuple(requests.AskedLine(entry.line, skus[entry.line], entry.quantity) for entry in parcel)
    _count_digital(pad, returned)
    expires_at = pad.arm(Deadline.RETURN, pad.policy.return_expiry, returned.code)
    announced = pad.id("announced", returned.code)
    pad.ask(requests.ReturnAnnounced(announced, returned.code, order.number, lines, expires_at))
    pad.emit(events.ReturnConfirmed(returned.code, returned.outcome))
    pad.email("rma", returned.code, rma_code=returned.code)
    if returned.outcome == "exchange":
        exchanges.open_for(pad, returned)


def _count_digital(pad: Scratchpad, returned: Return) -> None:
    """Count what never travels as received: a digital return has no receipt step (EP-40)."""
    counted = (
        changed(entry, received=entry.quantity) if _digital(pad.order, entry.line) else entry
        for entry in returned.lines
    )
    pad.put_return(changed(returned, lines=tuple(counted)))


def _as_received(pad: Scratchpad, returned: Return) -> None:
    pad.put_return(changed(returned, lines=tuple(changed(e, received=e.quantity) for e in returned.lines)))
    pad.emit(events.ReturnConfirmed(returned.code, returned.outcome))


def _pieces(
    order: Order, lines: tuple[ReturnedLine, ...] | tuple[facts.ReceivedLine, ...]
) -> tuple[events.Pieces, ...]:
    """Return these pieces with their articles; of lines that the order has (PEL-26)."""
    skus = {line.line: line.sku for line in order.lines}
    return tuple(
        events.Pieces(line=each.line, sku=skus[each.line], quantity=each.quantity)
        for each in lines
        if each.line in skus
    )


def _received(pad: Scratchpad, returned: Return) -> None:
    complete = returned.state is RECEIVED
    pad.emit(events.ReturnReceived(returned.code, complete, _pieces(pad.order, returned.receipts[-1].lines)))
    if complete:
        pad.disarm(Deadline.RETURN, returned.code)


def _excess(pad: Scratchpad, returned: Return) -> None:
    pad.alert("excess")


def _validated(pad: Scratchpad, returned: Return) -> None:
    pad.disarm(Deadline.RETURN, returned.code)
    pad.emit(events.ReturnValidated(returned.code))
    back = {line.line: _taken_back(pad.order, line.line) for line in pad.order.lines}
    pad.put_lines(
        tuple(
            changed(line, state=LineState.RETURNED) if line.quantity and back[line.line] >= line.quantity else line
            for line in pad.order.lines
        )
    )


def _taken_back(order: Order, number: int) -> int:
    validated = (returned for returned in order.returns if returned.state is VALIDATED)
    return sum(entry.received for returned in validated for entry in returned.lines if entry.line == number)


def _settled(pad: Scratchpad, returned: Return) -> None:
    pad.put_return(changed(returned, settled=True))


def _pay_back(pad: Scratchpad, returned: Return) -> None:
    refund_requests.for_return(pad, returned)


def _send_goods(pad: Scratchpad, returned: Return) -> None:
    exchange = exchanges.of(pad.order, returned.code)
    if exchange is not None:
        exchanges.MACHINE.take(pad, exchange, Step.RETURN_VALIDATED)


def _ended(pad: Scratchpad, returned: Return) -> None:
    pad.disarm(Deadline.RETURN, returned.code)
    pad.emit(events.ReturnEnded(returned.code, returned.state))
    if returned.state is REFUSED:
        pad.email("return_refused", returned.code, rma_code=returned.code)
    exchange = exchanges.of(pad.order, returned.code)
    if exchange is not None:
        exchanges.MACHINE.take(pad, exchange, Step.RETURN_ENDED)


RECEIPT: Final = (facts.ReturnReceived, facts.ReceiveReturn)
TABLE: Final[tuple[Transition[Return], ...]] = (
    row("R-02", DRAFT, facts.ConfirmReturn, AWAITING, when=_needs_receipt, then=_announce),
    row("R-03", DRAFT, facts.ConfirmReturn, VALIDATED, when=otherwise, then=(_as_received, _validated)),
    row("R-04", AWAITING, RECEIPT, RECEIVED, when=_complete, then=_received),
    row("R-04", AWAITING, RECEIPT, PARTLY, when=_some, then=_received),
    row("R-05", PARTLY, RECEIPT, RECEIVED, when=_complete, then=_received),
    row("R-05", PARTLY, RECEIPT, when=otherwise, then=_received),
    row("R-14", (AWAITING, PARTLY, RECEIVED, VALIDATED), Step.ASK, when=_too_many, then=_excess),
    row("R-06", RECEIVED, Step.AUTOMATIC, VALIDATED, when=_accepted, then=_validated),
    row("R-06", RECEIVED, facts.ValidateReturn, VALIDATED, then=_validated),
    row("R-07", VALIDATED, Step.AUTOMATIC, when=_for_money, then=(_settled, _pay_back)),
    row("R-08", VALIDATED, Step.AUTOMATIC, when=_for_goods, then=(_settled, _send_goods)),
    row("R-09", PARTLY, facts.CloseReturnShort, VALIDATED, then=_validated),
    row("R-10", (DRAFT, AWAITING), facts.CancelReturn, CANCELLED, then=_ended),
    row("R-11", RECEIVED, facts.RefuseReturn, REFUSED, then=_ended),
    row("R-12", AWAITING, Step.EXPIRE, EXPIRED, then=_ended),
)


def _put(pad: Scratchpad, returned: Return, state: StrEnum) -> None:
    pad.put_return(changed(returned, state=ReturnState(state)))


MACHINE: Final = Machine(
    "return",
    TABLE,
    ReturnState,
    begins=(DRAFT,),
    subjects=lambda pad: pad.order.returns,
    key=lambda returned: returned.code,
    state=lambda returned: returned.state,
    put=_put,
)


def is_open(returned: Return) -> bool:
    """Tell whether the return, or what its customer gets for it, is still to come."""
    return returned.state in OPEN or (returned.state is VALIDATED and not returned.settled)


def of(order: Order, code: str) -> Return | None:
    """Return the return of this RMA code."""
    return next((returned for returned in order.returns if returned.code == code), None)


def _sent(order: Order, number: int) -> bool:
    line = order.line(number)
    if line is not None and line.kind != "shippable":
        return order.state in (State.SENT, State.DELIVERED, State.COMPLETED)
    shipment = order.shipment_of(number)
    return shipment is not None and shipment.state in _OUT


def _never_sent(order: Order, number: int) -> bool:
    line = order.line(number)
    return order.state in ENDED or (line is not None and line.state is LineState.CANCELLED)


def returnable(order: Order, number: int) -> int:
    """Return how many pieces of a line may still come back."""
    line = order.line(number)
    if line is None:
        return 0
    out = 0
    for returned in order.returns:
        if returned.state not in _GONE:
            short = returned.state is VALIDATED
            out += sum(e.received if short else e.quantity for e in returned.lines if e.line == number)
    return line.quantity - out


def _objection(order: Order, lines: tuple[facts.ReturnLine, ...]) -> Refusal | None:
    """Return why these pieces can't come back, if so (R-01)."""
    wanted: dict[int, int] = {}
    for entry in lines:
        wanted[entry.line] = wanted.get(entry.line, 0) + entry.quantity
    for number, quantity in wanted.items():
        left = returnable(order, number)
        if order.line(number) is None:
            return Refusal("gate", f"the order has no line {number}", "look at the order's lines")
        if quantity > left:
            detail = f"line {number}: {quantity} pieces asked, {left} can still come back"
            return Refusal("amount_exceeds", detail, "return that many at most; pieces of an open return don't count")
    return None


def _over(pad: Scratchpad, lines: tuple[facts.ReturnLine, ...]) -> Refusal | None:
    """Return why a home trial can't be ended by a return any more, if so (PEL-21, A-37)."""
    order, at = pad.order, pad.received.appended_at
    on_trial = any(entry.reason == HOME_TRIAL for entry in lines)
    if not on_trial or order.delivered_at is None:
        return None
    end = calendar.end_of_trial(pad.policy, order.store, order.delivered_at)
    if at < end:
        return None
    return Refusal("gate", f"the home trial ended on {end:%Y-%m-%d %H:%M} UTC", "return it for another reason")


def _model(sku: str) -> str:
    """Return the model that a SKU names: all but the size after the last dash."""
    return sku.rsplit("-", 1)[0]


def _not_exchangeable(order: Order, lines: tuple[facts.ReturnLine, ...], scope: str) -> Refusal | None:
    """Return why these lines can't be exchanged, if so (A-14)."""
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


def requested(pad: Scratchpad, fact: facts.ReturnRequested) -> Answer:
    """Open and confirm a return asked for online (R-01, R-02); before the goods are sent it is early."""
    order, at = pad.order, pad.received.occurred_at
    if any(_same(returned, fact, at) for returned in order.returns):
        return Outcome.LATE
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
    digital = all(_digital(order, entry.line) for entry in fact.lines)
    returned = _open(pad, fact, "exchange" if outcome == "exchange" else "refund", not digital)
    MACHINE.take(pad, returned, facts.ConfirmReturn)
    return Outcome.APPLIED


def _same(returned: Return, fact: facts.ReturnRequested, at: object) -> bool:
    lines = tuple((entry.line, entry.quantity) for entry in returned.lines)
    return returned.requested_at == at and lines == tuple((entry.line, entry.quantity) for entry in fact.lines)


def _digital(order: Order, number: int) -> bool:
    line = order.line(number)
    return line is not None and line.kind != "shippable"


def create(pad: Scratchpad, fact: facts.CreateReturn) -> Answer:
    """Draft a return for a person (R-01)."""
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
    needed = fact.receipt_required and not all(_digital(order, entry.line) for entry in fact.lines)
    _open(pad, fact, fact.outcome, needed)
    return Outcome.APPLIED


def _open(pad: Scratchpad, fact: facts.CreateReturn | facts.ReturnRequested, outcome: str, receipt: bool) -> Return:
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
    )
    pad.put_return(returned)
    pad.rules.append("R-01")
    pad.refer("rma", "hub", code)
    pad.emit(events.ReturnDrafted(code, outcome, _pieces(pad.order, lines)))
    return returned


def received(pad: Scratchpad, fact: facts.ReturnReceived | facts.ReceiveReturn) -> Answer:
    """Count what has arrived (R-04, R-05, R-14); pieces of an ended return are unannounced ones (R-13)."""
    returned = of(pad.order, fact.rma_code)
    if returned is None or returned.state is DRAFT:
        if isinstance(fact, facts.ReceiveReturn):
            return Refusal("gate", f"return {fact.rma_code} doesn't wait for pieces", "confirm the return first")
        return Outcome.PARKED
    receipt = Receipt(pad.received.occurred_at, fact.lines)
    if receipt in returned.receipts:
        return _again(fact)
    if returned.state in _GONE:
        return _unannounced(pad)
    lines = _counted(returned, fact.lines) if returned.state in OPEN else returned.lines
    accepted = fact.validated if returned.state in OPEN else returned.accepted
    new = changed(returned, lines=lines, accepted=accepted, receipts=(*returned.receipts, receipt))
    pad.put_return(new)
    MACHINE.take(pad, new, type(fact))
    MACHINE.take(pad, MACHINE.current(pad, new.code), Step.ASK)
    return Outcome.APPLIED


def is_unannounced(order: Order, fact: facts.Fact) -> bool:
    """Tell whether a parcel comes under a code that this order, whose goods are out or which has ended, never gave.

    The warehouse learns a code only from the hub, so nothing is to be waited for (R-13).
    """
    if not isinstance(fact, facts.ReturnReceived) or of(order, fact.rma_code) is not None:
        return False
    return order.state in ENDED or any(each.state in _OUT for each in order.shipments)


def _again(fact: facts.ReturnReceived | facts.ReceiveReturn) -> Answer:
    if isinstance(fact, facts.ReceiveReturn):
        return Refusal("duplicate", "this parcel is received already", "look at the return as it stands")
    return Outcome.LATE


def _counted(returned: Return, arrived: tuple[facts.ReceivedLine, ...]) -> tuple[ReturnedLine, ...]:
    """Count what arrived to the entries of its line, in order: pieces of a line may come back for several reasons."""
    left: dict[int, int] = {}
    for each in arrived:
        left[each.line] = left.get(each.line, 0) + each.quantity
    counted = []
    for entry in returned.lines:
        taken = min(entry.quantity - entry.received, left.get(entry.line, 0))
        left[entry.line] = left.get(entry.line, 0) - taken
        counted.append(changed(entry, received=entry.received + taken))
    return tuple(counted)


def _unannounced(pad: Scratchpad) -> Answer:
    if any(alert.name == "unannounced_return" for alert in pad.order.alerts):
        return Outcome.APPLIED if isinstance(pad.received.fact, facts.Command) else Outcome.LATE
    pad.rules.append("R-13")
    pad.alert("unannounced_return")
    return Outcome.APPLIED


ReturnCommand = (
    facts.ConfirmReturn | facts.ValidateReturn | facts.CloseReturnShort | facts.CancelReturn | facts.RefuseReturn
)


def command(pad: Scratchpad, fact: ReturnCommand) -> Answer:
    """Confirm, accept, close short, cancel or refuse a return (R-02, R-03, R-06, R-09 to R-11)."""
    returned = of(pad.order, fact.rma_code)
    if isinstance(fact, facts.RefuseReturn) and not fact.reason:
        return Refusal("reason_required", "a refusal needs its reason", "say why the goods are not accepted")
    if returned is None or not MACHINE.take(pad, returned, type(fact)):
        state = "not known" if returned is None else str(returned.state)
        return Refusal("gate", f"return {fact.rma_code} is {state}: that can't be done now", _next(returned))
    return Outcome.APPLIED


def _next(returned: Return | None) -> str:
    """Return what may be done with a return instead."""
    return "look at the order's returns" if returned is None else _NEXT[returned.state]


def switch(pad: Scratchpad, fact: facts.SwitchReturnOutcome) -> Answer:
    """Turn an exchange that is still pending into a refund (X-07)."""
    returned = of(pad.order, fact.rma_code)
    if returned is None or returned.state not in OPEN or returned.outcome != "exchange" or fact.outcome != "refund":
        detail = f"return {fact.rma_code} has no pending exchange that could become a refund"
        return Refusal("gate", detail, _next(returned))
    exchange = exchanges.of(pad.order, fact.rma_code)
    pad.put_return(changed(returned, outcome="refund"))
    if exchange is not None:
        exchanges.MACHINE.take(pad, exchange, facts.SwitchReturnOutcome)
    return Outcome.APPLIED
