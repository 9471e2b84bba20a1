"""The story of the workload: what happens to each order from the click to the return, drawn from a seed.

Values are drawn in a fixed order. Another order would be another workload, and no older figure could be compared.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from bench.spelling import uuid7

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
    """An event of the story.

    `at` is when it happened, `sent` when it is sent, `again` when a copy of it is sent, None where none is.
    """

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
Data = dict[str, Any]


def story(orders: int, seed: int = SEED) -> Iterator[Step]:
    """Yield what happens, order by order."""
    rng = random.Random(seed)  # noqa: S311 - a workload, no secret
    poison = 0
    for number in range(orders):
        placed = START + number * ORDER_EVERY
        order_id = uuid7(rng, placed)
        last = placed
        for told in _order(rng, order_id):
            at = placed + timedelta(seconds=told.after)
            event_id = uuid7(rng, at)
            may_be_early = bool(told.after) and told.topic not in ("carrier", "availability")
            sent = last - EARLY_BY if may_be_early and rng.random() < EARLY else at
            last = at
            yield Event(number, order_id, event_id, told, at, sent, sent_again(rng, sent))
            if rng.random() < POISON:
                yield _rubbish(rng, at, torn=poison % 2 == 1)
                poison += 1


def sent_again(rng: random.Random, sent: datetime) -> datetime | None:
    """Return when a copy of an event is sent, None where none is."""
    return sent + timedelta(seconds=rng.random() * 5) if rng.random() < DUPLICATES else None


def _order(rng: random.Random, order_id: str) -> Iterator[Told]:
    """Yield one order's events in causal order."""
    lines = [_line(rng, number) for number in (1, 2, 3)]
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


def _sent(rng: random.Random, order_id: str, lines: list[Data], after: float) -> Iterator[Told]:
    """Yield the scans of a parcel, and for some orders the return."""
    tracking, location = f"3S{rng.randrange(10**12):012d}NL", _address(rng)
    for name, seconds in (("picked_up", 3), ("in_transit", 5), ("delivered", 8)):
        after += seconds * (0.7 + 0.6 * rng.random())
        yield Told("carrier", f"carrier.{name}", "/carrier/postbee", after, _scan(rng, order_id, tracking, location))
    if rng.random() < RETURNS:
        yield Told("returns", "return.received", "/warehouse/returns", after + 10, _returned(rng, order_id, lines))


def _line(rng: random.Random, number: int) -> Data:
    return {
        "line": number,
        "sku": f"SKU-{rng.randrange(10**7):07d}-{rng.choice('RGBWK')}{rng.choice('SML')}",
        "qty": rng.randrange(1, 5),
        "price_cents": rng.randrange(199, 49900),
    }


def _placed(rng: random.Random, order_id: str, lines: list[Data]) -> Data:
    return {
        "order_id": order_id,
        "customer_id": f"C{rng.randrange(10**8):08d}",
        "currency": "EUR",
        "total_cents": sum(x["qty"] * x["price_cents"] for x in lines),
        "lines": lines,
        "ship_to": _address(rng),
    }


def _scored(rng: random.Random, order_id: str, reject: bool) -> Data:
    names = ("ip_country_mismatch", "card_age_days", "velocity_24h", "address_known", "device_known")
    return {
        "order_id": order_id,
        "score": round(0.95 if reject else rng.random() * 0.8, 4),
        "decision": "reject" if reject else "approve",
        "model": "gbt-2026-10-r3",
        "signals": [{"name": name, "weight": round(rng.random(), 4)} for name in names],
    }


def _answer(rng: random.Random, order_id: str, line: Data, missing: bool) -> Data:
    return {
        "order_id": order_id,
        "line": line["line"],
        "sku": line["sku"],
        "warehouse": f"W{rng.randrange(1, 9)}",
        "answer": "short" if missing else "available",
        "qty_on_hand": 0 if missing else rng.randrange(5, 500),
        "note": "counted by cycle count in zone " + rng.choice("ABCDEF") + ", next replenishment planned for tomorrow",
    }


def _scan(rng: random.Random, order_id: str, tracking: str, location: Data) -> Data:
    return {
        "order_id": order_id,
        "carrier": "PostBee",
        "tracking": tracking,
        "parcels": 1,
        "location": location,
        "note": f"Scan at depot {rng.randrange(1, 60)} by handheld {rng.randrange(10**6)}",
    }


def _returned(rng: random.Random, order_id: str, lines: list[Data]) -> Data:
    return {
        "order_id": order_id,
        "rma": f"RMA{rng.randrange(10**9):09d}",
        "reason": "does not fit",
        "warehouse": "W2",
        "lines": [{"line": x["line"], "qty": x["qty"], "condition": "as new"} for x in lines[: rng.randrange(1, 4)]],
        "note": "Opened and checked at the returns desk; original packaging present; restock to primary bin",
    }


def _address(rng: random.Random) -> Data:
    city, country = rng.choice(_CITIES)
    return {
        "name": f"Customer {rng.randrange(10**6)}",
        "street": f"Harbour Street {rng.randrange(1, 400)}",
        "city": city,
        "postcode": f"{rng.randrange(10000, 99999)}",
        "country": country,
    }


def _rubbish(rng: random.Random, at: datetime, *, torn: bool) -> Rubbish:
    order_id = uuid7(rng, at)
    document = {
        "specversion": "1.0",
        "id": uuid7(rng, at),
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
