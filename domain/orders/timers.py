"""Timers: what the order does when a deadline comes."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Late, Outcome, Why
from domain.deciding.values import changed
from domain.orders import facts, notices
from domain.orders.desk import locks
from domain.orders.goods import recalls
from domain.orders.money import ledger, payments, refunds, void
from domain.orders.order import ArmedTimer
from domain.orders.returns import returns
from domain.orders.scratchpad import LATE_SUFFIX, OrderPad
from domain.orders.steps import Step


def due(pad: OrderPad, fact: facts.TimerDue) -> Answer:
    """Act on a deadline that is still armed: take the step it stands for, or raise the alert of an owed answer."""
    if fact.kind in notices.RULES:
        return notices.noticed(pad, fact)
    timer = next((timer for timer in pad.order.timers if timer.id == fact.timer_id), None)
    if timer is None:
        return Late(Why.OVERTAKEN, "the order lists the deadline no more")
    if timer.fired:
        return Late(Why.REPEATED, "the deadline has gone off")
    step = _STEPS.get(timer.kind)
    if step is None or not step(pad, timer):
        _overdue(pad, timer)
    return Outcome.APPLIED


def _overdue(pad: OrderPad, timer: ArmedTimer) -> None:
    """Keep the deadline listed as fired until the answer comes, and say once that it is late."""
    fired = changed(timer, fired=True)
    timers = tuple(fired if other.id == timer.id else other for other in pad.order.timers)
    pad.order = changed(pad.order, timers=timers)
    if timer.kind == Deadline.PARKED and _holds_goods(pad, timer):
        pad.rules.append("R-13")
        pad.alert("unannounced_return")
    else:
        pad.alert(timer.kind + LATE_SUFFIX)


def _holds_goods(pad: OrderPad, timer: ArmedTimer) -> bool:
    parked = (p.received for p in pad.order.parked)
    return any(
        isinstance(early.fact, facts.ReturnReceived) and early.cause.source + " " + early.cause.id == timer.subject
        for early in parked
    )


def _gone(pad: OrderPad, timer: ArmedTimer) -> None:
    pad.order = changed(pad.order, timers=tuple(t for t in pad.order.timers if t.id != timer.id))


def _pay_again(pad: OrderPad, timer: ArmedTimer) -> bool:
    _gone(pad, timer)
    return payments.MACHINE.take(pad, pad.order.payment, Step.RETRY)


def _capture_again(pad: OrderPad, timer: ArmedTimer) -> bool:
    _gone(pad, timer)
    payments.MACHINE.take(pad, pad.order.payment, Step.CAPTURE_AGAIN)
    return True


def _void_again(pad: OrderPad, timer: ArmedTimer) -> bool:
    _gone(pad, timer)
    beside = ledger.other(pad.order.payment, timer.subject)
    if beside is not None and beside.held > 0:
        pad.rules.append("P-13")
        void.ask_beside(pad, beside)
    elif beside is None:
        payments.MACHINE.take(pad, pad.order.payment, Step.VOID_AGAIN)
    return True


def _renew(pad: OrderPad, timer: ArmedTimer) -> bool:
    _gone(pad, timer)
    payments.MACHINE.take(pad, pad.order.payment, Step.RENEW)
    return True


def _refund_again(pad: OrderPad, timer: ArmedTimer) -> bool:
    _gone(pad, timer)
    refund = next(refund for refund in pad.order.refunds if refund.id == timer.subject)
    return refunds.MACHINE.take(pad, refund, Step.RETRY)


def _close(pad: OrderPad, timer: ArmedTimer) -> bool:
    _gone(pad, timer)
    pad.order = changed(pad.order, closing=True)
    return True


def _expire(pad: OrderPad, timer: ArmedTimer) -> bool:
    returned = returns.of(pad.order, timer.subject)
    return returned is not None and returns.MACHINE.take(pad, returned, Step.EXPIRE)


def _cheque(pad: OrderPad, timer: ArmedTimer) -> bool:
    _gone(pad, timer)
    pad.tell(Step.CHEQUE_DUE)
    return True


def _follow_up(pad: OrderPad, timer: ArmedTimer) -> bool:
    pad.tell(Step.NO_ANSWER)
    fired = changed(timer, fired=True)
    pad.order = changed(pad.order, timers=tuple(fired if other.id == timer.id else other for other in pad.order.timers))
    return True


def _recall(pad: OrderPad, timer: ArmedTimer) -> bool:
    return recalls.unanswered(pad, timer.subject)


def _unlock(pad: OrderPad, timer: ArmedTimer) -> bool:
    _gone(pad, timer)
    locks.end(pad, "expired")
    return True


def _no_replacement(pad: OrderPad, timer: ArmedTimer) -> bool:
    _gone(pad, timer)
    pad.tell(Step.NO_REPLACEMENT)
    return True


_STEPS: Final[Mapping[str, Callable[[OrderPad, ArmedTimer], bool]]] = MappingProxyType(
    {
        Deadline.PAYMENT_RETRY: _pay_again,
        Deadline.CAPTURE_RETRY: _capture_again,
        Deadline.VOID_RETRY: _void_again,
        Deadline.RESERVATION: _renew,
        Deadline.REFUND_RETRY: _refund_again,
        Deadline.CLOSING: _close,
        Deadline.RETURN: _expire,
        Deadline.CHEQUE: _cheque,
        Deadline.FOLLOW_UP: _follow_up,
        Deadline.RECALL: _recall,
        Deadline.LOCK: _unlock,
        Deadline.REPLACEMENT: _no_replacement,
    }
)
"""Deadlines that stand for a step of the hub; every other one is an answer that somebody owes."""
