"""Examples: a fact of every class that there is a rule for, about an order as it stands."""

from collections.abc import Iterable, Iterator
from typing import Any

from contracts import commands as desk
from domain.deciding.money import Money
from domain.deciding.values import fields
from domain.orders import facts
from domain.orders.order import Order
from domain.orders.rules import RULES
from tests.domain.world.cast import ADDRESS, START, line, placed


class FieldHasNoExample(Exception):
    """No example of {kind} can be made: give its field `{name}` a value in tests/domain/world/examples.py.

    One for all classes with such a field goes to FIELDS, one for {kind} alone to KINDS, its `lines` to LINES_OF.
    """

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(kind, name)
        self.kind = kind
        self.name = name

    def __str__(self) -> str:
        return " ".join((self.__doc__ or "").format(**vars(self)).split())


FIELDS: dict[str, object] = {
    **{each.name: getattr(placed(), each.name) for each in fields(facts.OrderPlaced) if each.name != "lines"},
    "request_id": "unknown",
    "payment_id": "p-1",
    "reference": "console-1",
    "operation": "capture",
    "verdict": "review",
    "tracking_number": "T-1",
    "carrier": "colibri",
    "model": "m",
    "text": "hello",
    "reason": "customer_choice",
    "origin_number": "N-9",
    "outcome": "refund",
    "due_at": START,
    "user": "bea",
    "address": ADDRESS,
    "intent": "cancel",
    "signed": True,
    "billing_address": ADDRESS,
    "customer_name": True,
    "other_id": "o-7",
    "link": "related",
}
"""What a field holds whose class says nothing else."""
LINES_OF: dict[type[facts.Fact], tuple[object, ...]] = {
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
    desk.CreateZeroOrder: (desk.LineQuantity(1, 1),),
    desk.ChangePrice: (desk.PriceCut(1, 10),),
    desk.ResetPrice: (1,),
    desk.SplitShipment: (desk.LineQuantity(1, 1),),
    desk.RequestRefund: (desk.LineQuantity(1, 1),),
    facts.ReleaseExchange: (facts.ExchangeLine(1, 1),),
    facts.ReplacementReturned: (facts.ExchangeLine(1, 1),),
    facts.ReplacementRemoved: (facts.ExchangeLine(1, 1),),
}
"""What `lines` holds: it is of another kind in nearly every class."""
KINDS: dict[type[facts.Fact], dict[str, object]] = {
    facts.SubmitOrder: {"kind": "regular"},
    facts.ReturnReceived: {"receipt_id": "receipt-1"},
    facts.ReceiveReturn: {"receipt_id": "receipt-1"},
    facts.FlashFulfilled: {"find_id": "find-1"},
    facts.ExchangeAnswered: {"outcome": "opened"},
    desk.DraftOrder: {"kind": "regular"},
    desk.ModifyOrder: {"add": (desk.NewLine(sku="hat-1", quantity=1, unit_price=700),)},
    desk.EditOrder: {"lines": None, "splits": (), "addresses": (desk.EditedAddress(address=ADDRESS),)},
    desk.ChangeAddress: {"kind": "shipping"},
    facts.PaymentRefused: {"operation": "authorization"},
    desk.NotePayment: {"amount": 100},
    desk.BookPayment: {"amount": 100},
    desk.RequestRefund: {"kind": "items", "amount": None},
    desk.CheckCheque: {"amount": True, "billing_address": True},
}
"""What the fields of one class hold, whatever FIELDS says."""


def samples(order: Order, kinds: Iterable[type[facts.Fact]] = RULES) -> Iterator[facts.Fact]:
    """A fact of every class that names things of this order, where it has them."""
    values = FIELDS | _things_of(order)
    for kind in kinds:
        special = {"lines": LINES_OF[kind]} if kind in LINES_OF else {}
        yield _made(kind, values | special | KINDS.get(kind, {}))


def _things_of(order: Order) -> dict[str, object]:
    return {
        "shipment_id": order.shipments[0].id if order.shipments else "s-1",
        "rma_code": order.returns[0].code if order.returns else "RMA-X",
        "refund_id": order.refunds[0].id if order.refunds else "rf-1",
        "flash_id": order.flashes[0].id if order.flashes else "fl-1",
        "amount": Money(order.total, order.currency or "EUR"),
        "origin_id": order.origin.order_id if order.origin else "o-9",
        "replacement_id": order.replaced[0].order_id if order.replaced else "x-1",
        "asked_by": order.replaced[0].order_id if order.replaced else "x-1",
        "exchange_id": order.exchanges[0].order_id if order.exchanges else "x-1",
        "timer_id": order.timers[0].id if order.timers else "t-1",
        "kind": order.timers[0].kind if order.timers else "payment",
        "alert": order.alerts[0].name if order.alerts else "flagged",
    }


def _made(kind: type[facts.Fact], values: dict[str, object]) -> facts.Fact:
    given: dict[str, Any] = {each.name: values[each.name] for each in fields(kind) if each.name in values}
    for each in fields(kind):
        if each.name not in given and each.required:
            raise FieldHasNoExample(kind.__name__, each.name)
    return kind(**given)
