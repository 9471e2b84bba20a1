"""The ledger of an order's money: each amount that the payment service names is in it once (P-10).

The payment in use stands in the fields of `Payment`, money under other payment ids beside it in `others`.
"""

from typing import Final

from contracts.references import PAYMENT
from domain.deciding.deadlines import Deadline
from domain.deciding.money import Money
from domain.deciding.values import changed
from domain.orders import events
from domain.orders.order import Payment, Reservation, Told
from domain.orders.scratchpad import OrderPad

AUTHORISED: Final = "authorised"
CAPTURED: Final = "captured"
VOIDED: Final = "voided"
REFUSED: Final = "refused"
UNDONE: Final = "capture_undone"
UNEXPECTED: Final = "unexpected_payment"
CURRENCY: Final = "currency_mismatch"
CONTRADICTED: Final = "payment_contradicted"


def entry(pad: OrderPad, kind: str, request_id: str, payment_id: str, amount: Money, *, noted: bool = False) -> Told:
    """Return what was said as an entry; its currency is left out where it is the order's."""
    currency = "" if amount.currency == pad.order.currency else amount.currency
    return Told(kind, request_id, payment_id, amount.amount, currency, noted)


def hear(pad: OrderPad, told: Told) -> Told:
    """Keep what was said now for the rows that follow from it, and write it down."""
    payment = pad.order.payment
    pad.put_payment(changed(payment, told=(*payment.told, told)))
    pad.news = told
    return told


def said(pad: OrderPad) -> Told:
    """Return what is being said of money."""
    assert pad.news is not None
    return pad.news


def repeated(payment: Payment, told: Told) -> bool:
    """Tell whether the same was said before, also by a person who noted it, or to earlier rules."""
    same = [each for each in payment.told if each.kind == told.kind and each.payment_id == told.payment_id]
    same = [each for each in same if each.currency == told.currency]
    again = any(each.request_id == told.request_id and each.amount == told.amount for each in same)
    noted = any(each.noted and each.amount == told.amount for each in same) and not told.noted
    return again or noted or (not same and _known_to_earlier_rules(payment, told))


def _known_to_earlier_rules(payment: Payment, told: Told) -> bool:
    booked = {AUTHORISED: payment.authorised, CAPTURED: payment.captured, VOIDED: payment.voided}.get(told.kind, 0)
    return told.payment_id == payment.payment_id and 0 < told.amount == booked


def was_refused(payment: Payment, request_id: str) -> bool:
    """Tell whether this request was refused before."""
    return any(each.kind == REFUSED and each.request_id == request_id for each in payment.told)


def captured_by(payment: Payment, request_id: str) -> Told | None:
    """Return what was captured under this request by its latest word, if anything."""
    return _booked(payment, CAPTURED, request_id)


def _booked(payment: Payment, kind: str, request_id: str) -> Told | None:
    """Return the entry of a kind that stands in the books under a request."""
    standing = (each for each in payment.told if each.kind == kind and not (each.struck or each.currency))
    return next((each for each in standing if each.request_id == request_id), None)


def strike(pad: OrderPad, before: Told) -> None:
    """Mark an entry as taken out of the books; said again it is no news."""
    entries = tuple(changed(each, struck=True) if each == before else each for each in pad.order.payment.told)
    pad.put_payment(changed(pad.order.payment, told=entries))


def correct(pad: OrderPad, told: Told) -> None:
    """Take an earlier amount of the same request out of the books: the provider's later word counts."""
    payment = pad.order.payment
    before = _booked(payment, told.kind, told.request_id)
    if before is None or before.payment_id != told.payment_id:
        return
    strike(pad, before)
    in_use, beside = told.payment_id == payment.payment_id, other(payment, told.payment_id)
    if told.kind == VOIDED:
        if in_use:
            pad.put_payment(changed(pad.order.payment, voided=max(0, payment.voided - before.amount)))
        return
    if in_use:
        pad.put_payment(changed(pad.order.payment, captured=payment.captured - before.amount, voided=0))
    elif beside is not None:
        put_other(pad, changed(beside, captured=beside.captured - before.amount, voided=0))
    tell(pad, UNDONE, told.payment_id, before.amount)


def other(payment: Payment, payment_id: str) -> Reservation | None:
    """Return the money beside the payment in use that has this id."""
    return next((each for each in payment.others if each.payment_id == payment_id), None)


def put_other(pad: OrderPad, new: Reservation) -> None:
    """Put money beside the payment in use in place of what it was, or add it."""
    payment = pad.order.payment
    kept = payment.others
    if other(payment, new.payment_id) is None:
        kept = (*kept, new)
    else:
        kept = tuple(new if each.payment_id == new.payment_id else each for each in kept)
    pad.put_payment(changed(payment, others=kept))


def tell(pad: OrderPad, kind: str, payment_id: str | None, amount: int) -> None:
    """Publish that money moved."""
    pad.emit(events.PaymentChanged(kind, pad.money(amount), payment_id=payment_id))


def set_aside(pad: OrderPad) -> None:
    """Put the payment in use beside, as another one takes its place."""
    payment = pad.order.payment
    if payment.payment_id is None:
        return
    aside = Reservation(
        payment.payment_id,
        payment.authorised,
        payment.captured,
        payment.voided,
        ours=True,
        voids=int(payment.void_asked),
    )
    pad.put_payment(
        changed(
            _emptied(payment),
            captures=payment.times_captured,
            voids=payment.times_voided,
            raising=False,
            renewing=False,
        )
    )
    put_other(pad, aside)
    for kind in (Deadline.VOID, Deadline.VOID_RETRY):
        pad.disarm(kind)
    if payment.void_asked and aside.held > 0:
        pad.arm(Deadline.VOID, pad.policy.payment_answer, aside.payment_id)


def _emptied(payment: Payment) -> Payment:
    return changed(
        payment,
        payment_id=None,
        authorised=0,
        captured=0,
        voided=0,
        expires_at=None,
        capture_asked=False,
        capture_failed=False,
        void_asked=False,
        void_failed=False,
    )


def take_up(pad: OrderPad, payment_id: str) -> None:
    """Put money that stands beside in place of the payment in use."""
    chosen = other(pad.order.payment, payment_id)
    if pad.order.payment.payment_id not in (None, payment_id):
        set_aside(pad)
    payment = pad.order.payment
    others = tuple(each for each in payment.others if each.payment_id != payment_id)
    found = chosen or Reservation(payment_id)
    pad.put_payment(
        changed(
            payment,
            payment_id=payment_id,
            authorised=found.authorised,
            captured=found.captured,
            voided=found.voided,
            others=others,
        )
    )
    pad.claim(PAYMENT, "payment", payment_id)
