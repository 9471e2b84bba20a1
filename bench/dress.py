"""The workload in the hub's dress: each event of the story as the nearest fact of the hub, and what comes with it.

bench/README.md has the table of the translation.
"""

import random
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from bench.identity import NAMESPACE, derived, rma_code
from bench.records import Fact, HeaderList, Written
from bench.spelling import attributes, compact, milliseconds, rfc3339, uuid7
from bench.story import Event, Rubbish, Told, sent_again

SCAN: Final = "carrier.in_transit.v1"
UNREADABLE: Final = {
    "number": "N0",
    "store": "web-eu",
    "currency": "EUR",
    "customer": {"id": "C1"},
    "shipping_address": {"name": "x"},
    "lines": [],
    "shipping_fee": -5,
    "pad": "x" * 250,
}
"""Data that break the contract of a placed order."""
Data = dict[str, Any]
Translated = Iterator[tuple[Event, str, Fact]]
"""An event, the topic on which it is told, and what is told."""


class HubDress:
    """Translates the events of a story, one order after the other."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed + 1)  # noqa: S311 - of its own, so that the story stays as it is
        self._total = 0
        self._short: list[int] = []
        self._answers = 0

    def translated(self, event: Event) -> Translated:
        """Yield the event as the hub's partners would tell it, and what they tell besides, in causal order."""
        data = event.told.data
        match event.told.type:
            case "order.placed":
                yield from self._placed(event, data)
            case "fraud.scored":
                yield event, "fraud.events", _fact(event, "fraud.scored.v1", _scored(event.order_id, data))
            case "availability.answered":
                yield from self._answered(event, data)
            case "return.received":
                yield from self._returned(event, data)
            case "carrier.picked_up":
                yield event, "carrier.events", _fact(event, "carrier.collected.v1", _scanned(data))
                captured = self._besides(event, timedelta(seconds=0.4), "/payments/acquirer")
                taken = self._payment(event.order_id) | {"request_id": derived(event.order_id, "capture")}
                yield captured, "payment.events", _fact(captured, "payment.captured.v1", taken)
            case kind:
                yield event, "carrier.events", _fact(event, f"{kind}.v1", _scanned(data))

    def _placed(self, event: Event, data: Data) -> Translated:
        self._total, self._short, self._answers = data["total_cents"], [], 0
        yield event, "shop.events", _fact(event, "order.placed.v1", _order(event, data))
        authorised = self._besides(event, timedelta(seconds=0.3), "/payments/acquirer")
        reserved = self._payment(event.order_id) | {"request_id": derived(event.order_id, "authorization", 1)}
        yield authorised, "payment.events", _fact(authorised, "payment.authorized.v1", reserved)

    def _payment(self, order_id: str) -> Data:
        payment_id = f"pay_{order_id.replace('-', '')}"
        return {"payment_id": payment_id, "amount": {"amount": self._total, "currency": "EUR"}}

    def _answered(self, event: Event, data: Data) -> Translated:
        """Yield the answer for one line. After the last answer, short lines are found, unless all are short."""
        short = data["answer"] == "short"
        self._short += [data["line"]] if short else []
        self._answers += 1
        status = "restocking" if short else "available"
        said = _report(event.order_id, data, [(data["line"], status, data["qty_on_hand"])])
        yield event, "availability.events", _fact(event, "availability.reported.v1", said)
        if self._answers == 3 and 0 < len(self._short) < 3:
            found = self._besides(event, timedelta(seconds=0.5), event.told.source)
            again = _report(event.order_id, data, [(line, "available", 5) for line in self._short])
            yield found, "availability.events", _fact(found, "availability.reported.v1", again)

    def _returned(self, event: Event, data: Data) -> Translated:
        """Yield the customer's wish to return, three seconds before the parcel, and the parcel with the hub's code."""
        asked = self._besides(event, -timedelta(seconds=3), "/shop/account")
        pieces = [{"line": x["line"], "quantity": x["qty"]} for x in data["lines"]]
        wish = {"lines": [each | {"reason": data["reason"], "comment": data["note"]} for each in pieces]}
        yield asked, "shop.events", _fact(asked, "return.requested.v1", wish | {"outcome": "refund"})
        code = rma_code(event.order_id, asked.told.source, asked.id)
        parcel = {"rma_code": code, "lines": pieces, "validated": True}
        yield event, "warehouse.events", _fact(event, "return.received.v1", parcel)

    def _besides(self, event: Event, later: timedelta, source: str) -> Event:
        """Return an event that the story doesn't have, some time after another one. Copies are as frequent."""
        sent = event.sent + later
        again = sent_again(self._rng, sent)
        told = Told("", "", source, 0.0, {})
        event_id = uuid7(self._rng, event.at + later)
        return Event(event.order, event.order_id, event_id, told, event.at + later, sent, again)


def headers(event: Event, kind: str) -> HeaderList:
    """Return the headers of an event that is told as a fact of this type."""
    return attributes(event.id, kind, event.told.source, event.order_id, event.at)


def rubbish(poison: Rubbish) -> Written:
    """Return a record that can't be read: half of its data, or data that break the contract."""
    value, at = compact(UNREADABLE), poison.at
    named = attributes(_uuid_of(poison.value), "order.placed.v1", "/shop/checkout", poison.order_id, at)
    return Written("shop.events", poison.order_id, value[:-40] if poison.torn else value, named, milliseconds(at))


def scan(order_id: str, tracking: str, number: int, at: datetime) -> tuple[Fact, Written]:
    """Return the carrier's n-th scan of a parcel on its way. Told in the order of `at`, each is news to its order."""
    fact_id = str(uuid.uuid5(NAMESPACE, f"{order_id} scan {number} {at.timestamp()}"))
    place = f"Depot {number % 60}, handheld {number}"
    data = {"tracking_number": tracking, "carrier": "PostBee", "location": place}
    named = attributes(fact_id, SCAN, "/carrier/postbee", order_id, at)
    written = Written("carrier.events", order_id, compact(data), named, milliseconds(at))
    return Fact(fact_id, SCAN, rfc3339(at), data), written


def _fact(event: Event, kind: str, data: Data) -> Fact:
    return Fact(event.id, kind, rfc3339(event.at), data)


def _order(event: Event, data: Data) -> Data:
    lines = [
        {"line": x["line"], "sku": x["sku"], "quantity": x["qty"], "unit_price": x["price_cents"]}
        for x in data["lines"]
    ]
    return {
        "number": f"W{event.order:08d}",
        "store": "web-eu",
        "channel": "website",
        "currency": data["currency"],
        "payment_method": "card",
        "customer": {"id": data["customer_id"], "name": data["ship_to"]["name"], "locale": "en"},
        "shipping_address": data["ship_to"],
        "lines": lines,
        "placed_at": rfc3339(event.at),
    }


def _scored(order_id: str, data: Data) -> Data:
    return {
        "verdict": "decline" if data["decision"] == "reject" else "clear",
        "request_id": derived(order_id, "score"),
        "score": round(100 * data["score"]),
        "reasons": [each["name"] for each in data["signals"]],
    }


def _report(order_id: str, data: Data, lines: list[tuple[int, str, int]]) -> Data:
    shipment = derived(order_id, "shipment", 1)
    return {
        "request_id": derived(order_id, "availability", shipment, 1),
        "shipment_id": shipment,
        "warehouse": data["warehouse"],
        "lines": [{"line": line, "status": status, "stock": stock} for line, status, stock in lines],
    }


def _scanned(data: Data) -> Data:
    where = data["location"]
    place = f"{where['street']}, {where['postcode']} {where['city']}, {where['country']}"
    return {"tracking_number": data["tracking"], "carrier": data["carrier"], "location": place}


def _uuid_of(value: bytes) -> str:
    """Return the event id in a record of rubbish. It stands early enough to be in a torn one."""
    start = value.index(b'"id": "') + 7
    return value[start : start + 36].decode()
