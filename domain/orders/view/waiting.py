"""Waiting: which messages an order still needs, from whom, since when and until when."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from domain.deciding.deadlines import OWED, Deadline
from domain.deciding.values import Value
from domain.deciding.words import cover
from domain.orders import holds
from domain.orders.closing import UNSETTLED, nothing_open, unpaid
from domain.orders.order import ORDERS, ArmedTimer, Order, PaymentState, ReturnState, State

_FINAL: Final = ORDERS["over"]
_IN_HAND: Final = ORDERS["in_hand"]
_OUR_OWN: Final = frozenset({Deadline.CLOSING, Deadline.LOCK})
"""Deadlines that nobody else can do anything about."""
_EXPECTED: Final[Mapping[State, tuple[str, str] | None]] = {
    State.DRAFT: ("order.approve", "agent"),
    State.PAYMENT_PENDING: ("payment.authorized", "payment service"),
    State.RISK_REVIEW: ("fraud.scored", "fraud service"),
    State.RISK_FOLLOW_UP: ("fraud.customer_answered", "customer"),
    State.APPROVED: ("order.release_hold", "agent"),
    State.AVAILABILITY_REQUESTED: ("availability.reported", "warehouse"),
    State.PROCESSING: ("availability.reported", "warehouse"),
    State.CONFIRMED: ("picking.started", "warehouse"),
    State.PICKING: ("parcel.packed", "warehouse"),
    State.SHIPPING: ("shipment.handed_over", "warehouse"),
    State.SENT: ("carrier.delivered", "carrier"),
    State.DELIVERED: None,
    State.COMPLETED: None,
    State.CANCELLED: None,
    State.VOIDED: None,
}
"""The message that moves an order on, and its party; None where it waits for its own deadline, or for nothing."""
cover(State, _EXPECTED, f"{__name__}._EXPECTED", "name the message that an order which is so waits for, and its party")


class Waiting(Value):
    """A message that is owed: its name, the party, and the deadline if one is set."""

    message: str
    party: str
    since: datetime | None = None
    due_at: datetime | None = None
    subject: str = ""


def is_final(order: Order) -> bool:
    """Tell whether nothing is to come any more: the order has ended and no money or return of it is open."""
    open_ = order.timers or order.parked or _money_owed(order) is not None
    return order.state in _FINAL and nothing_open(order) and not open_


def waiting(order: Order) -> tuple[Waiting, ...]:
    """Return what the order waits for, the earliest deadline first; nothing for a final one."""
    if is_final(order):
        return ()
    owed = [_owed(order, timer) for timer in order.timers if timer.kind not in _OUR_OWN]
    owed.extend(_by_holds(order))
    owed.extend(_by_returns(order))
    owed.extend(_by_alerts(order))
    owed.extend(_by_money(order))
    owed.extend(_without_deadline(order, {entry.message for entry in owed}))
    if not owed:
        owed = [_owed(order, timer) for timer in order.timers]
    dated = sorted((entry for entry in owed if entry.due_at is not None), key=_due)
    return (*dated, *(entry for entry in owed if entry.due_at is None))


def _due(entry: Waiting) -> datetime:
    assert entry.due_at is not None
    return entry.due_at


def _expected(order: Order) -> tuple[str, str] | None:
    return None if order.state is None else _EXPECTED[order.state]


def _owed(order: Order, timer: ArmedTimer) -> Waiting:
    message, party = OWED[timer.kind].message, OWED[timer.kind].party
    expected = _expected(order)
    if timer.kind == Deadline.FULFILMENT and order.state in _IN_HAND and expected is not None:
        message = expected[0]
    return Waiting(message, party, timer.since, timer.due_at, timer.subject)


_SHORT: Final = ("increase_refused", "cheque_short")
_STEPS_OF_RETURNS: Final[Mapping[ReturnState, str | None]] = {
    ReturnState.DRAFT: "return.confirm",
    ReturnState.AWAITING_RECEIPT: None,
    ReturnState.PARTIALLY_RECEIVED: None,
    ReturnState.RECEIVED: "return.validate",
    ReturnState.VALIDATED: None,
    ReturnState.CANCELLED: None,
    ReturnState.REFUSED: None,
    ReturnState.EXPIRED: None,
}
"""What a person does next with a return; None where a deadline is set for a partner, or nothing is to come."""
cover(ReturnState, _STEPS_OF_RETURNS, f"{__name__}._STEPS_OF_RETURNS", "say what a person does next with such a return")
_RELEASES: Final = {
    holds.CSR: "order.release_hold",
    holds.SUSPENDED: "order.resume",
    holds.LOGISTICS: "order.release_hold",
    holds.ALERT: "alert.clear",
}


def _by_holds(order: Order) -> Iterator[Waiting]:
    """Yield what a person has to do before the hub goes on."""
    for hold in order.holds:
        if hold in _RELEASES:
            yield Waiting(_RELEASES[hold], "logistics" if hold == holds.LOGISTICS else "agent", subject=hold)


def _by_alerts(order: Order) -> Iterator[Waiting]:
    """Yield what a person has to do about money that is short, or to clear before the order is closed (O-26, O-35)."""
    short = [alert for alert in order.alerts if alert.name in _SHORT]
    taken = order.payment.state is PaymentState.CAPTURED and unpaid(order)
    if order.state not in _FINAL and (short or taken):
        yield Waiting("order.modify", "agent", short[0].since if short else None, subject="money")
    came_back = any(each.back_at is not None for each in order.shipments)
    if order.state in ORDERS["to_close"] and (order.closing or came_back):
        for alert in order.alerts:
            if alert.name in UNSETTLED:
                yield Waiting("alert.clear", "agent", alert.since, subject=alert.name)


def _by_returns(order: Order) -> Iterator[Waiting]:
    """Yield what a person has to say of a return that nothing else moves on."""
    for returned in order.returns:
        step = _STEPS_OF_RETURNS[returned.state]
        if step is not None:
            yield Waiting(step, "agent", subject=returned.code)


def _money_owed(order: Order) -> str | None:
    """Return what the payment service still owes after it has refused once: its deadline is over then."""
    payment = order.payment
    if any(other.held > 0 for other in payment.others):
        return "payment.voided"
    if payment.state is not PaymentState.AUTHORISED or not (payment.capture_asked or payment.void_asked):
        return None
    return "payment.captured" if payment.capture_asked else "payment.voided"


_RETRIED: Final = ("reservation_lost", "renewal_refused", "capture_failed", "void_failed", "captured_short")


def _by_money(order: Order) -> Iterator[Waiting]:
    """Yield that a person has to ask for money again, where nothing does that by itself (P-16)."""
    for alert in order.alerts:
        if alert.name in _RETRIED:
            yield Waiting("payment.retry", "agent", alert.since, subject=alert.name)


def _without_deadline(order: Order, known: set[str]) -> Iterator[Waiting]:
    """Yield what is owed though no deadline was set for it."""
    money = _money_owed(order)
    if money is not None and money not in known:
        yield Waiting(money, "payment service", order.as_of)
    expected = _expected(order)
    if expected is not None and not known:
        yield Waiting(*expected, order.as_of)
