"""Returns: the return's table of transitions, and the messages that move it.

The guards and effects of `TABLE` are in `confirmation`, `receipts`, `inspection` and `settlement`.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from contracts.references import RMA, same
from domain.deciding.decision import Answer, Late, Outcome, Refusal, Why
from domain.deciding.machine import Machine
from domain.deciding.transitions import otherwise, row
from domain.deciding.values import changed
from domain.deciding.words import cover
from domain.orders import facts, pieces
from domain.orders.order import ENDED, RETURNS, SHIPMENTS, Order, Receipt, Return, ReturnState
from domain.orders.returns import confirmation, exchanges, inspection, receipts, settlement
from domain.orders.scratchpad import OrderPad, OrderTransition
from domain.orders.steps import Step

DRAFT: Final = ReturnState.DRAFT
AWAITING: Final = ReturnState.AWAITING_RECEIPT
PARTLY: Final = ReturnState.PARTIALLY_RECEIVED
RECEIVED: Final = ReturnState.RECEIVED
VALIDATED: Final = ReturnState.VALIDATED
CANCELLED: Final = ReturnState.CANCELLED
REFUSED: Final = ReturnState.REFUSED
EXPIRED: Final = ReturnState.EXPIRED
OPEN: Final = RETURNS["open"]
GONE: Final = pieces.GONE
OUT: Final = SHIPMENTS["out"]
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
_COUNTED: Final = Late(Why.REPEATED, "the receipt of this number is counted")
_ALERTED: Final = Late(Why.REPEATED, "the alert unannounced_return stands")
RECEIPT: Final = (facts.ReturnReceived, facts.ReceiveReturn)
WITHOUT_RECEIPT: Final = (confirmation.without_receipt, inspection.validate)

TABLE: Final[tuple[OrderTransition[Return], ...]] = (
    row("R-02", DRAFT, facts.ConfirmReturn, AWAITING, when=confirmation.needs_receipt, then=confirmation.announce),
    row("R-03", DRAFT, facts.ConfirmReturn, VALIDATED, when=otherwise, then=WITHOUT_RECEIPT),
    row("R-04", AWAITING, RECEIPT, RECEIVED, when=receipts.complete, then=receipts.publish),
    row("R-04", AWAITING, RECEIPT, PARTLY, when=receipts.some, then=receipts.publish),
    row("R-05", PARTLY, RECEIPT, RECEIVED, when=receipts.complete, then=receipts.publish),
    row("R-05", PARTLY, RECEIPT, when=otherwise, then=receipts.publish),
    row("R-14", RETURNS["counted"], Step.ASK, when=receipts.too_many, then=receipts.excess),
    row("R-06", RECEIVED, Step.AUTOMATIC, VALIDATED, when=inspection.accepted, then=inspection.validate),
    row("R-06", RECEIVED, facts.ValidateReturn, VALIDATED, then=inspection.validate),
    row("R-07", VALIDATED, Step.AUTOMATIC, when=settlement.for_money, then=(settlement.settle, settlement.refund)),
    row("R-08", VALIDATED, Step.AUTOMATIC, when=settlement.for_goods, then=(settlement.settle, settlement.exchange)),
    row("R-09", PARTLY, facts.CloseReturnShort, VALIDATED, then=inspection.validate),
    row("R-10", RETURNS["cancellable"], facts.CancelReturn, CANCELLED, then=settlement.end),
    row("R-11", RECEIVED, facts.RefuseReturn, REFUSED, then=settlement.end),
    row("R-12", AWAITING, Step.EXPIRE, EXPIRED, then=settlement.end),
)


def _put(pad: OrderPad, returned: Return, state: StrEnum) -> None:
    pad.put_return(changed(returned, state=ReturnState(state)))


MACHINE: Final = Machine(
    "return",
    TABLE,
    ReturnState,
    begins=(DRAFT,),
    ends=(VALIDATED, *GONE),
    subjects=lambda pad: pad.order.returns,
    key=lambda returned: returned.code,
    state=lambda returned: returned.state,
    put=_put,
)


def of(order: Order, code: str) -> Return | None:
    """Return the return with this RMA code."""
    return next((returned for returned in order.returns if same(RMA, returned.code, code)), None)


def is_open(returned: Return) -> bool:
    """Tell whether the return, or its refund or exchange, is still to come."""
    return returned.state in OPEN or (returned.state is VALIDATED and not returned.settled)


def received(pad: OrderPad, fact: facts.ReturnReceived | facts.ReceiveReturn) -> Answer:
    """Count the arrived pieces (R-04, R-05, R-14); those of an ended return are unannounced (R-13)."""
    returned = of(pad.order, fact.rma_code)
    if returned is None or returned.state is DRAFT:
        if isinstance(fact, facts.ReceiveReturn):
            return Refusal("gate", f"return {fact.rma_code} doesn't wait for pieces", "confirm the return first")
        return Outcome.PARKED
    known = _receipt_of(returned, fact.receipt_id)
    if known is not None:
        return _again(pad, fact, receipts.same(known.lines, fact.lines))
    receipt = Receipt(pad.received.occurred_at, fact.lines, fact.receipt_id)
    if returned.state in GONE:
        return _unannounced(pad)
    lines = receipts.count(returned, fact.lines) if returned.state in OPEN else returned.lines
    accepted = fact.validated if returned.state in OPEN else returned.accepted
    new = changed(returned, lines=lines, accepted=accepted, receipts=(*returned.receipts, receipt))
    pad.put_return(new)
    MACHINE.take(pad, new, type(fact))
    MACHINE.take(pad, MACHINE.current(pad, new.code), Step.ASK)
    return Outcome.APPLIED


def _receipt_of(returned: Return, number: str | None) -> Receipt | None:
    """Return the receipt of this number; one without a number is a parcel of its own (R-20)."""
    return None if number is None else next((each for each in returned.receipts if each.number == number), None)


def _again(pad: OrderPad, fact: facts.ReturnReceived | facts.ReceiveReturn, same: bool) -> Answer:
    """Count a receipt once; have a person look at one that names other pieces this time (R-20)."""
    if isinstance(fact, facts.ReceiveReturn):
        return Refusal("duplicate", f"receipt {fact.receipt_id} is counted already", "look at the return as it stands")
    return _COUNTED if same else pad.alert_once("receipt_differs", "R-20", fact.rma_code)


def is_unannounced(order: Order, fact: facts.Fact) -> bool:
    """Tell whether a parcel carries an RMA code that this order never gave out (R-13).

    The warehouse learns codes only from the hub. Once goods were sent or the order has ended, no code is under way.
    """
    if not isinstance(fact, facts.ReturnReceived) or of(order, fact.rma_code) is not None:
        return False
    return order.state in ENDED or any(each.state in OUT for each in order.shipments)


def _unannounced(pad: OrderPad) -> Answer:
    if pad.order.is_alerted("unannounced_return"):
        return Outcome.APPLIED if isinstance(pad.received.fact, facts.Command) else _ALERTED
    pad.rules.append("R-13")
    pad.alert("unannounced_return")
    return Outcome.APPLIED


ReturnCommand = (
    facts.ConfirmReturn | facts.ValidateReturn | facts.CloseReturnShort | facts.CancelReturn | facts.RefuseReturn
)


def command(pad: OrderPad, fact: ReturnCommand) -> Answer:
    """Confirm, validate, close short, cancel or refuse a return (R-02, R-03, R-06, R-09 to R-11)."""
    returned = of(pad.order, fact.rma_code)
    if isinstance(fact, facts.RefuseReturn) and not fact.reason:
        return Refusal("reason_required", "a refusal needs its reason", "say why the goods are not accepted")
    if returned is None or not MACHINE.take(pad, returned, type(fact)):
        state = "not known" if returned is None else str(returned.state)
        return Refusal("gate", f"return {fact.rma_code} is {state}: that can't be done now", _next(returned))
    return Outcome.APPLIED


def _next(returned: Return | None) -> str:
    """Return what can be done with a return instead."""
    return "look at the order's returns" if returned is None else _NEXT[returned.state]


def switch(pad: OrderPad, fact: facts.SwitchReturnOutcome) -> Answer:
    """Turn a pending exchange into a refund (X-07)."""
    returned = of(pad.order, fact.rma_code)
    if returned is None or returned.state not in OPEN or returned.outcome != "exchange" or fact.outcome != "refund":
        detail = f"return {fact.rma_code} has no pending exchange that could become a refund"
        return Refusal("gate", detail, _next(returned))
    exchange = exchanges.of(pad.order, returned.code)
    pad.put_return(changed(returned, outcome="refund"))
    if exchange is not None:
        exchanges.MACHINE.take(pad, exchange, facts.SwitchReturnOutcome)
    return Outcome.APPLIED
