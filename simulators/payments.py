"""The payment service: reserves, takes, frees and gives back money, each request once, and keeps books."""

from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from types import MappingProxyType
from typing import Final

from contracts import topics
from contracts.message import Message
from contracts.payments import (
    AuthorizationRequested,
    CaptureRequested,
    ChequeReceived,
    Operation,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentRefused,
    PaymentVoided,
    RefundExecuted,
    RefundFailed,
    RefundRequested,
    Tender,
    VoidRequested,
)
from contracts.shop import PaymentMethod
from contracts.values import changed
from simulators.ledger import Ledger, PaymentEntry, RefundEntry
from simulators.partner import Partner
from simulators.planned import Heard, Planned
from simulators.settings import Simulation

UNKNOWN_PAYMENT: Final = "unknown_payment"
EXCEEDS: Final = "amount_exceeds"
EXPIRED: Final = "authorization_expired"
LAPSES_WITHIN: Final = (2.0, 8.0)  # seconds from an authorisation to its end


class PaymentService(Partner):
    """The payment service; what it has done for a request id it never does again."""

    slug = "payment-service"
    writes = topics.PAYMENT
    hears = MappingProxyType(
        {topics.PAYMENT_REQUESTS: (AuthorizationRequested, CaptureRequested, VoidRequested, RefundRequested)}
    )

    def __init__(self, settings: Simulation, ledger: Ledger | None = None) -> None:
        super().__init__(settings, ledger)
        self._answered: dict[str, tuple[Message, ...]] = {}
        self._gone: set[str] = set()
        """Payments of which the hub may not know yet that their money is gone, or taken."""

    def answers(self, heard: Heard, rng: Random) -> list[Planned]:
        """Return the answer to a request, the same for every copy of it, and what comes beside it."""
        told = self._answered.get(heard.matter)
        if told is None:
            told = self._answered[heard.matter] = tuple(self._told(heard.order_id, heard.message))
        waits = accumulate(self.settings.pace.wait(rng) for _ in told)
        return [self.say(each, heard.order_id, wait, heard.matter) for each, wait in zip(told, waits, strict=True)]

    def _told(self, order_id: str, request: Message) -> list[Message]:
        if isinstance(request, VoidRequested) and self._is_crossed(order_id, request):
            return self._crossed(request)
        answer = self._act(order_id, request)
        if isinstance(request, AuthorizationRequested) and isinstance(answer, PaymentAuthorized):
            return self._beside(order_id, request, answer)
        return [answer]

    def _beside(self, order_id: str, request: AuthorizationRequested, answer: PaymentAuthorized) -> list[Message]:
        """Return a first authorisation with what else is said of it: a refusal that came to nothing, or its end."""
        mischief, first = self.settings.mischief, request.attempt == 1 and request.payment_id is None
        if first and self.chance.happens(mischief.webhooks_swapped, "webhooks_swapped", order_id):
            self.ledger.count("webhooks_swapped")
            refusal = PaymentRefused(request_id=request.request_id, reason="time_out")
            early = self.chance.happens(0.5, "refusal_first", order_id)
            return [refusal, answer] if early else [answer, refusal]
        if first and self.chance.happens(mischief.reservations_lapsing, "reservations_lapsing", order_id):
            return [self._lapsing(answer)]
        if first and self.chance.happens(mischief.reservations_lost, "reservations_lost", order_id):
            self.ledger.count("reservations_lost")
            self.ledger.payments[answer.payment_id].voided = answer.amount.amount
            self._gone.add(answer.payment_id)
            gone = self.chance.id("bank", request.request_id)
            return [answer, PaymentVoided(request_id=gone, payment_id=answer.payment_id, amount=answer.amount)]
        return [answer]

    def _lapsing(self, answer: PaymentAuthorized) -> Message:
        """Return an authorisation with a near end; the end itself is told to nobody."""
        seconds = self.chance.rng("lapsing", answer.payment_id).uniform(*LAPSES_WITHIN)
        end = self.settings.now() + timedelta(seconds=seconds)
        self.ledger.count("reservations_lapsing")
        self.ledger.payments[answer.payment_id].expires_at = end.isoformat()
        return changed(answer, expires_at=end)

    def _has_lapsed(self, payment: PaymentEntry) -> bool:
        """Tell whether a reservation has ended: from then on it can't be taken or raised, only be called free."""
        end = payment.expires_at
        return end is not None and not payment.captured and datetime.fromisoformat(end) <= self.settings.now()

    def _is_crossed(self, order_id: str, request: VoidRequested) -> bool:
        """Tell whether somebody takes the order's only money, all of which is to be set free."""
        mine = [entry for entry in self.ledger.payments.values() if entry.order_id == order_id]
        whole = len(mine) == 1 and not self._has_lapsed(mine[0])
        whole = whole and mine[0].authorised == request.amount.amount and not mine[0].captured + mine[0].voided
        return whole and self.chance.happens(self.settings.mischief.voids_crossed, "voids_crossed", order_id)

    def _crossed(self, request: VoidRequested) -> list[Message]:
        self.ledger.payments[request.payment_id].captured = request.amount.amount
        self._gone.add(request.payment_id)
        self.ledger.count("voids_crossed")
        by_hand = self.chance.id("console", request.request_id)
        return [
            PaymentCaptured(request_id=by_hand, payment_id=request.payment_id, amount=request.amount),
            PaymentRefused(request_id=request.request_id, operation=Operation.VOID, reason="captured"),
        ]

    def _act(self, order_id: str, request: Message) -> Message:
        match request:
            case AuthorizationRequested():
                return self._authorize(order_id, request)
            case CaptureRequested():
                return self._capture(request)
            case VoidRequested():
                return self._void(request)
            case RefundRequested():
                return self._refund(order_id, request)
            case _:
                raise AssertionError(f"the payment service does not hear {request.type()}")

    def _authorize(self, order_id: str, request: AuthorizationRequested) -> Message:
        mischief = self.settings.mischief
        if self.chance.happens(mischief.payment_final_refusals, "never_paid", order_id):
            self.ledger.explain("payment_refusals", order_id, self.slug, request.type())
            return PaymentRefused(request_id=request.request_id, reason="card_blocked")
        if request.attempt == 1 and self.chance.happens(mischief.payment_refusals, "paid_later", order_id):
            self.ledger.count("payments_refused_once")
            return PaymentRefused(request_id=request.request_id, reason="insufficient_funds")
        if request.method == PaymentMethod.CHEQUE:
            self.ledger.count("cheques_received")
            return ChequeReceived(amount=request.amount)
        if request.payment_id is not None:
            return self._raise(request, request.payment_id)
        payment_id = self.chance.id("payment", request.request_id)
        self.ledger.payments[payment_id] = PaymentEntry(order_id, request.amount.amount, request.amount.currency)
        self.ledger.count("payments_authorized")
        return PaymentAuthorized(request_id=request.request_id, payment_id=payment_id, amount=request.amount)

    def _raise(self, request: AuthorizationRequested, payment_id: str) -> Message:
        payment = self.ledger.payments.get(payment_id)
        if payment is not None and self._has_lapsed(payment):
            return PaymentRefused(request_id=request.request_id, reason=EXPIRED)
        if payment is None or payment.captured or payment.voided:
            if payment_id not in self._gone:
                self.ledger.object_to(f"payment {payment_id} can't be raised to {request.amount.amount}")
            return PaymentRefused(request_id=request.request_id, reason=UNKNOWN_PAYMENT)
        payment.authorised = request.amount.amount
        self.ledger.count("payments_raised")
        return PaymentAuthorized(request_id=request.request_id, payment_id=payment_id, amount=request.amount)

    def _capture(self, request: CaptureRequested) -> Message:
        payment = self.ledger.payments.get(request.payment_id)
        if payment is not None and self._has_lapsed(payment):
            self.ledger.count("captures_too_late")
            return PaymentRefused(request_id=request.request_id, operation=Operation.CAPTURE, reason=EXPIRED)
        if payment is None or request.amount.amount > payment.authorised - payment.captured - payment.voided:
            return self._refuse(request, Operation.CAPTURE, UNKNOWN_PAYMENT if payment is None else EXCEEDS)
        payment.captured += request.amount.amount
        payment.voided = payment.authorised - payment.captured  # what a capture leaves is free again
        self.ledger.count("payments_captured")
        return PaymentCaptured(request_id=request.request_id, payment_id=request.payment_id, amount=request.amount)

    def _void(self, request: VoidRequested) -> Message:
        payment = self.ledger.payments.get(request.payment_id)
        if payment is None or request.amount.amount > payment.authorised - payment.captured - payment.voided:
            return self._refuse(request, Operation.VOID, UNKNOWN_PAYMENT if payment is None else EXCEEDS)
        payment.voided += request.amount.amount
        self.ledger.count("payments_voided")
        return PaymentVoided(request_id=request.request_id, payment_id=request.payment_id, amount=request.amount)

    def _refuse(self, request: CaptureRequested | VoidRequested, operation: Operation, reason: str) -> Message:
        if request.payment_id not in self._gone:
            asked = f"{operation.value} of {request.amount.amount}"
            self.ledger.object_to(f"{asked} on payment {request.payment_id}: {reason}")
        return PaymentRefused(request_id=request.request_id, operation=operation, reason=reason)

    def _refund(self, order_id: str, request: RefundRequested) -> Message:
        done = self.ledger.refunds.get(request.refund_id)
        if done is not None:
            return self._refunded_before(done, request)
        failure = self._refund_failure(order_id, request)
        if failure is not None:
            return failure
        payment = self.ledger.payments[request.payment_id]
        payment.refunded += request.amount.amount
        entry = RefundEntry.of(order_id, request.payment_id, request.request_id, request.amount)
        self.ledger.refunds[request.refund_id] = entry
        self.ledger.count("refunds_executed")
        return self._executed(request)

    def _refund_failure(self, order_id: str, request: RefundRequested) -> Message | None:
        mischief, payment = self.settings.mischief, self.ledger.payments.get(request.payment_id)
        if payment is None or request.amount.amount > payment.captured - payment.refunded:
            reason = UNKNOWN_PAYMENT if payment is None else EXCEEDS
            self.ledger.object_to(f"refund {request.refund_id} of {request.amount.amount}: {reason}")
            return self._failed(request, reason, retryable=False)
        refused = self.chance.happens(mischief.refund_refusals, "never_refunded", request.refund_id)
        if refused and request.tender == Tender.ORIGINAL:
            self.ledger.explain("refund_refusals", order_id, self.slug, request.refund_id)
            return self._failed(request, "account_closed", retryable=True)
        if request.attempt == 1 and self.chance.happens(mischief.refund_failures, "refunded_later", request.refund_id):
            self.ledger.count("refunds_failed_once")
            return self._failed(request, "provider_busy", retryable=True)
        return None

    def _refunded_before(self, done: RefundEntry, request: RefundRequested) -> Message:
        """Return the old success under the new request; another amount is an objection."""
        if done.amount == request.amount.amount:
            return self._executed(request)
        self.ledger.object_to(f"refund {request.refund_id} was {done.amount}, now {request.amount.amount} is asked")
        return self._failed(request, "already_refunded", retryable=False)

    def _executed(self, request: RefundRequested) -> Message:
        return RefundExecuted(
            request_id=request.request_id,
            refund_id=request.refund_id,
            amount=request.amount,
            provider_reference=self.chance.id("refund", request.refund_id),
        )

    def _failed(self, request: RefundRequested, reason: str, *, retryable: bool) -> Message:
        return RefundFailed(
            request_id=request.request_id, refund_id=request.refund_id, reason=reason, retryable=retryable
        )
