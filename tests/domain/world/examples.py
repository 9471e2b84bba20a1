"""Samples: a fact of every class that there is a rule for, about an order as it stands."""

from collections.abc import Iterator
from dataclasses import fields

from domain.deciding.money import Money
from domain.orders import desk_facts as desk
from domain.orders import facts
from domain.orders.decide import RULES
from domain.orders.order import Order
from tests.domain.world.cast import ADDRESS, START, line, placed


def samples(order: Order) -> Iterator[facts.Fact]:
    """A fact of every class that names things of this order, where it has them."""
    shipment = order.shipments[0].id if order.shipments else "s-1"
    code = order.returns[0].code if order.returns else "RMA-X"
    refund = order.refunds[0].id if order.refunds else "rf-1"
    flash = order.flashes[0].id if order.flashes else "fl-1"
    values: dict[str, object] = {
        **{name: getattr(placed(), name) for name in _names(facts.OrderPlaced)},
        "shipment_id": shipment,
        "rma_code": code,
        "refund_id": refund,
        "flash_id": flash,
        "request_id": "unknown",
        "payment_id": "p-1",
        "amount": Money(order.total, order.currency or "EUR"),
        "verdict": "review",
        "tracking_number": "T-1",
        "carrier": "colibri",
        "model": "m",
        "text": "hello",
        "reason": "customer_choice",
        "origin_id": order.origin.order_id if order.origin else "o-9",
        "origin_number": "N-9",
        "exchange_id": order.exchanges[0].order_id if order.exchanges else "x-1",
        "outcome": "refund",
        "timer_id": order.timers[0].id if order.timers else "t-1",
        "kind": order.timers[0].kind if order.timers else "payment",
        "due_at": START,
        "user": "bea",
        "address": ADDRESS,
        "intent": "cancel",
        "signed": True,
        "billing_address": ADDRESS,
        "customer_name": True,
        "other_id": "o-7",
        "alert": order.alerts[0].name if order.alerts else "flagged",
        "link": "related",
    }
    for kind in RULES:
        chosen = {name: values[name] for name in _names(kind) if name in values}
        yield kind(**{**chosen, **_lines(kind)})


KINDS: dict[type, dict[str, object]] = {
    facts.SubmitOrder: {"kind": "regular"},
    desk.DraftOrder: {"kind": "regular"},
    desk.ChangeAddress: {"kind": "shipping"},
    desk.RequestRefund: {"kind": "items", "amount": None},
    desk.CheckCheque: {"amount": True, "billing_address": True},
}


def _names(kind: type[facts.Fact]) -> list[str]:
    return [each.name for each in fields(kind)]


def _lines(kind: type) -> dict[str, object]:
    lines: dict[type, object] = {
        facts.OrderPlaced: (line(),),
        facts.SubmitOrder: (line(),),
        facts.OpenExchange: (line(),),
        facts.ReturnRequested: (facts.ReturnLine(1, 1),),
        facts.CreateReturn: (facts.ReturnLine(1, 1),),
        facts.AvailabilityReported: (facts.ReportedLine(1, "available"),),
        facts.FlashFulfilled: (facts.FulfilledLine(1, 1),),
        facts.ReturnReceived: (facts.ReceivedLine(1, 1),),
        facts.ReceiveReturn: (facts.ReceivedLine(1, 1),),
        facts.CreateFlash: (facts.FulfilledLine(1, 1),),
        facts.AddToFlash: (facts.FulfilledLine(1, 1),),
        facts.RemoveFromFlash: (1,),
        facts.OpenZeroOrder: (line(),),
        desk.DraftOrder: (line(),),
        desk.ChangePrice: (desk.PriceCut(1, 10),),
        desk.ResetPrice: (1,),
        desk.SplitShipment: (desk.LineQuantity(1, 1),),
        desk.RequestRefund: (desk.LineQuantity(1, 1),),
        facts.ReleaseExchange: (facts.ExchangeLine(1, 1),),
    }
    extra = dict(KINDS.get(kind, {}))
    if kind is desk.ModifyOrder:
        extra["add"] = (desk.NewLine("hat-1", 1, 700),)
    if kind is facts.ExchangeAnswered:
        extra["outcome"] = "opened"
    return extra | ({"lines": lines[kind]} if kind in lines else {})
