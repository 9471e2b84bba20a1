"""Authorisation: asking for the money of an order, and the answers to it (P-01, O-11)."""

from datetime import timedelta
from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.identity import derive
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.money import cheques, ledger
from domain.orders.money.balance import still_due
from domain.orders.order import ENDED, ORDERS, Order, Payment, PaymentState
from domain.orders.scratchpad import OrderPad

LOST: Final = "reservation_lost"
"""The order goes on, and nothing stands for its money any more."""


def authorization_id(order_id: str, attempt: int) -> str:
    """Return the id of the authorisation request of this attempt."""
    return derive(order_id, "authorization", attempt)


def by_card(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the order is paid by card."""
    return pad.order.payment_method != "cheque"


def no_longer_free(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the order now costs something that is not paid."""
    order = pad.order
    live = order.state in ORDERS["live"]
    return live and still_due(order) > 0 and order.payment_method != "none" and not order.held_back


def wanted(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether anything is due of an order that goes on."""
    return still_due(pad.order) > 0 and pad.order.state not in ENDED


def free_now(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the order is free now."""
    order = pad.order
    return order.total == 0 and order.state not in ENDED


def ask(pad: OrderPad, payment: Payment) -> None:
    """Request an authorisation of the order's total, and set the deadline for the answer."""
    request(pad, payment)
    pad.disarm(Deadline.PAYMENT_RETRY)
    if pad.order.payment_method == "cheque":
        pad.arm(Deadline.CHEQUE, pad.policy.cheque_days)
        cheques.compare_with_total(pad)
    else:
        pad.arm(Deadline.PAYMENT, pad.policy.payment_answer)


def request(pad: OrderPad, payment: Payment) -> None:
    """Send a request to authorise the order's total, or what is due besides the money that was taken already.

    The request names the payment if there is one that still stands; its authorisation then grows to the total.
    """
    order, attempt = pad.order, payment.attempt + 1
    amount = still_due(order)
    asks = (*payment.asks, *(payment.asked for _ in range(payment.attempt - len(payment.asks))), amount)
    pad.put_payment(changed(payment, attempt=attempt, asked=amount, asks=asks))
    pad.ask(
        requests.AuthorizationRequested(
            authorization_id(order.id, attempt),
            order.number,
            order.customer_id,
            pad.money(amount),
            order.payment_method,
            attempt,
            None if payment.renewing or payment.collecting else payment.payment_id,
        )
    )


def attempt_of(order: Order, request_id: str, limit: int) -> int | None:
    """Return the attempt that this is the request of, also one that may still come; None for none of the hub's."""
    last = max(order.payment.attempt, limit) + limit
    return next((n for n in range(1, last + 1) if request_id == authorization_id(order.id, n)), None)


def asked_for(order: Order, attempt: int) -> int:
    """Return the amount that an attempt asked for, in minor units."""
    payment = order.payment
    if attempt <= len(payment.asks):
        return payment.asks[attempt - 1]
    return payment.asked or order.total  # asked by earlier rules: only the last amount was noted


def open_(payment: Payment) -> bool:
    """Tell whether the current request waits for its answer."""
    raising = payment.raising and payment.state is PaymentState.AUTHORISED
    return payment.state is PaymentState.REQUESTED or raising or payment.collecting


def granted(pad: OrderPad, payment: Payment) -> None:
    """Record the authorised amount and its expiry; a reservation that it replaces is put beside (P-11)."""
    news = ledger.said(pad)
    if payment.payment_id != news.payment_id:
        ledger.take_up(pad, news.payment_id)
    fact = pad.received.fact
    expires_at = fact.expires_at if isinstance(fact, facts.PaymentAuthorized) else None
    before = pad.order.payment
    pad.put_payment(changed(before, authorised=max(news.amount, before.captured), expires_at=expires_at))
    pad.disarm(Deadline.PAYMENT)
    pad.disarm(Deadline.CHEQUE)
    pad.clear("amount_mismatch", LOST)
    ledger.tell(pad, PaymentState.AUTHORISED, news.payment_id, news.amount)
    watch(pad)
    if payment.attempt > 1 and not payment.authorised:
        clear_retries(pad)
    pad.disarm(Deadline.PAYMENT_RETRY)


def watch(pad: OrderPad) -> None:
    """Set the deadline to ask for a new reservation before this one runs out (P-14)."""
    payment = pad.order.payment
    pad.disarm(Deadline.RESERVATION)
    if payment.expires_at is None or pad.order.state in ENDED:
        return
    if payment.expires_at > pad.now:
        pad.put_payment(changed(payment, renewals=0))
    pad.arm(Deadline.RESERVATION, max(timedelta(), payment.expires_at - pad.policy.payment_renewal - pad.now))


def refused(pad: OrderPad, payment: Payment) -> None:
    """Record that the authorisation was refused; a bounced cheque is forgotten.

    Of an order that is under way already, this is an alert, and it is tried again (P-12).
    """
    pad.disarm(Deadline.PAYMENT)
    if cheques.by_cheque(pad, payment):
        cheques.forget(pad, payment)
    pad.emit(events.PaymentChanged(PaymentState.REFUSED, reason=pad.reason))
    if pad.order.state not in ORDERS["unalarmed"] and not payment.raising:
        again_or_alert(pad, LOST)


def again_or_alert(pad: OrderPad, alert: str) -> None:
    """Raise the alert, and plan the next try of a reservation if one is left (P-12, P-14)."""
    payment = pad.order.payment
    pad.alert(alert)
    if payment.renewals < pad.policy.payment_attempts:
        pad.put_payment(changed(payment, renewals=payment.renewals + 1))
        pad.arm(Deadline.PAYMENT_RETRY, pad.policy.payment_retry)


def stop_retries(pad: OrderPad, payment: Payment) -> None:
    """Cancel the next attempt: the order costs nothing any more."""
    pad.disarm(Deadline.PAYMENT_RETRY)


def clear_retries(pad: OrderPad) -> None:
    """Cancel further attempts after one has succeeded (P-05)."""
    pad.rules.append("P-05")
    pad.disarm(Deadline.PAYMENT_RETRY)
    pad.emit(events.RetriesCleared())
