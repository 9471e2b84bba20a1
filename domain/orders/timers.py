"""Timers: what the order does when a deadline comes."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome
from domain.deciding.scratchpad import LATE_SUFFIX, Draft
from domain.deciding.transitions import Step
from domain.deciding.values import changed
from domain.orders import facts
from domain.orders.desk import locks
from domain.orders.goods import recalls
from domain.orders.money import payments, refunds
from domain.orders.order import Armed
from domain.orders.returns import returns


def due(draft: Draft, fact: facts.TimerDue) -> Answer:
    """Act on a deadline that is still armed: take the step it stands for, or raise the alert of an owed answer."""
    timer = next((timer for timer in draft.order.timers if timer.id == fact.timer_id), None)
    if timer is None or timer.fired:
        return Outcome.LATE
    step = _STEPS.get(timer.kind)
    if step is None or not step(draft, timer):
        _overdue(draft, timer)
    return Outcome.APPLIED


def _overdue(draft: Draft, timer: Armed) -> None:
    """Keep the deadline listed as fired until the answer comes, and say once that it is late."""
    fired = changed(timer, fired=True)
    timers = tuple(fired if other.id == timer.id else other for other in draft.order.timers)
    draft.order = changed(draft.order, timers=timers)
    if timer.kind == Deadline.PARKED and _holds_goods(draft, timer):
        draft.rules.append("R-13")
        draft.alert("unannounced_return")
    else:
        draft.alert(timer.kind + LATE_SUFFIX)


def _holds_goods(draft: Draft, timer: Armed) -> bool:
    parked = (p.received for p in draft.order.parked)
    return any(
        isinstance(early.fact, facts.ReturnReceived) and early.cause.source + " " + early.cause.id == timer.subject
        for early in parked
    )


def _gone(draft: Draft, timer: Armed) -> None:
    draft.order = changed(draft.order, timers=tuple(t for t in draft.order.timers if t.id != timer.id))


def _pay_again(draft: Draft, timer: Armed) -> bool:
    _gone(draft, timer)
    return payments.MACHINE.take(draft, draft.order.payment, Step.RETRY)


def _refund_again(draft: Draft, timer: Armed) -> bool:
    _gone(draft, timer)
    refund = next(refund for refund in draft.order.refunds if refund.id == timer.subject)
    return refunds.MACHINE.take(draft, refund, Step.RETRY)


def _close(draft: Draft, timer: Armed) -> bool:
    _gone(draft, timer)
    draft.order = changed(draft.order, closing=True)
    return True


def _expire(draft: Draft, timer: Armed) -> bool:
    returned = returns.of(draft.order, timer.subject)
    return returned is not None and returns.MACHINE.take(draft, returned, Step.EXPIRE)


def _cheque(draft: Draft, timer: Armed) -> bool:
    _gone(draft, timer)
    draft.tell(Step.CHEQUE_DUE)
    return True


def _follow_up(draft: Draft, timer: Armed) -> bool:
    draft.tell(Step.NO_ANSWER)
    fired = changed(timer, fired=True)
    draft.order = changed(
        draft.order, timers=tuple(fired if other.id == timer.id else other for other in draft.order.timers)
    )
    return True


def _recall(draft: Draft, timer: Armed) -> bool:
    return recalls.unanswered(draft, timer.subject)


def _unlock(draft: Draft, timer: Armed) -> bool:
    _gone(draft, timer)
    locks.end(draft, "expired")
    return True


def _no_replacement(draft: Draft, timer: Armed) -> bool:
    _gone(draft, timer)
    draft.tell(Step.NO_REPLACEMENT)
    return True


_STEPS: Final[Mapping[str, Callable[[Draft, Armed], bool]]] = MappingProxyType(
    {
        Deadline.PAYMENT_RETRY: _pay_again,
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
