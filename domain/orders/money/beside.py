"""Money beside the payment in use: second reservations, second captures, and what nobody asked for (P-10, P-11)."""

from typing import Final

from contracts.references import PAYMENT
from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Late, Outcome, Why
from domain.deciding.values import changed
from domain.orders.money import capture, ledger, void
from domain.orders.money.balance import still_due
from domain.orders.order import ENDED, PaymentState, Reservation, Told
from domain.orders.scratchpad import OrderPad

RULE: Final = "P-10"


def alert(pad: OrderPad, name: str) -> Answer:
    """Put what can't be booked or explained before a person; an alert that stands covers it, too."""
    pad.rules.append(RULE)
    pad.alert(name)
    return Outcome.APPLIED


def _booked(pad: OrderPad, rule: str = RULE) -> Answer:
    if rule not in pad.rules:
        pad.rules.append(rule)
    return Outcome.APPLIED


def reserved(pad: OrderPad, told: Told, *, ours: bool, asked: bool) -> Answer:
    """Book a reservation that is not the one in use; one that the hub did not ask for so is an alert."""
    payment = pad.order.payment
    if told.payment_id == payment.payment_id and ours and payment.collecting:
        pad.put_payment(changed(payment, collecting=False))
        pad.disarm(Deadline.PAYMENT)
        if _wanted(pad):
            capture.ask_more(pad, told.amount)
        else:
            pad.alert(ledger.UNEXPECTED)
        return _booked(pad, "P-16")
    if told.payment_id == payment.payment_id:
        if payment.state is not PaymentState.AUTHORISED and told.amount <= payment.authorised:
            return Late(Why.SETTLED, "the payment has come further, with no less money")
        _in_use_changed(pad, told, asked=asked)
    else:
        before = ledger.other(payment, told.payment_id) or Reservation(told.payment_id)
        most = max(told.amount, before.captured + before.voided)
        voided = most - before.captured if before.captured else before.voided
        ledger.put_other(pad, changed(before, authorised=most, voided=voided, ours=ours or before.ours))
        pad.claim(PAYMENT, "payment", told.payment_id)
        ledger.tell(pad, ledger.AUTHORISED, told.payment_id, told.amount)
    if ours and payment.collecting:
        _collect(pad, told)
    if not ours:
        pad.alert("amount_mismatch" if asked else ledger.UNEXPECTED)
    return _booked(pad, "P-11" if ours else RULE)


def _collect(pad: OrderPad, told: Told) -> None:
    """Take the rest of the money, now that it is reserved (P-16)."""
    pad.put_payment(changed(pad.order.payment, collecting=False))
    pad.disarm(Deadline.PAYMENT)
    other = ledger.other(pad.order.payment, told.payment_id)
    if other is not None and other.held > 0 and _wanted(pad):
        capture.ask_beside(pad, other)


def _wanted(pad: OrderPad) -> bool:
    return still_due(pad.order) > 0 and pad.order.state not in ENDED


def _in_use_changed(pad: OrderPad, told: Told, *, asked: bool) -> None:
    """Book that the reservation in use is for another amount now; of one that is over, nothing is held."""
    payment = pad.order.payment
    held = payment.state is PaymentState.AUTHORISED
    most = max(told.amount, payment.captured + (payment.voided if held else 0))
    voided = payment.voided if held else most - payment.captured
    answered = held and asked and payment.raising
    if answered:
        pad.disarm(Deadline.PAYMENT)
    pad.put_payment(changed(payment, authorised=most, voided=voided, raising=payment.raising and not answered))
    ledger.tell(pad, ledger.AUTHORISED, told.payment_id, told.amount)
    if not (held or payment.captured) and voided > payment.voided:
        ledger.tell(pad, ledger.VOIDED, told.payment_id, voided - payment.voided)


def captured(pad: OrderPad, told: Told) -> Answer:
    """Book money that was taken besides; of a cancelled order it goes back (F-11), else a person looks."""
    before = ledger.other(pad.order.payment, told.payment_id) or Reservation(told.payment_id)
    taken = before.captured + told.amount
    most = max(before.authorised, taken)
    ledger.put_other(pad, changed(before, authorised=most, captured=taken, voided=most - taken))
    pad.claim(PAYMENT, "payment", told.payment_id)
    ledger.tell(pad, ledger.CAPTURED, told.payment_id, told.amount)
    for kind in (Deadline.CAPTURE, Deadline.VOID, Deadline.VOID_RETRY):
        pad.disarm(kind, told.payment_id)
    if not before.collected or before.captured:
        pad.alert(ledger.UNEXPECTED)
    elif pad.order.payment.taken >= pad.order.total:
        pad.clear("amount_mismatch", "captured_short", capture.FAILED)
    if pad.order.kind == "regular" and (pad.order.state in ENDED or pad.order.payment.captured):
        capture.refund_excess(pad, pad.order.payment)
    return _booked(pad)


def undone(pad: OrderPad, taken: Told) -> Answer:
    """Take a capture besides back, which failed after all (P-13)."""
    other = ledger.other(pad.order.payment, taken.payment_id)
    if other is None:
        return alert(pad, ledger.CONTRADICTED)
    left = other.captured - taken.amount
    ledger.put_other(pad, changed(other, captured=left, voided=other.authorised - left if left else 0))
    ledger.tell(pad, ledger.UNDONE, taken.payment_id, taken.amount)
    pad.alert(capture.FAILED)
    return _booked(pad, "P-13")


def freed(pad: OrderPad, told: Told) -> Answer:
    """Book that money beside the payment in use was set free; of an unknown payment it is an alert."""
    other = ledger.other(pad.order.payment, told.payment_id)
    if other is not None and (other.held <= 0 and told.amount <= other.voided):
        return Late(Why.SETTLED, "as much of the payment is free already")
    ledger.hear(pad, told)
    if other is None:
        ledger.put_other(pad, Reservation(told.payment_id, authorised=told.amount, voided=told.amount))
        ledger.tell(pad, ledger.VOIDED, told.payment_id, told.amount)
        pad.alert(ledger.UNEXPECTED)
        return _booked(pad)
    if other.held <= 0:
        return alert(pad, ledger.CONTRADICTED)
    void.done_beside(pad, other, told.amount)
    if told.amount > other.held:
        pad.alert("amount_mismatch")
    return _booked(pad, "P-11")


def void_of(pad: OrderPad, request_id: str) -> Reservation | None:
    """Return the money beside that this request was to set free."""
    for other in pad.order.payment.others:
        names = (void.void_id(pad.order.id, n, other.payment_id) for n in range(1, other.voids + 1))
        if request_id in names:
            return other
    return None
