"""Answers: what partners may say to each request; numbers choose the details."""

from collections.abc import Callable

from domain.deciding.money import Money
from domain.orders import facts, requests
from domain.orders.facts import Fact
from domain.orders.order import Order
from domain.orders.requests import Request
from tests.domain.world.cast import START

STATUSES = ("available", "available", "restocking", "anomaly", "unavailable")


def another(amount: Money) -> Money:
    """Return an amount that nobody asked for."""
    return Money(amount.amount + 1, amount.currency)


def to_authorization(asked: requests.AuthorizationRequested, n: int) -> list[Fact]:
    payment = asked.payment_id or f"pay-{asked.number}" + (f"-{asked.attempt}" if asked.attempt > 1 else "")
    if asked.method == "cheque":
        return [facts.ChequeReceived(asked.amount), facts.PaymentCaptured(asked.request_id, payment, asked.amount)]
    return [
        facts.PaymentAuthorized(asked.request_id, payment, asked.amount),
        facts.PaymentAuthorized(asked.request_id, payment, asked.amount),
        facts.PaymentRefused(asked.request_id),
        facts.PaymentAuthorized(asked.request_id, payment, another(asked.amount)),
        facts.PaymentAuthorized(asked.request_id, payment, asked.amount, expires_at=START),
    ]


def to_capture(asked: requests.CaptureRequested, n: int) -> list[Fact]:
    return [
        facts.PaymentCaptured(asked.request_id, asked.payment_id, asked.amount),
        facts.PaymentRefused(asked.request_id, "capture"),
        facts.PaymentCaptured(asked.request_id, asked.payment_id, another(asked.amount)),
    ]


def to_void(asked: requests.VoidRequested, n: int) -> list[Fact]:
    return [
        facts.PaymentVoided(asked.request_id, asked.payment_id, asked.amount),
        facts.PaymentRefused(asked.request_id, "void"),
    ]


def to_score(asked: requests.ScoreRequested, n: int) -> list[Fact]:
    verdicts = ("clear", "clear", "review", "decline")
    return [facts.FraudScored(verdict, asked.request_id) for verdict in verdicts]


def to_availability(asked: requests.AvailabilityRequested, n: int) -> list[Fact]:
    def report(seed: int, stock: int | None) -> Fact:
        lines = tuple(
            facts.ReportedLine(entry.line, STATUSES[(seed // 5**at) % 5], stock) for at, entry in enumerate(asked.lines)
        )
        return facts.AvailabilityReported(request_id=asked.request_id, shipment_id=asked.shipment_id, lines=lines)

    return [report(0, None), report(0, 9), report(n, 9), report(n, None), report(n, 0)]


def to_flash(asked: requests.FlashRequested, n: int) -> list[Fact]:
    whole = tuple(facts.FulfilledLine(entry.line, entry.quantity) for entry in asked.lines)
    return [
        facts.FlashFulfilled(asked.flash_id, whole, f"find-{n}"),
        facts.FlashAccepted(asked.flash_id),
        facts.FlashFulfilled(asked.flash_id, (facts.FulfilledLine(asked.lines[0].line, 1),), f"find-1-{n}"),
        facts.FlashRefused(asked.flash_id),
        facts.FlashRefused(asked.flash_id, substitute="shirt-9-M"),
    ]


def to_refund(asked: requests.RefundRequested, n: int) -> list[Fact]:
    return [
        facts.RefundExecuted(asked.request_id, asked.refund_id, asked.amount),
        facts.RefundFailed(asked.request_id, asked.refund_id),
        facts.RefundFailed(asked.request_id, asked.refund_id, retryable=False),
        facts.RefundReversed(asked.refund_id, asked.amount),
    ]


def to_recall(asked: requests.RecallRequested, n: int) -> list[Fact]:
    named = asked.request_id
    return [facts.RecallAccepted(asked.shipment_id, named), facts.RecallRefused(asked.shipment_id, request_id=named)]


def to_return(asked: requests.ReturnAnnounced, n: int) -> list[Fact]:
    def parcel(extra: int, *, good: bool) -> Fact:
        lines = tuple(facts.ReceivedLine(entry.line, entry.quantity + extra) for entry in asked.lines)
        return facts.ReturnReceived(asked.rma_code, lines, good, f"receipt-{extra}{good}")

    one = (facts.ReceivedLine(asked.lines[0].line, 1),)
    part = facts.ReturnReceived(asked.rma_code, one, bool(n % 2), f"receipt-{n}")
    return [parcel(0, good=True), parcel(0, good=False), part, parcel(1, good=True)]


def to_release(asked: requests.ShipmentRelease, n: int) -> list[Fact]:
    return way(asked.shipment_id)


def way(shipment_id: str) -> list[Fact]:
    """Return what a warehouse and a carrier say of a shipment, in order."""
    number = f"T-{shipment_id[:8]}"
    return [
        facts.PickingStarted(shipment_id),
        facts.ParcelPacked(shipment_id, f"P-{shipment_id[:8]}"),
        facts.ShipmentHandedOver(shipment_id, "colibri", number),
        facts.CarrierDelivered(number),
        facts.CarrierCollected(number, shipment_id=shipment_id),
        facts.CarrierInTransit(number, location="Lyon"),
        facts.CarrierException(number, code="address_unknown"),
        facts.CarrierReturnedToSender(number),
    ]


ANSWERS_TO: dict[type[Request], Callable[..., list[Fact]]] = {
    requests.AuthorizationRequested: to_authorization,
    requests.CaptureRequested: to_capture,
    requests.VoidRequested: to_void,
    requests.ScoreRequested: to_score,
    requests.AvailabilityRequested: to_availability,
    requests.FlashRequested: to_flash,
    requests.ShipmentRelease: to_release,
    requests.RefundRequested: to_refund,
    requests.RecallRequested: to_recall,
    requests.ReturnAnnounced: to_return,
}
"""What each request's partner may answer; the first answer is the good one."""


def moves(order: Order) -> list[Fact]:
    """Return what a warehouse and a carrier may say of the order's shipments, asked or not."""
    said = [fact for shipment in order.shipments for fact in way(shipment.id)]
    said += [facts.RecallAccepted(shipment.id) for shipment in order.shipments]
    return said
