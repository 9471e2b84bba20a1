"""The workload `order-lifecycle`: orders from the click to the return, the same for every run of a seed.

Three products of one sequence: the story of each order, the records in which the peers read it, and the records in
which the hub reads it. bench/README.md has the table of the translation.
"""

import json
import random
import uuid
from base64 import b32encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from typing import Any, Final, NamedTuple

from bench.records import Fact, HeaderList, Workload, Written

DUPLICATES: Final = 0.03
POISON: Final = 0.01
EARLY: Final = 0.04
"""Share of the fraud and return records that are sent before their predecessor: 0.6 % of all records."""
RETURNS: Final = 0.15
REJECTED: Final = 0.02
SHORT: Final = 0.05
START: Final = datetime(2026, 11, 1, tzinfo=UTC)
ORDER_EVERY: Final = timedelta(seconds=0.01)
EARLY_BY: Final = timedelta(seconds=0.3)
SEED: Final = 7
HUB_TOPICS: Final = (
    "shop.events",
    "payment.events",
    "fraud.events",
    "availability.events",
    "warehouse.events",
    "carrier.events",
)
SCAN: Final = "carrier.in_transit.v1"
PEER_TOPICS: Final = ("orders", "fraud", "availability", "carrier", "returns")
_CITIES: Final = (
    ("Rotterdam", "NL"),
    ("Leipzig", "DE"),
    ("Lyon", "FR"),
    ("Gdansk", "PL"),
    ("Porto", "PT"),
    ("Aarhus", "DK"),
)


class Told(NamedTuple):
    """One event of the story; `after` is seconds since the order was placed."""

    topic: str
    type: str
    source: str
    after: float
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """An event with its moments: when it happened, when it is sent, and when a copy of it is sent, if one is."""

    order: int
    order_id: str
    id: str
    told: Told
    at: datetime
    sent: datetime
    again: datetime | None


@dataclass(frozen=True, slots=True)
class Rubbish:
    """A record that nobody can use; a `torn` one is not even JSON."""

    order_id: str
    at: datetime
    value: bytes
    torn: bool


Step = Event | Rubbish


def story(orders: int, seed: int = SEED) -> Iterator[Step]:
    """Yield what happens, order by order; drawn in an order that must stay, or every figure measured so far is void."""
    rng = random.Random(seed)  # noqa: S311 - a workload, no secret
    poison = 0
    for number in range(orders):
        placed = START + number * ORDER_EVERY
        order_id = _uuid7(rng, placed)
        last = placed
        for told in _order(rng, order_id):
            at = placed + timedelta(seconds=told.after)
            event_id = _uuid7(rng, at)
            may_be_early = bool(told.after) and told.topic not in ("carrier", "availability")
            sent = last - EARLY_BY if may_be_early and rng.random() < EARLY else at
            last = at
            again = sent + timedelta(seconds=rng.random() * 5) if rng.random() < DUPLICATES else None
            yield Event(number, order_id, event_id, told, at, sent, again)
            if rng.random() < POISON:
                yield _rubbish(rng, at, torn=poison % 2 == 1)
                poison += 1


def for_peers(orders: int, seed: int = SEED) -> Workload:
    """Return the workload as the peers read it: CloudEvents in structured JSON, five topics."""
    made, timed = Workload(orders), []
    for step in story(orders, seed):
        if isinstance(step, Rubbish):
            made.poison += 1
            timed.append((step.at, Written("orders", step.order_id, step.value, (), _ms(step.at))))
            continue
        told = step.told
        document = {
            "specversion": "1.0",
            "id": step.id,
            "type": told.type,
            "source": told.source,
            "subject": step.order_id,
            "time": step.at.isoformat(),
            "datacontenttype": "application/json",
            "data": told.data,
        }
        value = _json(document)
        fact = Fact(step.id, told.type, step.at.isoformat(), told.data)
        _add(made, timed, step, fact, Written(told.topic, step.order_id, value, (), 0))
    return _sorted(made, timed)


def for_hub(orders: int, seed: int = SEED) -> Workload:
    """Return the workload as the hub reads it: CloudEvents in binary mode, on its topics, by its contracts."""
    made, timed, dress = Workload(orders), [], _HubDress(seed)
    for step in story(orders, seed):
        if isinstance(step, Rubbish):
            made.poison += 1
            timed.append((step.at, dress.rubbish(step)))
            continue
        for event, topic, fact in dress.translated(step):
            made.added += event is not step
            written = Written(topic, event.order_id, _json(fact.data), _headers(event, fact.type), 0)
            _add(made, timed, event, fact, written)
    return _sorted(made, timed)


class _HubDress:
    """The translation: each event of the story is the nearest fact of the hub, and what the hub needs besides."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed + 1)  # noqa: S311 - of its own, so that the story stays as it is
        self._total = 0
        self._short: list[int] = []
        self._answers = 0
        self._tracking = ""

    def translated(self, event: Event) -> Iterator[tuple[Event, str, Fact]]:
        """Yield the event as the hub's partners would say it, and what they say besides, in causal order."""
        data = event.told.data
        match event.told.type:
            case "order.placed":
                yield from self._placed(event, data)
            case "fraud.scored":
                verdict = "decline" if data["decision"] == "reject" else "clear"
                reasons = [each["name"] for each in data["signals"]]
                scored = {
                    "verdict": verdict,
                    "request_id": derived(event.order_id, "score"),
                    "score": round(100 * data["score"]),
                    "reasons": reasons,
                }
                yield event, "fraud.events", _fact(event, "fraud.scored.v1", scored)
            case "availability.answered":
                yield from self._answered(event, data)
            case "return.received":
                yield from self._returned(event, data)
            case kind:
                name = {"carrier.picked_up": "carrier.collected"}.get(kind, kind)
                yield event, "carrier.events", _fact(event, f"{name}.v1", self._scan(data))
                if kind == "carrier.picked_up":
                    captured = self._besides(event, timedelta(seconds=0.4), "/payments/acquirer")
                    taken = self._payment(event.order_id) | {"request_id": derived(event.order_id, "capture")}
                    yield captured, "payment.events", _fact(captured, "payment.captured.v1", taken)

    def rubbish(self, rubbish: Rubbish) -> Written:
        """Return a record that can't be read: half of its data, or data that breaks the contract."""
        document = json.loads(rubbish.value) if not rubbish.torn else None
        data = {
            "number": "N0",
            "store": "web-eu",
            "currency": "EUR",
            "customer": {"id": "C1"},
            "shipping_address": {"name": "x"},
            "lines": [],
            "shipping_fee": -5,
            "pad": "x" * 250,
        }
        value = _json(data)
        named = _attributes(_uuid_of(rubbish.value), "order.placed.v1", "/shop/checkout", rubbish.order_id, rubbish.at)
        return Written("shop.events", rubbish.order_id, value if document else value[:-40], named, _ms(rubbish.at))

    def _placed(self, event: Event, data: dict[str, Any]) -> Iterator[tuple[Event, str, Fact]]:
        self._total, self._short, self._answers = data["total_cents"], [], 0
        customer = {"id": data["customer_id"], "name": data["ship_to"]["name"], "locale": "en"}
        lines = [
            {"line": x["line"], "sku": x["sku"], "quantity": x["qty"], "unit_price": x["price_cents"]}
            for x in data["lines"]
        ]
        placed = {
            "number": f"W{event.order:08d}",
            "store": "web-eu",
            "channel": "website",
            "currency": data["currency"],
            "payment_method": "card",
            "customer": customer,
            "shipping_address": data["ship_to"],
            "lines": lines,
            "placed_at": _rfc3339(event.at),
        }
        yield event, "shop.events", _fact(event, "order.placed.v1", placed)
        authorised = self._besides(event, timedelta(seconds=0.3), "/payments/acquirer")
        reserved = self._payment(event.order_id) | {"request_id": derived(event.order_id, "authorization", 1)}
        yield authorised, "payment.events", _fact(authorised, "payment.authorized.v1", reserved)

    def _payment(self, order_id: str) -> dict[str, Any]:
        payment_id = f"pay_{order_id.replace('-', '')}"
        return {"payment_id": payment_id, "amount": {"amount": self._total, "currency": "EUR"}}

    def _answered(self, event: Event, data: dict[str, Any]) -> Iterator[tuple[Event, str, Fact]]:
        """Yield the answer for one line; where some but not all are short, the missing ones are found at last."""
        short = data["answer"] == "short"
        self._short += [data["line"]] if short else []
        self._answers += 1
        status = "restocking" if short else "available"
        stock = data["qty_on_hand"]
        said = self._report(event.order_id, data, [(data["line"], status, stock)])
        yield event, "availability.events", _fact(event, "availability.reported.v1", said)
        if self._answers == 3 and 0 < len(self._short) < 3:
            found = self._besides(event, timedelta(seconds=0.5), event.told.source)
            again = self._report(event.order_id, data, [(line, "available", 5) for line in self._short])
            yield found, "availability.events", _fact(found, "availability.reported.v1", again)

    def _report(self, order_id: str, data: dict[str, Any], lines: list[tuple[int, str, int]]) -> dict[str, Any]:
        shipment = derived(order_id, "shipment", 1)
        return {
            "request_id": derived(order_id, "availability", shipment, 1),
            "shipment_id": shipment,
            "warehouse": data["warehouse"],
            "lines": [{"line": line, "status": status, "stock": stock} for line, status, stock in lines],
        }

    def _scan(self, data: dict[str, Any]) -> dict[str, Any]:
        where = data["location"]
        place = f"{where['street']}, {where['postcode']} {where['city']}, {where['country']}"
        return {"tracking_number": data["tracking"], "carrier": data["carrier"], "location": place}

    def _returned(self, event: Event, data: dict[str, Any]) -> Iterator[tuple[Event, str, Fact]]:
        """Yield the customer's wish to return, three seconds before the parcel, and the parcel with the hub's code."""
        asked = self._besides(event, -timedelta(seconds=3), "/shop/account")
        pieces = [{"line": x["line"], "quantity": x["qty"]} for x in data["lines"]]
        wish = {"lines": [each | {"reason": data["reason"], "comment": data["note"]} for each in pieces]}
        yield asked, "shop.events", _fact(asked, "return.requested.v1", wish | {"outcome": "refund"})
        code = rma_code(event.order_id, asked.told.source, asked.id)
        parcel = {"rma_code": code, "lines": pieces, "validated": True}
        yield event, "warehouse.events", _fact(event, "return.received.v1", parcel)

    def _besides(self, event: Event, later: timedelta, source: str) -> Event:
        """Return an event that the story has not, some time after another one; repeated as often as those are."""
        rng = self._rng
        sent = event.sent + later
        again = sent + timedelta(seconds=rng.random() * 5) if rng.random() < DUPLICATES else None
        told = Told("", "", source, 0.0, {})
        return Event(event.order, event.order_id, _uuid7(rng, event.at + later), told, event.at + later, sent, again)


def scan(order_id: str, tracking: str, number: int, at: datetime) -> tuple[Fact, Written]:
    """Return the carrier's n-th scan of a parcel on its way; told in the order of `at`, each is news of its order."""
    fact_id = str(uuid.uuid5(_NAMESPACE, f"{order_id} scan {number} {at.timestamp()}"))
    place = f"Depot {number % 60}, handheld {number}"
    data = {"tracking_number": tracking, "carrier": "PostBee", "location": place}
    named = _attributes(fact_id, SCAN, "/carrier/postbee", order_id, at)
    written = Written("carrier.events", order_id, _json(data), named, _ms(at))
    return Fact(fact_id, SCAN, _rfc3339(at), data), written


def derived(order_id: str, *parts: object) -> str:
    """Return the id that the hub derives for one thing of an order (docs/decisions/0005): a UUIDv5."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(str(part) for part in (order_id, *parts))))


def rma_code(order_id: str, source: str, cause_id: str) -> str:
    """Return the code of the return that this request opens."""
    name = "\x1f".join((order_id, "rma", source, cause_id)).encode()
    found = sha1(_NAMESPACE.bytes + name, usedforsecurity=False).digest()
    return f"RMA-{b32encode(found)[:10].decode()}"


_NAMESPACE: Final = uuid.UUID("6a1c5f0e-2b7d-5d0a-9c41-7e0f3b8d2a55")


def _order(rng: random.Random, order_id: str) -> Iterator[Told]:
    """Yield one order's events in causal order."""
    lines = [
        {
            "line": number,
            "sku": f"SKU-{rng.randrange(10**7):07d}-{rng.choice('RGBWK')}{rng.choice('SML')}",
            "qty": rng.randrange(1, 5),
            "price_cents": rng.randrange(199, 49900),
        }
        for number in (1, 2, 3)
    ]
    yield Told("orders", "order.placed", "/shop/checkout", 0.0, _placed(rng, order_id, lines))
    reject = rng.random() < REJECTED
    yield Told("fraud", "fraud.scored", "/risk/scoring", 0.5 + rng.random(), _scored(rng, order_id, reject))
    if reject:
        return
    after, short = 2.0, 0
    for line in lines:
        missing = rng.random() < SHORT
        short += missing
        after += 0.2 + rng.random()
        source = f"/warehouse/W{rng.randrange(1, 9)}"
        yield Told("availability", "availability.answered", source, after, _answer(rng, order_id, line, missing))
    if short == len(lines):
        return
    yield from _sent(rng, order_id, lines, after)


def _sent(rng: random.Random, order_id: str, lines: list[dict[str, Any]], after: float) -> Iterator[Told]:
    tracking, location = f"3S{rng.randrange(10**12):012d}NL", _address(rng)
    for name, seconds in (("picked_up", 3), ("in_transit", 5), ("delivered", 8)):
        after += seconds * (0.7 + 0.6 * rng.random())
        scan = {
            "order_id": order_id,
            "carrier": "PostBee",
            "tracking": tracking,
            "parcels": 1,
            "location": location,
            "note": f"Scan at depot {rng.randrange(1, 60)} by handheld {rng.randrange(10**6)}",
        }
        yield Told("carrier", f"carrier.{name}", "/carrier/postbee", after, scan)
    if rng.random() < RETURNS:
        returned = {
            "order_id": order_id,
            "rma": f"RMA{rng.randrange(10**9):09d}",
            "reason": "does not fit",
            "warehouse": "W2",
            "lines": [
                {"line": x["line"], "qty": x["qty"], "condition": "as new"} for x in lines[: rng.randrange(1, 4)]
            ],
            "note": "Opened and checked at the returns desk; original packaging present; restock to primary bin",
        }
        yield Told("returns", "return.received", "/warehouse/returns", after + 10, returned)


def _placed(rng: random.Random, order_id: str, lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "customer_id": f"C{rng.randrange(10**8):08d}",
        "currency": "EUR",
        "total_cents": sum(x["qty"] * x["price_cents"] for x in lines),
        "lines": lines,
        "ship_to": _address(rng),
    }


def _scored(rng: random.Random, order_id: str, reject: bool) -> dict[str, Any]:
    names = ("ip_country_mismatch", "card_age_days", "velocity_24h", "address_known", "device_known")
    return {
        "order_id": order_id,
        "score": round(0.95 if reject else rng.random() * 0.8, 4),
        "decision": "reject" if reject else "approve",
        "model": "gbt-2026-10-r3",
        "signals": [{"name": name, "weight": round(rng.random(), 4)} for name in names],
    }


def _answer(rng: random.Random, order_id: str, line: dict[str, Any], missing: bool) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "line": line["line"],
        "sku": line["sku"],
        "warehouse": f"W{rng.randrange(1, 9)}",
        "answer": "short" if missing else "available",
        "qty_on_hand": 0 if missing else rng.randrange(5, 500),
        "note": "counted by cycle count in zone " + rng.choice("ABCDEF") + ", next replenishment planned for tomorrow",
    }


def _address(rng: random.Random) -> dict[str, Any]:
    city, country = rng.choice(_CITIES)
    return {
        "name": f"Customer {rng.randrange(10**6)}",
        "street": f"Harbour Street {rng.randrange(1, 400)}",
        "city": city,
        "postcode": f"{rng.randrange(10000, 99999)}",
        "country": country,
    }


def _rubbish(rng: random.Random, at: datetime, *, torn: bool) -> Rubbish:
    order_id = _uuid7(rng, at)
    document = {
        "specversion": "1.0",
        "id": _uuid7(rng, at),
        "type": "order.placed",
        "source": "/shop/checkout",
        "subject": order_id,
        "time": at.isoformat(),
        "data": {
            "order_id": order_id,
            "customer_id": "C1",
            "currency": "EUR",
            "total_cents": -5,
            "lines": [],
            "ship_to": {"name": "x"},
            "pad": "x" * 250,
        },
    }
    text = json.dumps(document).encode()
    return Rubbish(order_id, at, text[:-40] if torn else text, torn)


def _uuid7(rng: random.Random, at: datetime) -> str:
    moment = (_ms(at) & (1 << 48) - 1) << 80
    return str(uuid.UUID(int=moment | 7 << 76 | rng.getrandbits(12) << 64 | 2 << 62 | rng.getrandbits(62)))


def _uuid_of(value: bytes) -> str:
    """Return the event id in a record of rubbish; it stands early enough to be in a torn one."""
    start = value.index(b'"id": "') + 7
    return value[start : start + 36].decode()


def _fact(event: Event, kind: str, data: dict[str, Any]) -> Fact:
    return Fact(event.id, kind, _rfc3339(event.at), data)


def _headers(event: Event, kind: str) -> HeaderList:
    return _attributes(event.id, kind, event.told.source, event.order_id, event.at)


def _attributes(event_id: str, kind: str, source: str, order_id: str, at: datetime) -> HeaderList:
    return (
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_source", source.encode()),
        ("ce_type", kind.encode()),
        ("ce_subject", order_id.encode()),
        ("ce_time", _rfc3339(at).encode()),
    )


def _add(made: Workload, timed: list[tuple[datetime, Written]], event: Event, fact: Fact, written: Written) -> None:
    made.facts.setdefault(event.order_id, []).append(fact)
    made.unique += 1
    made.early += event.sent < event.at
    timed.append((event.sent, written._replace(at=_ms(event.sent))))
    if event.again is not None:
        made.duplicates += 1
        timed.append((event.again, written._replace(at=_ms(event.again))))


def _sorted(made: Workload, timed: list[tuple[datetime, Written]]) -> Workload:
    timed.sort(key=lambda each: each[0])
    made.records = [written for _, written in timed]
    return made


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _rfc3339(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
