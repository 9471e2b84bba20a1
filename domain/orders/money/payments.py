"""Payments: asking for the money of an order, taking it when the goods are gone, setting it free otherwise.

The guards and effects of `TABLE` stand above it, the rules that messages meet below.
"""

from enum import StrEnum
from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.identity import derive
from domain.deciding.machine import Machine
from domain.deciding.scratchpad import Scratchpad
from domain.deciding.transitions import Step, Transition, row
from domain.deciding.values import changed
from domain.orders import desk_facts as desk
from domain.orders import events, facts, requests
from domain.orders.money import refunds
from domain.orders.order import ENDED, Order, Payment, PaymentState, State

NOT_REQUIRED: Final = PaymentState.NOT_REQUIRED
REQUESTED: Final = PaymentState.REQUESTED
REFUSED: Final = PaymentState.REFUSED
AUTHORISED: Final = PaymentState.AUTHORISED
CAPTURED: Final = PaymentState.CAPTURED
VOIDED: Final = PaymentState.VOIDED


def authorization_id(order_id: str, attempt: int) -> str:
    """Return the id of the request for this attempt."""
    return derive(order_id, "authorization", attempt)


def capture_id(order_id: str) -> str:
    """Return the id of the request to take the money."""
    return derive(order_id, "capture")


def void_id(order_id: str) -> str:
    """Return the id of the request to set the money free."""
    return derive(order_id, "void")


def covered(order: Order) -> bool:
    """Tell whether the money that is reserved or taken is enough, or none is needed."""
    payment = order.payment
    if payment.state is NOT_REQUIRED:
        return order.total == 0 or order.payment_method == "none"
    enough = order.total <= (payment.captured if payment.state is CAPTURED else payment.authorised)
    return enough and payment.state in (AUTHORISED, CAPTURED)


def expired(pad: Scratchpad) -> bool:
    """Tell whether the reservation has ended, as the payment service said it would (O-14)."""
    payment = pad.order.payment
    return payment.state is AUTHORISED and payment.expires_at is not None and payment.expires_at <= pad.now


def secured(order: Order) -> bool:
    """Tell whether the order is paid for as O-08 asks it: reserved on a card, taken by cheque, or none needed."""
    by_hand = order.payment_method == "cheque" and order.payment.cheque_checked
    return covered(order) and not (by_hand and order.payment.state is AUTHORISED)


def _request(pad: Scratchpad, payment: Payment) -> None:
    """Ask to reserve the order's total; a payment that exists already is raised to it."""
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


def _ask(pad: Scratchpad, payment: Payment) -> None:
    _request(pad, payment)
    if pad.order.payment_method == "cheque":
        pad.arm(Deadline.CHEQUE, pad.policy.cheque_days)
        weigh_cheque(pad)
    else:
        pad.arm(Deadline.PAYMENT, pad.policy.payment_answer)


def _raise(pad: Scratchpad, payment: Payment) -> None:
    _request(pad, changed(payment, raising=True, raises=payment.raises + 1))
    pad.arm(Deadline.PAYMENT, pad.policy.payment_answer)


def _raised(pad: Scratchpad, payment: Payment) -> None:
    pad.put_payment(changed(payment, raising=False, raises=0))
    pad.clear("increase_refused")
    _reserve(pad, pad.order.payment)
    if payment.raises > 1:
        _clear_retries(pad)


def _not_raised(pad: Scratchpad, payment: Payment) -> None:
    _note_refusal(pad, payment)
    pad.put_payment(changed(payment, raising=False))
    if not _grown(pad, pad.order.payment):
        pad.put_payment(changed(payment, raising=False, raises=0))  # nobody needs it any more
    elif payment.raises < pad.policy.payment_attempts:
        pad.arm(Deadline.PAYMENT_RETRY, pad.policy.payment_retry)
    else:
        pad.alert("increase_refused")


def _reserve(pad: Scratchpad, payment: Payment) -> None:
    fact = pad.received.fact
    assert isinstance(fact, facts.PaymentAuthorized)
    pad.put_payment(
        changed(payment, payment_id=fact.payment_id, authorised=fact.amount.amount, expires_at=fact.expires_at)
    )
    pad.refer("payment", "payment", fact.payment_id)
    pad.disarm(Deadline.PAYMENT)
    pad.disarm(Deadline.CHEQUE)
    pad.clear("amount_mismatch")
    pad.emit(events.PaymentChanged(AUTHORISED, fact.amount))
    if payment.attempt > 1 and not payment.authorised:
        _clear_retries(pad)


def _take_money(pad: Scratchpad, payment: Payment) -> None:
    fact = pad.received.fact
    assert isinstance(fact, facts.PaymentCaptured)
    amount = fact.amount.amount
    reserved = amount if _by_cheque(pad, payment) else payment.authorised  # a cheque is taken at once (P-03)
    left = max(0, reserved - amount)  # what a capture leaves of a reserved amount is free again
    pad.put_payment(changed(payment, payment_id=fact.payment_id, authorised=reserved, captured=amount, voided=left))
    for kind in (Deadline.PAYMENT, Deadline.CHEQUE, Deadline.CHECK, Deadline.CAPTURE):
        pad.disarm(kind)
    pad.clear("capture_failed", "cheque_to_return", "amount_mismatch")
    pad.emit(events.PaymentChanged(CAPTURED, fact.amount))


def _too_much(pad: Scratchpad, payment: Payment) -> None:
    """Give back what was taken for a cancelled order, or for one that became cheaper before (F-11, O-26)."""
    if pad.order.state in ENDED:
        refunds.for_cancellation(pad, pad.order)
    else:
        refunds.for_reduction(pad, pad.order)
        weigh_cheque(pad)


def _note_refusal(pad: Scratchpad, payment: Payment) -> None:
    pad.disarm(Deadline.PAYMENT)
    if _by_cheque(pad, payment):
        _forget_cheque(pad, payment)
    pad.emit(events.PaymentChanged(REFUSED, reason=pad.reason))


def _forget_cheque(pad: Scratchpad, payment: Payment) -> None:
    """Wait for another cheque after one that bounced; what was said of the first is not said of the next."""
    at = pad.received.occurred_at
    pad.put_payment(changed(payment, cheque_received=False, cheque_checked=False, cheque_amount=0, refused_at=at))
    pad.disarm(Deadline.CHECK)
    pad.clear("cheque_mismatch", "cheque_to_return")


def _ask_capture(pad: Scratchpad, payment: Payment) -> None:
    assert payment.payment_id is not None
    amount = pad.money(_to_take(pad.order))
    pad.put_payment(changed(payment, capture_asked=True, to_capture=amount.amount))
    pad.ask(requests.CaptureRequested(capture_id(pad.order.id), payment.payment_id, amount))
    pad.arm(Deadline.CAPTURE, pad.policy.payment_answer)
    if amount.amount < pad.order.total:
        pad.alert("captured_short")


def _to_take(order: Order) -> int:
    """Return what is taken of the reserved money: an order that became cheaper takes less (O-26)."""
    return min(order.total, order.payment.authorised)


def _ask_void(pad: Scratchpad, payment: Payment) -> None:
    assert payment.payment_id is not None
    pad.put_payment(changed(payment, void_asked=True))
    amount = pad.money(payment.authorised)
    pad.ask(requests.VoidRequested(void_id(pad.order.id), payment.payment_id, amount))
    pad.arm(Deadline.VOID, pad.policy.payment_answer)


def _free(pad: Scratchpad, payment: Payment) -> None:
    pad.put_payment(changed(payment, voided=payment.authorised))
    pad.disarm(Deadline.VOID)
    pad.clear("void_failed", "amount_mismatch")
    pad.emit(events.PaymentChanged(VOIDED, pad.money(payment.authorised)))


def _by_card(pad: Scratchpad, payment: Payment) -> bool:
    """Tell whether the order is paid on a card."""
    return pad.order.payment_method != "cheque"


def _by_cheque(pad: Scratchpad, payment: Payment) -> bool:
    """Tell whether the order is paid by cheque."""
    return pad.order.payment_method == "cheque"


def _checked(pad: Scratchpad, payment: Payment) -> bool:
    """Tell whether it is a cheque that was checked."""
    return _by_cheque(pad, payment) and payment.cheque_checked


def weigh_cheque(pad: Scratchpad) -> None:
    """Tell a person when the order costs more than its cheque is for: nobody can ask a cheque for more (O-26)."""
    order, payment = pad.order, pad.order.payment
    worth = payment.captured or payment.authorised or payment.cheque_amount or payment.asked
    lives = order.state not in ENDED and payment.state in (REQUESTED, AUTHORISED, CAPTURED)
    if order.payment_method == "cheque" and lives and order.total > worth:
        pad.alert("cheque_short")
    else:
        pad.clear("cheque_short")


def _accept_cheque(pad: Scratchpad, payment: Payment) -> None:
    amount = payment.cheque_amount or pad.order.total  # checked by earlier rules: no amount was noted
    pad.put_payment(changed(payment, authorised=amount))
    pad.arm(Deadline.CHECK, pad.policy.review)
    pad.emit(events.PaymentChanged(AUTHORISED, pad.money(amount)))


def _cash(pad: Scratchpad, payment: Payment) -> None:
    pad.put_payment(changed(payment, captured=payment.authorised))
    pad.disarm(Deadline.CHECK)
    pad.emit(events.PaymentChanged(CAPTURED, pad.money(payment.authorised)))


def _given_back(pad: Scratchpad, payment: Payment) -> bool:
    """Tell whether an uncashed cheque goes back, since the order is cancelled."""
    return pad.order.state in ENDED and payment.payment_id is None


def _give_back(pad: Scratchpad, payment: Payment) -> None:
    _free(pad, payment)
    pad.disarm(Deadline.CHECK)
    pad.alert("cheque_to_return")


def _not_asked(pad: Scratchpad, payment: Payment) -> bool:
    """Tell whether reserved money is neither asked for nor being set free."""
    return not payment.capture_asked and not payment.void_asked and payment.authorised > 0


def _for_goods(pad: Scratchpad, payment: Payment) -> bool:
    """Tell whether reserved money is not asked for yet, and some of it is to be taken."""
    return _not_asked(pad, payment) and _to_take(pad.order) > 0


def _for_goods_gone(pad: Scratchpad, payment: Payment) -> bool:
    """Tell whether the money was reserved only after the goods had left (O-38)."""
    gone = pad.order.state in (State.SENT, State.DELIVERED, State.COMPLETED)
    return gone and _by_card(pad, payment) and _for_goods(pad, payment) and not payment.raising


def _grown(pad: Scratchpad, payment: Payment) -> bool:
    """Tell whether what is reserved is not enough, and nobody is being asked for more."""
    order = pad.order
    on_a_card = order.payment_method == "card" and not payment.capture_asked
    return on_a_card and order.total > payment.authorised and order.state not in ENDED and not payment.raising


def _just_grown(pad: Scratchpad, payment: Payment) -> bool:
    """Tell whether the total outgrew what is reserved, and nobody was asked for more."""
    return _grown(pad, payment) and payment.raises == 0


def _raising(pad: Scratchpad, payment: Payment) -> bool:
    """Tell whether a raise was asked."""
    return payment.raising


def _no_longer_free(pad: Scratchpad, payment: Payment) -> bool:
    """Tell whether it now costs something."""
    order = pad.order
    live = order.state not in (None, State.DRAFT, *ENDED)
    return live and order.total > 0 and order.payment_method != "none"


def _free_now(pad: Scratchpad, payment: Payment) -> bool:
    """Tell whether it is free now."""
    order = pad.order
    return order.total == 0 and order.state not in ENDED


def _not_again(pad: Scratchpad, payment: Payment) -> None:
    pad.disarm(Deadline.PAYMENT_RETRY)


def _unwanted(pad: Scratchpad, payment: Payment) -> bool:
    """Tell whether the order is cancelled, and its money still reserved on a card."""
    on_a_card = payment.payment_id is not None  # a cheque that nobody cashed is sent back by hand
    settled = not payment.raising  # the answer says how much there is to set free
    return pad.order.state in ENDED and _not_asked(pad, payment) and on_a_card and settled


UNCASHED: Final = (REQUESTED, AUTHORISED, VOIDED)
TABLE: Final[tuple[Transition[Payment], ...]] = (
    row("O-05", NOT_REQUIRED, Step.ASK, REQUESTED, then=_ask),
    row("P-01", REQUESTED, facts.PaymentAuthorized, AUTHORISED, when=_by_card, then=_reserve),
    row("P-01", REQUESTED, facts.PaymentRefused, REFUSED, then=_note_refusal),
    row("O-11", REFUSED, Step.RETRY, REQUESTED, then=_ask),
    row("P-03", UNCASHED, facts.PaymentCaptured, CAPTURED, when=_by_cheque, then=(_take_money, _too_much)),
    row("O-26", REFUSED, Step.AUTOMATIC, NOT_REQUIRED, when=_free_now, then=_not_again),
    row("O-26", NOT_REQUIRED, Step.AUTOMATIC, REQUESTED, when=_no_longer_free, then=_ask),
    row("O-26", AUTHORISED, Step.AUTOMATIC, when=_just_grown, then=_raise),
    row("O-26", AUTHORISED, Step.RETRY, when=_grown, then=_raise),
    row("O-26", AUTHORISED, facts.PaymentAuthorized, when=_raising, then=_raised),
    row("O-26", AUTHORISED, facts.PaymentRefused, when=_raising, then=_not_raised),
    row("P-04", AUTHORISED, Step.CAPTURE, when=_for_goods, then=_ask_capture),
    row("P-04", AUTHORISED, Step.CAPTURE, when=_not_asked, then=_ask_void),
    row("P-04", AUTHORISED, Step.AUTOMATIC, when=_for_goods_gone, then=_ask_capture),
    row("P-03", REQUESTED, desk.AuthorizeCheque, AUTHORISED, when=_checked, then=_accept_cheque),
    row("P-03", AUTHORISED, desk.ValidateCheque, CAPTURED, when=_by_cheque, then=(_cash, _too_much)),
    row("P-04", AUTHORISED, facts.PaymentCaptured, CAPTURED, then=(_take_money, _too_much)),
    row("O-27", AUTHORISED, Step.AUTOMATIC, when=_unwanted, then=_ask_void),
    row("O-27", AUTHORISED, Step.AUTOMATIC, VOIDED, when=_given_back, then=_give_back),
    row("O-27", AUTHORISED, facts.PaymentVoided, VOIDED, then=_free),
)


def _put(pad: Scratchpad, payment: Payment, state: StrEnum) -> None:
    pad.put_payment(changed(payment, state=PaymentState(state)))


MACHINE: Final = Machine(
    "payment",
    TABLE,
    PaymentState,
    begins=(NOT_REQUIRED,),
    subjects=lambda pad: (pad.order.payment,),
    key=lambda payment: "payment",
    state=lambda payment: payment.state,
    put=_put,
)


def _asked(order: Order, request_id: str, limit: int) -> Outcome:
    """Say whether this authorisation was asked: now (applied), not yet (parked), or long ago (late)."""
    attempt = order.payment.attempt
    open_ = order.payment.state is REQUESTED or order.payment.raising
    if request_id == authorization_id(order.id, attempt) and open_:
        return Outcome.APPLIED
    later = (authorization_id(order.id, n) for n in range(attempt + 1, limit + 1))
    return Outcome.PARKED if request_id in later else Outcome.LATE


def authorized(pad: Scratchpad, fact: facts.PaymentAuthorized) -> Answer:
    """Note the reserved amount when it is what was asked for (P-01)."""
    outcome = _asked(pad.order, fact.request_id, pad.policy.payment_attempts)
    if outcome is not Outcome.APPLIED:
        return outcome
    if fact.amount != pad.money(pad.order.payment.asked or pad.order.total):
        return pad.mismatch("P-01")
    MACHINE.take(pad, pad.order.payment, facts.PaymentAuthorized)
    return Outcome.APPLIED


def refused(pad: Scratchpad, fact: facts.PaymentRefused) -> Answer:
    """Note a refusal: of the authorisation (O-11, O-12), of the capture (P-04), or of setting free."""
    if fact.operation in ("capture", "void"):
        return _failed(pad, fact.operation)
    outcome = _asked(pad.order, fact.request_id, pad.policy.payment_attempts)
    if outcome is Outcome.APPLIED:
        MACHINE.take(pad, pad.order.payment, facts.PaymentRefused)
    return outcome


def _failed(pad: Scratchpad, operation: str) -> Answer:
    payment, alert = pad.order.payment, f"{operation}_failed"
    if payment.state is not AUTHORISED or any(a.name == alert for a in pad.order.alerts):
        return Outcome.LATE
    if not (payment.capture_asked if operation == "capture" else payment.void_asked):
        return Outcome.PARKED
    pad.rules.append("P-04" if operation == "capture" else "O-27")
    pad.disarm(Deadline.CAPTURE if operation == "capture" else Deadline.VOID)
    pad.alert(alert)
    return Outcome.APPLIED


def captured(pad: Scratchpad, fact: facts.PaymentCaptured) -> Answer:
    """Note the money taken, when it was asked for (P-04), or the cheque cashed (P-03)."""
    order, payment = pad.order, pad.order.payment
    by_cheque = order.payment_method == "cheque"
    if payment.state is CAPTURED or (payment.state is VOIDED and not by_cheque):
        return Outcome.LATE
    if by_cheque:
        outcome = _cashable(order, fact.request_id, pad.policy.payment_attempts)
        if outcome is not Outcome.APPLIED:
            return outcome
    elif fact.request_id != capture_id(order.id):
        return Outcome.LATE
    elif payment.state is not AUTHORISED or not payment.capture_asked:
        return Outcome.PARKED
    if fact.amount not in (pad.money(due) for due in _due(order)):
        return pad.mismatch("P-01")
    MACHINE.take(pad, payment, facts.PaymentCaptured)
    return Outcome.APPLIED


def _cashable(order: Order, request_id: str, limit: int) -> Outcome:
    """Say whether this cheque was asked for; one that a person authorised or called off may be cashed all the same."""
    payment = order.payment
    by_hand = payment.state in (AUTHORISED, VOIDED)
    if by_hand and request_id == authorization_id(order.id, payment.attempt):
        return Outcome.APPLIED
    return _asked(order, request_id, limit)


def _due(order: Order) -> tuple[int, ...]:
    """Return the amounts that are right: of a card what its capture asked, of a cheque what it was to be, or is now."""
    payment = order.payment
    if order.payment_method == "cheque":
        return (payment.asked, payment.cheque_amount or order.total, order.total)
    return (payment.to_capture or _to_take(order),)


def voided(pad: Scratchpad, fact: facts.PaymentVoided) -> Answer:
    """Note that the reserved money is free again."""
    payment = pad.order.payment
    if payment.state in (CAPTURED, VOIDED) or fact.request_id != void_id(pad.order.id):
        return Outcome.LATE
    if not payment.void_asked:
        return Outcome.PARKED
    if fact.amount != pad.money(payment.authorised):
        return pad.mismatch("P-01")
    MACHINE.take(pad, payment, facts.PaymentVoided)
    return Outcome.APPLIED


def reprice(pad: Scratchpad) -> None:
    """Look at the money again after the total changed: a raise that was given up may be asked anew (O-26)."""
    payment = pad.order.payment
    if payment.raises and not payment.raising:
        pad.put_payment(changed(payment, raises=0))
        pad.disarm(Deadline.PAYMENT_RETRY)
    if covered(pad.order):
        pad.clear("increase_refused")
    weigh_cheque(pad)


def clear_retries(pad: Scratchpad, fact: desk.ClearRetries) -> Answer:
    """Give up what further attempts were planned, once a payment has succeeded (P-05)."""
    payment = pad.order.payment
    if payment.state not in (AUTHORISED, CAPTURED):
        return Refusal("gate", "no payment of this order has succeeded", "wait for it, or cancel the order")
    _clear_retries(pad)
    if payment.raises and _grown(pad, payment):
        pad.alert("increase_refused")
    return Outcome.APPLIED


def _clear_retries(pad: Scratchpad) -> None:
    pad.rules.append("P-05")
    pad.disarm(Deadline.PAYMENT_RETRY)
    pad.emit(events.RetriesCleared())
