"""Refunds: money back for returned goods or a cancelled order; suggested, approved, asked once and tried again.

The guards and effects of `TABLE` stand above it, the rules that messages meet below.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.identity import derive
from domain.deciding.machine import Machine
from domain.deciding.money import next_share
from domain.deciding.scratchpad import Scratchpad
from domain.deciding.transitions import Step, Transition, otherwise, row
from domain.deciding.values import changed
from domain.deciding.words import cover
from domain.orders import desk_facts as desk
from domain.orders import events, facts, requests
from domain.orders.order import Order, PaymentState, Refund, RefundState, Return

MANUAL: Final = "manual"
REQUESTED: Final = RefundState.REQUESTED
APPROVED: Final = RefundState.APPROVED
EXECUTED: Final = RefundState.EXECUTED
FAILED: Final = RefundState.FAILED
CANCELLED: Final = RefundState.CANCELLED
_NEXT: Final = MappingProxyType(
    {
        REQUESTED: "decide on it: refund.approve or refund.cancel",
        APPROVED: "wait for the payment service",
        EXECUTED: "it is paid out; ask for another one: refund.request",
        FAILED: "pay it out in another way: refund.retender",
        CANCELLED: "ask for another one: refund.request",
    }
)
cover(RefundState, _NEXT, f"{__name__}._NEXT", "say what may be done with a refund that is so")


def attempt_id(order_id: str, refund_id: str, attempt: int) -> str:
    """Return the id of the request of this attempt, the idempotency key of its money."""
    return derive(order_id, "refund-attempt", refund_id, attempt)


def taken(order: Order) -> bool:
    """Tell whether the order's money is taken."""
    return order.payment.state is PaymentState.CAPTURED


def _by_itself(pad: Scratchpad, refund: Refund) -> bool:
    """Tell whether it is for a validated return: all that was suggested, under the cap; the money is taken and left."""
    policy = pad.policy
    small = refund.origin == "rma" and refund.tender == "original" and refund.amount <= policy.refund_cap
    as_suggested = not refund.capped and refund.amount <= left_for(pad.order, refund)
    return policy.refund_automatic and small and as_suggested and taken(pad.order)


def _after_cancellation(pad: Scratchpad, refund: Refund) -> bool:
    """Tell whether the order was cancelled after its money was taken, not for fraud."""
    return refund.origin == "cancellation" and refund.reason != "fraud_proven" and taken(pad.order)


def _tries_left(pad: Scratchpad, refund: Refund) -> bool:
    """Tell whether a try is left."""
    fact = pad.received.fact
    retryable = isinstance(fact, facts.RefundFailed) and fact.retryable
    return retryable and refund.attempt < pad.policy.refund_attempts


def _approve(pad: Scratchpad, refund: Refund) -> None:
    pad.emit(events.RefundApproved(refund.id, pad.money(refund.amount), refund.tender))
    pad.disarm(Deadline.APPROVAL, refund.id)


def _pay(pad: Scratchpad, refund: Refund) -> None:
    """Have the money paid back: by the payment service, or by hand (F-08)."""
    if refund.tender == MANUAL:
        pad.arm(Deadline.MANUAL_REFUND, pad.policy.approval, refund.id)
    else:
        _ask(pad, refund)


def _ask(pad: Scratchpad, refund: Refund) -> None:
    payment_id = pad.order.payment.payment_id
    assert payment_id is not None
    attempt = refund.attempt + 1
    pad.put_refund(changed(refund, attempt=attempt))
    pad.ask(
        requests.RefundRequested(
            request_id=attempt_id(pad.order.id, refund.id, attempt),
            refund_id=refund.id,
            payment_id=payment_id,
            amount=pad.money(refund.amount),
            reason=refund.reason,
            tender=refund.tender,
            attempt=attempt,
        )
    )
    pad.arm(Deadline.REFUND, pad.policy.refund_answer, refund.id)


def _execute(pad: Scratchpad, refund: Refund) -> None:
    pad.disarm(Deadline.REFUND, refund.id)
    pad.disarm(Deadline.REFUND_RETRY, refund.id)
    pad.disarm(Deadline.RETENDER, refund.id)
    pad.disarm(Deadline.MANUAL_REFUND, refund.id)
    pad.clear("refund_failed", "amount_mismatch")
    pad.emit(events.RefundExecuted(refund.id, pad.money(refund.amount)))
    again = "" if refund.reversed_at is None else f" {refund.reversed_at.isoformat()}"
    pad.email("refund", refund.id + again, rma_code=refund.rma_code, refund_id=refund.id)


def _retry(pad: Scratchpad, refund: Refund) -> None:
    pad.put_refund(changed(refund, failed_attempt=refund.attempt))
    pad.disarm(Deadline.REFUND, refund.id)
    pad.arm(Deadline.REFUND_RETRY, pad.policy.refund_retry * 2 ** (refund.attempt - 1), refund.id)


def _fail(pad: Scratchpad, refund: Refund) -> None:
    pad.disarm(Deadline.REFUND, refund.id)
    pad.arm(Deadline.RETENDER, pad.policy.approval, refund.id)
    pad.emit(events.RefundFailed(refund.id, pad.reason or "declined"))
    pad.alert("refund_failed")


def _not_back(pad: Scratchpad, refund: Refund) -> bool:
    """Tell whether its money did not come back."""
    return not refund.came_back


def _come_back(pad: Scratchpad, refund: Refund) -> None:
    at = pad.received.occurred_at
    pad.put_refund(changed(refund, came_back=True, reversed_at=at, spent=refund.attempt))


def _cancel(pad: Scratchpad, refund: Refund) -> None:
    pad.disarm(Deadline.APPROVAL, refund.id)
    pad.emit(events.RefundCancelled(refund.id))


def _manual(pad: Scratchpad, refund: Refund) -> bool:
    """Tell whether it is paid out by hand."""
    return refund.tender == MANUAL


def _retender(pad: Scratchpad, refund: Refund) -> None:
    fact = pad.received.fact
    assert isinstance(fact, desk.RetenderRefund)
    tender = fact.tender if pad.order.payment.payment_id else MANUAL  # nothing else knows where the money came from
    pad.put_refund(changed(refund, tender=tender, came_back=False))
    pad.disarm(Deadline.RETENDER, refund.id)
    pad.clear("refund_failed")


TABLE: Final[tuple[Transition[Refund], ...]] = (
    row("F-04", REQUESTED, facts.ApproveRefund, APPROVED, then=(_approve, _pay)),
    row("F-05", REQUESTED, Step.AUTOMATIC, APPROVED, when=_by_itself, then=(_approve, _pay)),
    row("F-11", REQUESTED, Step.AUTOMATIC, APPROVED, when=_after_cancellation, then=(_approve, _pay)),
    row("F-06", REQUESTED, (facts.CancelRefund, Step.CANCEL), CANCELLED, then=_cancel),
    row("F-07", (APPROVED, FAILED), facts.RefundExecuted, EXECUTED, when=_not_back, then=_execute),
    row("F-08", APPROVED, desk.RefundDone, EXECUTED, when=_manual, then=_execute),
    row("F-10", FAILED, desk.RetenderRefund, APPROVED, then=(_retender, _approve, _pay)),
    row("F-09", APPROVED, facts.RefundFailed, when=_tries_left, then=_retry),
    row("F-09", APPROVED, facts.RefundFailed, FAILED, when=otherwise, then=_fail),
    row("F-09", APPROVED, Step.RETRY, then=_ask),
    row("F-09", EXECUTED, facts.RefundReversed, FAILED, then=(_come_back, _fail)),
)


def _put(pad: Scratchpad, refund: Refund, state: StrEnum) -> None:
    pad.put_refund(changed(refund, state=RefundState(state)))


MACHINE: Final = Machine(
    "refund",
    TABLE,
    RefundState,
    begins=(REQUESTED,),
    subjects=lambda pad: pad.order.refunds,
    key=lambda refund: refund.id,
    state=lambda refund: refund.state,
    put=_put,
)


def promised(order: Order) -> int:
    """Return what is or will be given back, in minor units."""
    return sum(refund.amount for refund in order.refunds if refund.state is not CANCELLED)


def left_for(order: Order, refund: Refund) -> int:
    """Return what of the money taken is not given back by other refunds that were approved, in minor units."""
    others = (each for each in order.refunds if each.id != refund.id and each.state not in (REQUESTED, CANCELLED))
    return order.payment.captured - sum(each.amount for each in others)


def _to_give(order: Order) -> int:
    """Return the money that is taken, or will be: until then that is the total as far as it is reserved."""
    payment = order.payment
    return payment.captured if taken(order) else min(order.total, payment.authorised - payment.voided)


def fee_share(order: Order, goods: int) -> int:
    """Return the share of the shipping fee that goes with these shipped goods; the last takes the remainder (A-20)."""
    whole = sum(line.price for line in order.lines if line.kind == "shippable")
    before = sum(refund.fee_goods for refund in order.refunds if refund.state is not CANCELLED)
    return next_share(order.shipping_fee, before, goods, whole)


def _suggested(order: Order, returned: Return) -> tuple[int, int]:
    """Return the amount for what has come back, and the value of its goods with a fee share (F-03, A-20)."""
    received: dict[int, int] = {}
    for entry in returned.lines:
        received[entry.line] = received.get(entry.line, 0) + entry.received
    worth = {number: _goods(order, returned, number, pieces) for number, pieces in received.items()}
    goods = sum(worth.values())
    if not returned.refund_shipping:
        return goods, 0
    shipped = shipped_worth(order, worth)
    return goods + fee_share(order, shipped), shipped


def shipped_worth(order: Order, worth: Mapping[int, int]) -> int:
    """Return what the goods that travelled are worth, by the worth of each line: only they bear the fee (A-20)."""
    travelled = {line.line for line in order.lines if line.kind == "shippable"}
    return sum(amount for number, amount in worth.items() if number in travelled)


def _goods(order: Order, returned: Return, number: int, pieces: int) -> int:
    line = order.line(number)
    if line is None:
        return 0
    before = paid_back(order, number, but=returned.code)
    return next_share(line.price, before, min(pieces, max(0, line.quantity - before)), line.quantity)


def paid_back(order: Order, number: int, but: str = "") -> int:
    """Return how many pieces of a line were paid back, with or without a return: shares count from there (A-20)."""
    codes = {refund.rma_code for refund in order.refunds if refund.state is not CANCELLED} - {but}
    returned = (entry for each in order.returns if each.code in codes for entry in each.lines)
    return credited(order, number) + sum(entry.received for entry in returned if entry.line == number)


def credited(order: Order, number: int) -> int:
    """Return how many pieces of a line were paid back without a return (F-01)."""
    live = (refund for refund in order.refunds if refund.state is not CANCELLED)
    return sum(entry.quantity for refund in live for entry in refund.pieces if entry.line == number)


def for_return(pad: Scratchpad, returned: Return) -> None:
    """Request the refund of what has come back, never more than is left of the money (F-03)."""
    order = pad.order
    suggested, fee_goods = _suggested(order, returned)
    amount = min(suggested, _to_give(order) - promised(order))
    if amount <= 0:
        pad.alert("nothing_to_refund")
        return
    refund = Refund(
        pad.id("refund", returned.code),
        amount,
        "rma",
        rma_code=returned.code,
        tender=tender_of(order),
        fee_goods=fee_goods,
        capped=amount < suggested,
    )
    request(pad, refund, "F-03")


def tender_of(order: Order) -> str:
    """Return where money goes back to: to where it came from, by hand where that was a cheque (F-11, EP-47)."""
    return MANUAL if order.payment_method == "cheque" else "original"


def for_cancellation(pad: Scratchpad, order: Order) -> None:
    """Request the whole of the money back when it was already taken, in place of what waits for a yes (F-11)."""
    for refund in order.refunds:
        MACHINE.take(pad, refund, Step.CANCEL)
    amount = order.payment.captured - promised(pad.order)
    if amount > 0:
        name, reason = pad.id("refund", "cancellation"), order.cancelled_for or "cancelled"
        refund = Refund(name, amount, "cancellation", reason=reason, tender=tender_of(order))
        request(pad, refund, "F-11")


def for_reduction(pad: Scratchpad, order: Order) -> None:
    """Request back what a taken amount is too much by, after the order became cheaper (O-26)."""
    captured = order.payment.captured
    amount = min(captured - order.total - _reduced(order), captured - promised(order))
    if amount > 0:
        name = pad.id("refund", "reduction", order.version + 1)
        request(pad, Refund(name, amount, "reduction", reason="reduction", tender=tender_of(order)), "O-26")


def _reduced(order: Order) -> int:
    """Return what goes back for a lower price already; goodwill and returned goods are other money."""
    reductions = (each for each in order.refunds if each.origin == "reduction" and each.state is not CANCELLED)
    return sum(each.amount for each in reductions)


def request(pad: Scratchpad, refund: Refund, rule: str) -> None:
    """Note a refund as asked for, and give a person the time to approve it."""
    pad.put_refund(refund)
    pad.rules.append(rule)
    amount = pad.money(refund.amount)
    pad.emit(events.RefundRequested(refund.id, amount, refund.origin, refund.rma_code, refund.tender))
    pad.arm(Deadline.APPROVAL, pad.policy.approval, refund.id)


def _stance(pad: Scratchpad, refund_id: str, request_id: str) -> tuple[Refund | None, Outcome]:
    """Say whether this attempt was asked (applied), not yet (parked), or is not ours (late)."""
    order = pad.order
    refund = next((refund for refund in order.refunds if refund.id == refund_id), None)
    if refund is None or refund.state is REQUESTED:
        return refund, Outcome.PARKED
    for attempt in range(1, max(pad.policy.refund_attempts, refund.attempt) + 1):
        if request_id == attempt_id(order.id, refund_id, attempt):
            return refund, Outcome.APPLIED if attempt <= refund.attempt else Outcome.PARKED
    return refund, Outcome.LATE


def executed(pad: Scratchpad, fact: facts.RefundExecuted) -> Answer:
    """Note that the customer has the money back (F-07)."""
    refund, outcome = _stance(pad, fact.refund_id, fact.request_id)
    if refund is None or outcome is not Outcome.APPLIED:
        return outcome
    if fact.request_id in (attempt_id(pad.order.id, refund.id, spent) for spent in range(1, refund.spent + 1)):
        return Outcome.LATE  # what this attempt paid out came back since
    if fact.amount != pad.money(refund.amount) and MACHINE.find(pad, refund, facts.RefundExecuted):
        return pad.mismatch("F-07")
    return Outcome.APPLIED if MACHINE.take(pad, refund, facts.RefundExecuted) else Outcome.LATE


def failed(pad: Scratchpad, fact: facts.RefundFailed) -> Answer:
    """Try again later, or give up and raise an alert (F-09)."""
    refund, outcome = _stance(pad, fact.refund_id, fact.request_id)
    if refund is None or outcome is not Outcome.APPLIED:
        return outcome
    current = fact.request_id == attempt_id(pad.order.id, refund.id, refund.attempt)
    if not current or refund.failed_attempt == refund.attempt:
        return Outcome.LATE
    return Outcome.APPLIED if MACHINE.take(pad, refund, facts.RefundFailed) else Outcome.LATE


def reversed_(pad: Scratchpad, fact: facts.RefundReversed) -> Answer:
    """Note that the money of a refund came back to the shop: a person has to see to it."""
    refund = next((refund for refund in pad.order.refunds if refund.id == fact.refund_id), None)
    if refund is not None and refund.reversed_at is not None and pad.received.occurred_at <= refund.reversed_at:
        return Outcome.LATE
    if refund is None or refund.state in (REQUESTED, APPROVED):
        return Outcome.PARKED
    return Outcome.APPLIED if MACHINE.take(pad, refund, facts.RefundReversed) else Outcome.LATE


def paid_out(pad: Scratchpad, fact: desk.RefundDone | desk.RetenderRefund) -> Answer:
    """Note a manual refund as paid out (F-08), or pay a failed one out in another way (F-10)."""
    refund = next((refund for refund in pad.order.refunds if refund.id == fact.refund_id), None)
    if isinstance(fact, desk.RetenderRefund) and not fact.reason:
        return Refusal("reason_required", "another way to pay needs its reason", "say why the first one failed")
    if refund is None or not MACHINE.take(pad, refund, type(fact)):
        state = "not known" if refund is None else f"{refund.state}, to be paid {refund.tender}"
        return Refusal("gate", f"refund {fact.refund_id} is {state}: that can't be done now", _next(refund))
    return Outcome.APPLIED


def _next(refund: Refund | None) -> str:
    """Return what may be done with a refund instead."""
    if refund is None:
        return "look at the order's refunds"
    if refund.state is APPROVED and refund.tender == "manual":
        return "pay it out, then refund.manual_done"
    return _NEXT[refund.state]


def _same_person(pad: Scratchpad, refund: Refund) -> bool:
    actor = pad.received.actor
    return pad.policy.two_persons and actor is not None and actor.name == refund.requested_by


def command(pad: Scratchpad, fact: facts.ApproveRefund | facts.CancelRefund) -> Answer:
    """Approve or cancel a requested refund by hand (F-04, F-06)."""
    refund = next((refund for refund in pad.order.refunds if refund.id == fact.refund_id), None)
    if refund is None or refund.state is not REQUESTED:
        state = "not known" if refund is None else str(refund.state)
        detail = f"refund {fact.refund_id} is {state}; only a requested one can be approved or cancelled"
        return Refusal("gate", detail, _next(refund))
    if isinstance(fact, facts.ApproveRefund) and not taken(pad.order):
        return Refusal("gate", "the money of the order isn't taken yet", "approve the refund once it is")
    if isinstance(fact, facts.ApproveRefund) and refund.amount > left_for(pad.order, refund):
        left = left_for(pad.order, refund)
        return Refusal(
            "amount_exceeds", f"{left} of the money taken is left", "cancel the refund, ask for a smaller one"
        )
    if isinstance(fact, facts.ApproveRefund) and _same_person(pad, refund):
        return Refusal("scope", "who asked for a refund can't approve it", "have somebody else approve it")
    MACHINE.take(pad, refund, type(fact))
    return Outcome.APPLIED
