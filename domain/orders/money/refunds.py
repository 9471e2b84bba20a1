"""Refunds: the refund's table of transitions, and the messages that move it.

The guards and effects of `TABLE` are in `refund_approval` and `payout`.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from contracts import commands as desk
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.machine import Machine
from domain.deciding.transitions import otherwise, row
from domain.deciding.values import changed
from domain.deciding.words import cover
from domain.orders import facts
from domain.orders.money import payout, refund_approval
from domain.orders.order import REFUNDS, Refund, RefundState
from domain.orders.scratchpad import OrderPad, OrderTransition
from domain.orders.steps import Step

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
PAID_UNASKED: Final = (refund_approval.overtaken, payout.execute)
APPROVE_AND_PAY: Final = (refund_approval.approve, payout.pay)

TABLE: Final[tuple[OrderTransition[Refund], ...]] = (
    row("F-04", REQUESTED, facts.ApproveRefund, APPROVED, then=APPROVE_AND_PAY),
    row("P-13", REQUESTED, Step.AUTOMATIC, CANCELLED, when=refund_approval.groundless, then=refund_approval.cancel),
    row("F-05", REQUESTED, Step.AUTOMATIC, APPROVED, when=refund_approval.by_itself, then=APPROVE_AND_PAY),
    row("F-11", REQUESTED, Step.AUTOMATIC, APPROVED, when=refund_approval.after_cancellation, then=APPROVE_AND_PAY),
    row("F-06", REQUESTED, (facts.CancelRefund, Step.CANCEL), CANCELLED, then=refund_approval.cancel),
    row("F-07", REFUNDS["payable"], facts.RefundExecuted, EXECUTED, then=payout.execute),
    row("F-21", REFUNDS["unapproved"], facts.RefundExecuted, EXECUTED, then=PAID_UNASKED),
    row("F-08", APPROVED, desk.RefundDone, EXECUTED, when=payout.manual, then=payout.execute),
    row("F-10", FAILED, desk.RetenderRefund, APPROVED, then=(payout.retender, refund_approval.approve, payout.pay)),
    row("F-09", APPROVED, facts.RefundFailed, when=payout.tries_left, then=payout.retry),
    row("F-09", APPROVED, facts.RefundFailed, FAILED, when=otherwise, then=payout.fail),
    row("F-20", APPROVED, Step.RETRY, when=payout.waits, then=payout.wait),
    row("F-09", APPROVED, Step.RETRY, when=otherwise, then=payout.ask),
    row("F-09", EXECUTED, facts.RefundReversed, FAILED, then=(payout.come_back, payout.fail)),
    row("F-22", EXECUTED, facts.RefundFailed, FAILED, then=(payout.come_back, payout.fail)),
)


def _put(pad: OrderPad, refund: Refund, state: StrEnum) -> None:
    pad.put_refund(changed(refund, state=RefundState(state)))


MACHINE: Final = Machine(
    "refund",
    TABLE,
    RefundState,
    begins=(REQUESTED,),
    ends=REFUNDS["settled"],
    subjects=lambda pad: pad.order.refunds,
    key=lambda refund: refund.id,
    state=lambda refund: refund.state,
    put=_put,
)


def command(pad: OrderPad, fact: facts.ApproveRefund | facts.CancelRefund) -> Answer:
    """Approve or cancel a requested refund (F-04, F-06)."""
    refund = next((refund for refund in pad.order.refunds if refund.id == fact.refund_id), None)
    if refund is None or refund.state is not REQUESTED:
        state = "not known" if refund is None else str(refund.state)
        detail = f"refund {fact.refund_id} is {state}; only a requested one can be approved or cancelled"
        return Refusal("gate", detail, _next(refund))
    objection = refund_approval.objection(pad, refund) if isinstance(fact, facts.ApproveRefund) else None
    if objection is not None:
        return objection
    MACHINE.take(pad, refund, type(fact))
    return Outcome.APPLIED


def paid_out(pad: OrderPad, fact: desk.RefundDone | desk.RetenderRefund) -> Answer:
    """Record a payout by hand (F-08), or pay a failed refund by another tender (F-10)."""
    refund = next((refund for refund in pad.order.refunds if refund.id == fact.refund_id), None)
    if isinstance(fact, desk.RetenderRefund) and not fact.reason:
        return Refusal("reason_required", "another way to pay needs its reason", "say why the first one failed")
    if refund is None or not MACHINE.take(pad, refund, type(fact)):
        state = "not known" if refund is None else f"{refund.state}, to be paid {refund.tender}"
        return Refusal("gate", f"refund {fact.refund_id} is {state}: that can't be done now", _next(refund))
    return Outcome.APPLIED


def _next(refund: Refund | None) -> str:
    """Return what can be done with a refund instead."""
    if refund is None:
        return "look at the order's refunds"
    if refund.state is APPROVED and refund.tender == "manual":
        return "pay it out, then refund.manual_done"
    return _NEXT[refund.state]
