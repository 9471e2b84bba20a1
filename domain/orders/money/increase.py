"""Increase: authorising more money after the total has grown (O-26)."""

from domain.deciding.deadlines import Deadline
from domain.deciding.values import changed
from domain.orders.money import authorisation, renewal
from domain.orders.money.balance import still_due
from domain.orders.order import ENDED, Payment
from domain.orders.scratchpad import OrderPad


def grown(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether more is due than is authorised, and no increase is under way."""
    order = pad.order
    on_a_card = order.payment_method == "card" and not payment.capture_asked
    short = still_due(order) > payment.authorised
    return on_a_card and short and order.state not in ENDED and not payment.raising


def just_grown(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether more is due than is authorised, and no increase was requested yet."""
    return grown(pad, payment) and payment.raises == 0


def under_way(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether an increase, or a new reservation in place of one that runs out, was requested."""
    return payment.raising


def ask(pad: OrderPad, payment: Payment) -> None:
    """Request an increase to the present total."""
    authorisation.request(pad, changed(payment, raising=True, raises=payment.raises + 1))
    pad.arm(Deadline.PAYMENT, pad.policy.payment_answer)


def granted(pad: OrderPad, payment: Payment) -> None:
    """Record the increased amount."""
    pad.put_payment(changed(payment, raising=False, renewing=False, raises=0))
    pad.clear("increase_refused", renewal.REFUSED)
    authorisation.granted(pad, pad.order.payment)
    if payment.raises > 1:
        authorisation.clear_retries(pad)


def refused(pad: OrderPad, payment: Payment) -> None:
    """Plan the next attempt if the increase is still needed; after the last one, raise `increase_refused`."""
    authorisation.refused(pad, payment)
    pad.put_payment(changed(pad.order.payment, raising=False, renewing=False))
    if payment.renewing:
        authorisation.again_or_alert(pad, renewal.REFUSED)
    elif not grown(pad, pad.order.payment):
        pad.put_payment(changed(payment, raising=False, raises=0))  # nobody needs it any more
    elif payment.raises < pad.policy.payment_attempts:
        pad.arm(Deadline.PAYMENT_RETRY, pad.policy.payment_retry)
    else:
        pad.alert("increase_refused")
