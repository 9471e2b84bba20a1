"""The payment service: reserves, takes, frees and gives back money, each request once, and keeps books."""

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
from simulators.ledger import Ledger, PaymentEntry, RefundEntry
from simulators.partner import Partner
from simulators.planned import Heard, Planned
from simulators.settings import Simulation

UNKNOWN_PAYMENT: Final = "unknown_payment"
EXCEEDS: Final = "amount_exceeds"


class PaymentService(Partner):
    """The payment service; what it has done for a request id it never does again."""

    slug = "payment-service"
    writes = topics.PAYMENT
    hears = MappingProxyType(
        {topics.PAYMENT_REQUESTS: (AuthorizationRequested, CaptureRequested, VoidRequested, RefundRequested)}
    )

    def __init__(self, settings: Simulation, ledger: Ledger | None = None) -> None:
        super().__init__(settings, ledger)
        self._answered: dict[str, Message] = {}

    def answers(self, heard: Heard, rng: Random) -> list[Planned]:
        """Return the one answer to a request: the same for every copy of it."""
        known = self._answered.get(heard.matter)
        answer = known or self._act(heard.order_id, heard.message)
        self._answered[heard.matter] = answer
        return [self.say(answer, heard.order_id, self.settings.pace.wait(rng), heard.matter)]

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
        if payment is None or payment.captured or payment.voided:
            self.ledger.object_to(f"payment {payment_id} can't be raised to {request.amount.amount}")
            return PaymentRefused(request_id=request.request_id, reason=UNKNOWN_PAYMENT)
        payment.authorised = request.amount.amount
        self.ledger.count("payments_raised")
        return PaymentAuthorized(request_id=request.request_id, payment_id=payment_id, amount=request.amount)

    def _capture(self, request: CaptureRequested) -> Message:
        payment = self.ledger.payments.get(request.payment_id)
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
        self.ledger.object_to(f"{operation.value} of {request.amount.amount} on payment {request.payment_id}: {reason}")
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
