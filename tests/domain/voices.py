"""Voices: what partners, customers and agents can say about an order as it stands; numbers choose the details."""

from collections.abc import Callable

from domain.deciding.money import Money
from domain.orders import desk_facts as desk
from domain.orders import facts, requests
from domain.orders.facts import Command, Fact
from domain.orders.order import Order, Shipment
from domain.orders.requests import Request
from tests.domain.desk_commands import ELSEWHERE
from tests.domain.world import ADDRESS, CUSTOMER, START

REASONS = ("customer_choice", "fraud_proven", "single_line_out_of_stock", "a wish")
STATUSES = ("available", "available", "restocking", "anomaly", "unavailable")
NOWHERE = "never-asked"


def another(amount: Money) -> Money:
    """Return an amount that nobody asked for."""
    return Money(amount.amount + 1, amount.currency)


def to_authorization(asked: requests.AuthorizationRequested, n: int) -> list[Fact]:
    payment = f"pay-{asked.number}"
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
        return facts.AvailabilityReported(asked.request_id, asked.shipment_id, lines)

    return [report(0, None), report(0, 9), report(n, 9), report(n, None), report(n, 0)]


def to_flash(asked: requests.FlashRequested, n: int) -> list[Fact]:
    whole = tuple(facts.FulfilledLine(entry.line, entry.quantity) for entry in asked.lines)
    return [
        facts.FlashFulfilled(asked.flash_id, whole),
        facts.FlashAccepted(asked.flash_id),
        facts.FlashFulfilled(asked.flash_id, (facts.FulfilledLine(asked.lines[0].line, 1),)),
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
        return facts.ReturnReceived(asked.rma_code, lines, good)

    part = facts.ReturnReceived(asked.rma_code, (facts.ReceivedLine(asked.lines[0].line, 1),), bool(n % 2))
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


TO: dict[type[Request], Callable[..., list[Fact]]] = {
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


def wishes(order: Order, n: int) -> list[Fact]:
    """Return what the customer may want or answer."""
    lines = _return_lines(order, n)
    return [
        facts.ReturnRequested(lines, ("refund", "exchange")[n % 2], bool(n % 3)),
        facts.CancellationRequested(),
        facts.CustomerAnswered("it was me"),
    ]


def _number(order: Order, n: int) -> int:
    return order.lines[n % len(order.lines)].line if order.lines else 1


def _return_lines(order: Order, n: int) -> tuple[facts.ReturnLine, ...]:
    size = ("M", "L")[n % 2]
    numbers = {_number(order, n), _number(order, n // 7)}
    return tuple(
        facts.ReturnLine(each, 1 + n % 2, exchange_sku=f"shirt-{each}-{size}" if n % 5 else None)
        for each in sorted(numbers)
    )


def _shipment(order: Order, n: int) -> Shipment | None:
    return order.shipments[n % len(order.shipments)] if order.shipments else None


def editing(order: Order, n: int) -> list[Command]:
    """Return the commands that change what is ordered, or where it goes."""
    number, other, shipment = _number(order, n), _number(order, n // 3), _shipment(order, n)
    quantity, hat = 1 + n % 3, desk.NewLine("hat-1", 1 + n % 2, 700, warehouse=(None, "north")[n % 2])
    name = NOWHERE if shipment is None else shipment.id
    return [
        desk.ModifyOrder(add=(hat,)),
        desk.ModifyOrder(remove=(number,)),
        desk.ModifyOrder(change=(desk.LineQuantity(number, quantity),)),
        desk.ModifyOrder(add=(hat,), remove=(number,), change=(desk.LineQuantity(other, quantity),)),
        desk.ModifyOrder(carrier="swift", shipping_discount_pct=n % 101),
        desk.ModifyOrder(add=(desk.NewLine("song-1", 1, 99, kind="digital"),)),
        desk.ModifyOrder(),
        desk.ChangePrice((desk.PriceCut(number, (10, 33, 100)[n % 3]),), reason="late"),
        desk.ResetPrice((number,), reason="mistake"),
        desk.ChangeAddress(ELSEWHERE),
        desk.ChangeAddress(ELSEWHERE, "billing"),
        desk.ChangeAddress(ELSEWHERE, shipment_id=name),
        desk.SplitShipment((desk.LineQuantity(number, quantity),), ELSEWHERE, "express"),
        desk.SplitShipment(tuple(desk.LineQuantity(each, 1) for each in sorted({number, other}))),
        desk.CancelShipment(name, reason="customer_choice"),
    ]


def control(order: Order, n: int) -> list[Command]:
    """Return the commands that stop an order, let it go on, or end it."""
    shipment = _shipment(order, n)
    one = None if shipment is None or n % 3 else shipment.id
    alert = order.alerts[n % len(order.alerts)].name if order.alerts else "flagged"
    return [
        facts.CancelOrder(reason=REASONS[n % 4]),
        facts.CancelOrder(reason=REASONS[0]),
        desk.RecallOrder(("cancel", "modify", "hold")[n % 3], one, reason="a wish"),
        desk.HoldOrder(reason="a question"),
        desk.SuspendOrder(reason="odd"),
        desk.ReleaseHold(reason="answered"),
        desk.ReleaseHold(("csr", "suspended", "logistics", "exchange", "recall", "alert")[n % 6], reason="answered"),
        desk.ResumeOrder(reason="looked at"),
        desk.FlagAlert("strange", blocking=bool(n % 2)),
        desk.ClearAlert(alert, reason="looked at"),
        desk.LockOrder(),
        desk.UnlockOrder(force=bool(n % 2)),
        facts.ApproveOrder(reason="known customer"),
        facts.FollowUpOrder(),
        desk.VoidOrder(),
        desk.ParkCall(),
        desk.TransferCall("bea"),
        facts.SubmitOrder(
            number=order.number or "N-1",
            store="lille",
            currency=order.currency or "EUR",
            customer=CUSTOMER,
            shipping_address=ADDRESS,
            lines=(facts.OrderLine(1, "shirt-1-M", 1 + n % 2, 999),),
            payment_method=("card", "cheque")[n % 2],
        ),
    ]


def money(order: Order, n: int) -> list[Command]:
    """Return the commands about cheques and refunds."""
    refund = order.refunds[n % len(order.refunds)].id if order.refunds else NOWHERE
    lines, tender = (desk.LineQuantity(_number(order, n), 1 + n % 2),), ("original", "alternate", "manual")[n % 3]
    right = bool(n % 5)
    return [
        desk.CheckCheque(signed=True, amount=right, billing_address=True, customer_name=True),
        desk.AuthorizeCheque(),
        desk.ValidateCheque(),
        desk.ClearRetries(),
        desk.RequestRefund("items", lines, shipping=bool(n % 2), tender=tender, reason="scratched"),
        desk.RequestRefund("items", lines * 2, amount=1 + n, reason="scratched"),
        desk.RequestRefund("goodwill", amount=1 + n * 7 % 6000, tender=tender, reason="sorry"),
        facts.ApproveRefund(refund),
        facts.CancelRefund(refund),
        desk.RefundDone(refund, "by hand"),
        desk.RetenderRefund(refund, tender, reason="card expired"),
    ]


def goods_back(order: Order, n: int) -> list[Command]:
    """Return the commands about returns."""
    code = order.returns[n % len(order.returns)].code if order.returns else NOWHERE
    lines = _return_lines(order, n)
    return [
        facts.CreateReturn(lines, refund_shipping=bool(n % 2), receipt_required=bool(n % 3)),
        facts.CreateReturn(lines[:1], "exchange"),
        facts.ConfirmReturn(code),
        facts.ReceiveReturn(code, (facts.ReceivedLine(lines[0].line, 1 + n % 3),), validated=bool(n % 2)),
        facts.ValidateReturn(code),
        facts.CloseReturnShort(code),
        facts.CancelReturn(code, reason="changed mind"),
        facts.RefuseReturn(code, reason="worn"),
        facts.SwitchReturnOutcome(code),
    ]


def search(order: Order, n: int) -> list[Command]:
    """Return the commands about flash reorders, and those that only note something."""
    flash = order.flashes[n % len(order.flashes)].id if order.flashes else NOWHERE
    number = _number(order, n)
    pieces = (facts.FulfilledLine(number, 1 + n % 2),)
    return [
        facts.CreateFlash(pieces, reason="have a look"),
        facts.AddToFlash(flash, pieces),
        facts.RemoveFromFlash(flash, (number,)),
        facts.SendFlash(flash),
        facts.CancelFlash(flash),
        facts.CommentOrder("hello"),
        desk.ResendEmail(),
        desk.CorrectItem("shirt-1", reason="too heavy"),
        desk.LinkOrder(f"other-{n % 3}"),
        desk.CreateZeroOrder((desk.LineQuantity(number, 1),) if n % 2 else (), reason="lost"),
    ]


Talk = Callable[[Order, int], list[Command]]
TALKS: tuple[Talk, ...] = (editing, control, money, goods_back, search)
