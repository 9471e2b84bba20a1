"""Wishes: what customers and agents may want of an order as it stands; numbers choose the details."""

from collections.abc import Callable

from contracts import commands as desk
from domain.orders import facts
from domain.orders.facts import Command, Fact
from domain.orders.order import Order, Shipment
from tests.domain.world.cast import ADDRESS, CUSTOMER, ELSEWHERE, UNKNOWN

REASONS = ("customer_choice", "fraud_proven", "single_line_out_of_stock", "a wish")


def wishes(order: Order, n: int) -> list[Fact]:
    """Return what the customer may want or answer."""
    lines = _return_lines(order, n)
    return [
        facts.ReturnRequested(lines, ("refund", "exchange")[n % 2], bool(n % 3), f"request-{n}"),
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
    quantity, hat = (
        1 + n % 3,
        desk.NewLine(sku="hat-1", quantity=1 + n % 2, unit_price=700, warehouse=(None, "north")[n % 2]),
    )
    name = UNKNOWN if shipment is None else shipment.id
    return [
        desk.ModifyOrder(add=(hat,)),
        desk.ModifyOrder(remove=(number,)),
        desk.ModifyOrder(change=(desk.LineQuantity(number, quantity),)),
        desk.ModifyOrder(add=(hat,), remove=(number,), change=(desk.LineQuantity(other, quantity),)),
        desk.ModifyOrder(carrier="swift", shipping_discount_pct=n % 101),
        desk.ModifyOrder(add=(desk.NewLine(sku="song-1", quantity=1, unit_price=99, kind="digital"),)),
        desk.ModifyOrder(),
        desk.EditOrder(desk.EditedLines(add=(hat,), change=(desk.LineQuantity(number, quantity),)), carrier="swift"),
        desk.EditOrder(
            prices=desk.EditedPrices((desk.PriceCut(number, 20),)),
            addresses=(desk.EditedAddress(address=ELSEWHERE),),
            splits=(desk.EditedSplit((desk.LineQuantity(other, 1),), None, "express"),),
            contact=desk.EditedContact(phone="+33 6 12 34 56 78"),
        ),
        desk.EditOrder(desk.EditedLines(remove=(number,)), shipping_discount_pct=n % 101),
        desk.ChangePrice((desk.PriceCut(number, (10, 33, 100)[n % 3]),), reason="late"),
        desk.ResetPrice((number,), reason="mistake"),
        desk.ChangeAddress(address=ELSEWHERE),
        desk.ChangeAddress(address=ELSEWHERE, kind="billing"),
        desk.ChangeAddress(address=ELSEWHERE, shipment_id=name),
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
            lines=(facts.OrderLine(line=1, sku="shirt-1-M", quantity=1 + n % 2, unit_price=999),),
            payment_method=("card", "cheque")[n % 2],
        ),
    ]


def money(order: Order, n: int) -> list[Command]:
    """Return the commands about cheques and refunds."""
    refund = order.refunds[n % len(order.refunds)].id if order.refunds else UNKNOWN
    lines, tender = (desk.LineQuantity(_number(order, n), 1 + n % 2),), ("original", "alternate", "manual")[n % 3]
    right = bool(n % 5)
    return [
        desk.CheckCheque(signed=True, amount=right, billing_address=True, customer_name=True),
        desk.AuthorizeCheque(),
        desk.ValidateCheque(),
        desk.ClearRetries(),
        desk.RetryPayment(reason="asked by the customer"),
        desk.NotePayment(
            ("capture", "void", "authorization", "refund")[n % 4],
            1 + n * 13 % 6000,
            f"console-{n % 5}",
            (None, "pay-9")[n % 2],
            refund,
            reason="done in the console",
        ),
        desk.BookPayment("pay-9", reason="as the bank has it"),
        desk.BookPayment(None, refund, 1 + n, reason="as the bank has it"),
        desk.WriteOffPayment(reason="not worth it"),
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
    code = order.returns[n % len(order.returns)].code if order.returns else UNKNOWN
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
    flash = order.flashes[n % len(order.flashes)].id if order.flashes else UNKNOWN
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
