"""Authorisation: asking for the money of an order, and the answers to it (P-01, O-11)."""

from contracts.references import PAYMENT
from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Outcome
from domain.deciding.identity import derive
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.money import cheques
from domain.orders.order import ENDED, Order, Payment, PaymentState, State
from domain.orders.scratchpad import OrderPad


def authorization_id(order_id: str, attempt: int) -> str:
    """Return the id of the authorisation request of this attempt."""
    return derive(order_id, "authorization", attempt)


def by_card(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the order is paid by card."""
    return pad.order.payment_method != "cheque"


def no_longer_free(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the order now costs something."""
    order = pad.order
    live = order.state not in (None, State.DRAFT, *ENDED)
    return live and order.total > 0 and order.payment_method != "none" and not order.held_back


def free_now(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the order is free now."""
    order = pad.order
    return order.total == 0 and order.state not in ENDED


def ask(pad: OrderPad, payment: Payment) -> None:
    """Request an authorisation of the order's total, and set the deadline for the answer."""
    request(pad, payment)
    if pad.order.payment_method == "cheque":
        pad.arm(Deadline.CHEQUE, pad.policy.cheque_days)
        cheques.compare_with_total(pad)
    else:
        pad.arm(Deadline.PAYMENT, pad.policy.payment_answer)


def request(pad: OrderPad, payment: Payment) -> None:
    """Send a request to authorise the order's total.

    The request names the payment if there is one already; its authorisation then grows to the total.
    """
    order, attempt = pad.order, payment.attempt + 1
    pad.put_payment(changed(payment, attempt=attempt, asked=order.total))
    pad.ask(
        requests.AuthorizationRequested(
            authorization_id(order.id, attempt),
            order.number,
            order.customer_id,
            pad.money(order.total),
            order.payment_method,
            attempt,
            payment.payment_id,
        )
    )


def granted(pad: OrderPad, payment: Payment) -> None:
    """Record the authorised amount and its expiry."""
    fact = pad.received.fact
    assert isinstance(fact, facts.PaymentAuthorized)
    pad.put_payment(
        changed(payment, payment_id=fact.payment_id, authorised=fact.amount.amount, expires_at=fact.expires_at)
    )
    pad.claim(PAYMENT, "payment", fact.payment_id)
    pad.disarm(Deadline.PAYMENT)
    pad.disarm(Deadline.CHEQUE)
    pad.clear("amount_mismatch")
    pad.emit(events.PaymentChanged(PaymentState.AUTHORISED, fact.amount))
    if payment.attempt > 1 and not payment.authorised:
        clear_retries(pad)


def refused(pad: OrderPad, payment: Payment) -> None:
    """Record that the authorisation was refused; a bounced cheque is forgotten."""
    pad.disarm(Deadline.PAYMENT)
    if cheques.by_cheque(pad, payment):
        cheques.forget(pad, payment)
    pad.emit(events.PaymentChanged(PaymentState.REFUSED, reason=pad.reason))


def stop_retries(pad: OrderPad, payment: Payment) -> None:
    """Cancel the next attempt: the order costs nothing any more."""
    pad.disarm(Deadline.PAYMENT_RETRY)


def clear_retries(pad: OrderPad) -> None:
    """Cancel further attempts after one has succeeded (P-05)."""
    pad.rules.append("P-05")
    pad.disarm(Deadline.PAYMENT_RETRY)
    pad.emit(events.RetriesCleared())


def stance(order: Order, request_id: str, limit: int) -> Outcome:
    """Return how an answer relates to the requests sent so far.

    Applied: it answers the current request. Parked: it answers an attempt not made yet. Late: anything else.
    """
    attempt = order.payment.attempt
    open_ = order.payment.state is PaymentState.REQUESTED or order.payment.raising
    if request_id == authorization_id(order.id, attempt) and open_:
        return Outcome.APPLIED
    later = (authorization_id(order.id, n) for n in range(attempt + 1, limit + 1))
    return Outcome.PARKED if request_id in later else Outcome.LATE
