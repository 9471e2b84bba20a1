"""Messages as partners write them, and the short ways in which the tests read what came of them."""

import json
from collections.abc import Iterable
from typing import Any

from contracts.availability import AvailabilityReported, LineAvailability, ReportedLine
from contracts.fraud import FraudScored, Verdict
from contracts.message import Money
from contracts.partitioning import home
from contracts.payments import PaymentAuthorized, PaymentCaptured
from contracts.shop import Address, Customer, OrderLine, OrderPlaced
from contracts.values import changed
from contracts.warehouse import ShipmentHandedOver
from contracts.wire import Record
from domain.deciding.identity import derive
from domain.orders.goods.availability import request_id
from domain.orders.money.authorisation import authorization_id
from domain.orders.money.capture import capture_id
from tests.stage import Stage
from verification.proof import Verification, verify

CLEAR = FraudScored(verdict=Verdict.CLEAR)
PLACED, PAID, SCORED = ("order.placed", "applied"), ("payment.authorized", "applied"), ("fraud.scored", "applied")


def placed(number: str = "N-1", **changes: Any) -> OrderPlaced:
    """An order of two shirts for 40.00 EUR and 5.00 EUR shipping."""
    order = OrderPlaced(
        number=number,
        store="lille",
        currency="EUR",
        customer=Customer(id="c-1", name="Ada Test", email="ada@example.org"),
        shipping_address=Address(street="1 rue Basse", city="Lille", postcode="59000", country="FR"),
        lines=(OrderLine(line=1, sku="shirt-M", model="shirt", quantity=2, unit_price=2000),),
        shipping_fee=500,
    )
    return changed(order, **changes)


def authorized(order_id: str) -> PaymentAuthorized:
    """The answer to the order's first request for money."""
    asked = authorization_id(order_id, 1)
    return PaymentAuthorized(request_id=asked, payment_id=f"pay-{order_id}", amount=Money(amount=4500, currency="EUR"))


def available(order_id: str) -> AvailabilityReported:
    """The warehouse has everything."""
    shipment = derive(order_id, "shipment", 1)
    lines = (ReportedLine(line=1, status=LineAvailability.AVAILABLE),)
    return AvailabilityReported(request_id=request_id(order_id, shipment, 1), shipment_id=shipment, lines=lines)


def handed_over(order_id: str, tracking: str) -> ShipmentHandedOver:
    """The carrier has the parcel, under this number."""
    return ShipmentHandedOver(shipment_id=derive(order_id, "shipment", 1), carrier="colibri", tracking_number=tracking)


async def approve(stage: Stage, order_id: str) -> None:
    """Place an order, and say all that it takes until the warehouse is asked."""
    await stage.say("shop.events", placed(f"N-{order_id}"), order_id)
    await stage.say("payment.events", authorized(order_id), order_id)
    await stage.say("fraud.events", CLEAR, order_id)


async def send(stage: Stage, order_id: str, tracking: str) -> None:
    """Let the warehouse hand an approved order over to the carrier."""
    await stage.say("availability.events", available(order_id), order_id)
    await stage.say("warehouse.events", handed_over(order_id, tracking), order_id)


async def captured(stage: Stage, order_id: str) -> None:
    """The provider takes the money of a sent order, once the hub asks for it."""
    asked = "SELECT document FROM orders WHERE order_id = :order AND document::text LIKE '%capture_asked%'"
    await stage.until_rows(asked, order=order_id)
    amount = authorized(order_id).amount
    capture = PaymentCaptured(request_id=capture_id(order_id), payment_id=f"pay-{order_id}", amount=amount)
    await stage.say("payment.events", capture, order_id)


def named(shard: int, start: str = "o", shards: int = 2, count: int = 1) -> list[str]:
    """Return names whose home is this shard."""
    names = (f"{start}-{number}" for number in range(1000))
    return [name for name in names if home(name, shards) == shard][:count]


def header(record: Record, name: str) -> str:
    """Return a header as text, empty where there is none."""
    return (record.header(name) or b"").decode()


def ids(records: Iterable[Record]) -> list[str]:
    """Return the event ids of records; those of order states and of answers given again are left out."""
    return [
        header(record, "ce_id")
        for record in records
        if record.topic != "order.status" and record.header("hub-repeat") is None
    ]


def assert_once_and_in_order(records: Iterable[Record]) -> None:
    """Assert that no message is there twice, and that an order's messages are in the order of its journal.

    An answer that is given once more, as its command came once more, says so, and stands where it was asked for.
    """
    seen = [record for record in records if record.header("hub-repeat") is None]
    assert len(ids(seen)) == len(set(ids(seen)))
    last: dict[tuple[str, bytes | None], tuple[int, int]] = {}
    for record in seen:
        _, seq, n = header(record, "ce_id").rsplit(":", 2)
        if seq.isdigit() and n.isdigit() and record.key is not None:
            assert last.get((record.topic, record.key), (0, -1)) < (int(seq), int(n)), f"{record.place} came too late"
            last[(record.topic, record.key)] = (int(seq), int(n))


async def journal(stage: Stage, order_id: str) -> list[tuple[str, str]]:
    """Return type and outcome of an order's journal, in order."""
    rows = await stage.rows("SELECT type, outcome FROM journal WHERE order_id = :o ORDER BY seq", o=order_id)
    return [(row["type"].removesuffix(".v1"), row["outcome"]) for row in rows]


async def answers(stage: Stage, order_id: str) -> list[dict[str, str]]:
    """Return the answers to an order's commands, in order: type, command id, code, and whether given once more."""
    found = []
    for record in await stage.records("order.events"):
        kind = header(record, "ce_type").removesuffix(".v1")
        if kind.startswith("command.") and record.key == order_id.encode():
            told = json.loads(record.value or b"{}")
            answer = {"type": kind, "command": told["command_id"], "id": header(record, "ce_id")}
            found.append(answer | {"code": told.get("code", ""), "repeat": header(record, "hub-repeat")})
    return found


async def assert_proved(stage: Stage) -> None:
    """Stop the hub, and find nothing wrong with what it left."""
    await stage.stop_hubs()
    report = await verify(Verification(stage.kafka, stage.settings.database_url(), stage.settings.shards))
    assert report.ok, [str(each) for each in report.differences]
