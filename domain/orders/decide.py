"""Deciding: what one fact does to one order, and which parked facts it lets go."""

from datetime import timedelta
from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Decision, Known, Late, Outcome, Refusal, Why, unchanged
from domain.deciding.received import Received
from domain.deciding.values import changed
from domain.orders import commands, facts, lifecycle, objections
from domain.orders.commanding import Lock
from domain.orders.desk import locks
from domain.orders.events import CommandAccepted, CommandRejected
from domain.orders.order import Order, ParkedFact
from domain.orders.returns import replacements, returns
from domain.orders.rules import RULES
from domain.orders.scratchpad import OrderPad

_NOTHING_NEW: Final = Late(Why.REPEATED, "the order has all of it")
_BEGIN: Final = (facts.OrderPlaced, facts.OpenExchange, facts.OpenZeroOrder)


def decide(order: Order, received: Received, known: Known) -> Decision[Order]:
    """Return what a fact does to an order; deciding it a second time changes nothing."""
    pad = OrderPad(order, received, known.policy)
    answer = _answer(pad)
    if answer is Outcome.PARKED:
        return _park(order, received, known)
    if isinstance(answer, Late):
        return unchanged(received, order, answer)
    if isinstance(answer, Refusal):
        return _refuse(order, received, answer)
    pad.tell(type(received.fact))
    lifecycle.settle(pad)
    replacements.tell_removed(pad, order)
    if order.state is None and pad.order.state is not None:
        _wait_longer(pad)
    commanded = isinstance(received.fact, facts.Command)
    if pad.order is order and not (pad.events or pad.to_others or commanded):
        return unchanged(received, order, _NOTHING_NEW)
    if isinstance(received.fact, facts.Command):
        if commands.BY_KIND[type(received.fact)].access.lock is Lock.SAVES:
            locks.saved(pad)
        pad.emit(CommandAccepted(received.cause.id, received.cause.source))
    return pad.applied(changed(pad.order, version=order.version + 1, as_of=pad.now))


def _wait_longer(pad: OrderPad) -> None:
    """Give facts that came before their order the time that those of a known one have."""
    for parked in pad.order.parked:
        pad.arm(Deadline.PARKED, pad.policy.parked, _subject(parked.received))


def _answer(pad: OrderPad) -> Answer:
    fact = pad.received.fact
    if isinstance(fact, facts.Command):
        refusal = objections.objection(pad.order, pad.received, fact)
        if refusal is not None:
            return refusal
    elif pad.order.state is None and not isinstance(fact, (*_BEGIN, facts.TimerDue)):
        return Outcome.PARKED
    return RULES[type(fact)](pad, fact)


def _refuse(order: Order, received: Received, refusal: Refusal) -> Decision[Order]:
    cause = received.cause
    event = CommandRejected(cause.id, cause.source, refusal.code, refusal.detail, refusal.hint)
    return Decision(received, order, Outcome.REFUSED, events=(event,), refusal=refusal)


def _subject(received: Received) -> str:
    return f"{received.cause.source} {received.cause.id}"


def _park(order: Order, received: Received, known: Known) -> Decision[Order]:
    """Keep an early fact with its order, under a deadline (2.5: applied with its predecessor)."""
    pad = OrderPad(changed(order, parked=(*order.parked, ParkedFact(received))), received, known.policy)
    at_once = returns.is_unannounced(order, received.fact)
    wait = known.policy.parked if order.state is not None else min(known.policy.unknown, known.policy.parked)
    pad.arm(Deadline.PARKED, timedelta() if at_once else wait, _subject(received))
    return Decision(received, pad.order, Outcome.PARKED, armed=tuple(pad.armed))


def receive(order: Order, received: Received, known: Known) -> tuple[Decision[Order], ...]:
    """Return the decision on a fact, then those on the parked facts that it let go, in the order they were parked."""
    first = decide(order, received, known)
    if first.outcome is not Outcome.APPLIED or not first.after.parked:
        return (first,)
    decisions, start = [first], 0
    while (found := _release(decisions[-1].after, known, start)) is not None:
        start, released = found
        decisions.append(released)
        if released.outcome is Outcome.APPLIED:
            start = 0  # what was early before may not be so any more; a late fact changes nothing for the others
    return tuple(decisions)


def _release(order: Order, known: Known, start: int) -> tuple[int, Decision[Order]] | None:
    """Decide the first parked fact from `start` on that is not early any more, and tell which one it was."""
    if order.state is None:
        return None
    for number, parked in enumerate(order.parked[start:], start):
        unparked = OrderPad(_without(order, parked), parked.received, known.policy)
        unparked.disarm(Deadline.PARKED, _subject(parked.received))
        if isinstance(parked.received.fact, facts.ReturnReceived) and not _holds_goods(unparked.order):
            unparked.clear("unannounced_return")
        decision = decide(unparked.order, parked.received, known)
        if decision.outcome is not Outcome.PARKED:
            return number, changed(
                decision,
                released=True,
                events=(*unparked.events, *decision.events),
                disarmed=(*unparked.disarmed, *decision.disarmed),
            )
    return None


def _holds_goods(order: Order) -> bool:
    """Tell whether a parcel waits here for a return that nobody knows."""
    return any(isinstance(each.received.fact, facts.ReturnReceived) for each in order.parked)


def _without(order: Order, parked: ParkedFact) -> Order:
    return changed(order, parked=tuple(other for other in order.parked if other is not parked))
