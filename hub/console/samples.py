"""Samples: the fixed data that the style guide shows each part of the pages with."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hub.console import charts, sparks
from hub.console.fields import Field
from hub.console.json_lines import Line
from hub.console.languages import marked
from hub.console.listing import Listing
from hub.console.stale import Row, Stale
from hub.console.troubles import ShardLook, advice

AT: Final = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
"""The moment at which everything here happens."""
PLACE: Final = "/style"
ORDER: Final[Mapping[str, Any]] = {
    "order_id": "o-4018227",
    "number": "W-4018227",
    "version": 8,
    "currency": "EUR",
    "lines": (
        {"line": 1, "sku": "BOOT-42", "name": "Chelsea boots", "variant": "black, 42", "quantity": 1},
        {"line": 2, "sku": "SOCK-39", "name": "Wool socks", "variant": None, "quantity": 3},
    ),
}
GOODS: Final[Mapping[str, Any]] = {"amount": 16100, "currency": "EUR"}
STORY: Final = "She thinks it over.\nCall her on Monday."
MOVED: Final[Mapping[str, Any]] = {**ORDER["lines"][1], "shipment_id": "s-1"}
PROBLEM: Final[Mapping[str, Any]] = {
    "title": marked("Some fields are wrong"),
    "detail": "3 pieces asked, 2 can still come back",
    "hint": "/lines/2/quantity",
    "errors": ({"pointer": "/lines/2/quantity", "detail": "3 > 2"},),
}
AWAY: Final[Mapping[str, Any]] = {
    "title": marked("The database does not answer"),
    "detail": marked("Try again in a moment; nothing is lost."),
}
_LISTED: Final[Mapping[str, Any]] = {"items": (), "next_cursor": "c-2", "only": None}
LISTINGS: Final[Mapping[str, Listing]] = {
    "behind": Listing(PLACE, (), {**_LISTED, "listing": {"state": "behind", "behind_seconds": 40}}),
    "building": Listing(PLACE, (), {**_LISTED, "listing": {"state": "building", "percent": 62}}),
    "away": Listing(PLACE, (), None, dict(AWAY)),
    "paged": Listing(PLACE, (("kind", "people"), ("cursor", "c-1")), dict(_LISTED), done="order.hold"),
}
FIELDS: Final = (
    Field("reason", "reason", "choice", True, None, (("stock", "out_of_stock"), ("fraud", "fraud_proven"))),
    Field("amount", "amount", "money", True, "12.50"),
    Field("quantity", "quantity", "number", False, 2),
    Field("text", "text", "long"),
    Field("shipping", "shipping", "yes", default=True),
    Field(
        "lines",
        "lines",
        "lines",
        parts=(Field("lines.#.quantity", "quantity", "number"), Field("lines.#.reason", "reason", "text")),
        single=True,
    ),
    Field("address", "address", "group", True, parts=(Field("address.city", "city", "text", True),)),
)
FAULTS: Final[Mapping[str, str]] = {
    "amount": marked("write an amount, such as 12.50"),
    "quantity": marked("write a whole number"),
}
GIVEN: Final[Mapping[str, str]] = {"amount": "ten", "quantity": "2.5", "lines.1.on": "yes", "lines.1.quantity": "1"}
EDITED: Final[Mapping[str, str]] = {
    "carrier": "swift",
    "line.2.off": "half",
    "line.2.quantity": "3",
    "line.2.to": "a",
    "line.2.move": "2",
    "ship.name": "Zoe Vasseur",
    "ship.street": "1 rue Basse",
    "ship.postcode": "59800",
    "ship.city": "Lille",
    "ship.country": "F",
}
EDIT_FAULTS: Final[Mapping[str, str]] = {
    "line.2.off": marked("write a whole number"),
    "ship.country": marked("Country, two letters"),
}
STALE: Final = Stale(
    entries=(),
    rows=(
        Row("state", "state", "", "confirmed", "picking", None),
        Row("total", "total", "", "16100", "14900", None),
        Row("line.2.quantity", "quantity", "2", "3", "2", "1"),
        Row("carrier", "carrier", "", "colis", "colis", "swift"),
    ),
    keeps=False,
    forced=None,
)
JUDGED: Final[Mapping[str, Any]] = {
    "valid": False,
    "type": "order.placed.v1",
    "topic": "shop.events",
    "errors": ({"pointer": "/data/lines/0/quantity", "detail": "-2 < 1"},),
}
LINES: Final = (
    Line("{", ""),
    Line('  "sku": "BOOT-42",', "/data/lines/0/sku"),
    Line('  "quantity": -2', "/data/lines/0/quantity", ("-2 < 1",)),
    Line("}", ""),
)
CHECKED: Final[Mapping[str, Any]] = {"no_json": None, "problem": None, "judged": JUDGED, "lines": LINES}
"""What the check of a message finds on its page."""
CAUSE: Final[Mapping[str, Any]] = {"kind": "dead_letter", "code": "data_invalid", "topic": "shop.events"}
CHOICE: Final[Mapping[str, Any]] = {"records": 12, "groups": ({**CAUSE, "count": 12, "orders": 9},)}
LOAD: Final[Mapping[str, Any]] = {"decided": 41.2, "lag": 120.0}
_OPERATION: Final[Mapping[str, Any]] = {
    "id": 7,
    "action": "retry",
    "who": "omar",
    "why": "mended",
    "at": AT,
    "whole": 12,
    "done": 8,
    "waiting": 4,
    "ends": None,
    "became": {"applied": 7},
    "failed": 1,
}
RUNNING: Final = (_OPERATION, {**_OPERATION, "id": 6, "waiting": 0, "done": 12, "became": {"applied": 12}, "failed": 0})
_SHARD: Final[Mapping[str, Any]] = {
    "number": 0,
    "owner": "hub-1",
    "batch": 1204,
    "emitted": 1204,
    "lag": 0,
    "stopped": None,
}
_PAUSED: Final = "paused by omar: a look"
SHARDS: Final = (
    (_SHARD, ShardLook("works", "", advice(""))),
    ({**_SHARD, "number": 1, "lag": 310, "stopped": _PAUSED}, ShardLook("paused", _PAUSED, advice(_PAUSED))),
)
SPARK: Final = sparks.spark((1, 2, 0, 5, 3, 8, 4, 2))
PASTED: Final = '{\n  "sku": "BOOT-42",\n  "quantity": -2\n}'
_STEP: Final = 5.0


def chart(words: Sequence[str]) -> charts.Chart:
    """Return a chart of five minutes with a line for each word, no two of them alike."""
    at = [AT - timedelta(seconds=_STEP * back) for back in range(60, -1, -1)]
    series = [
        (word, [float(20 * (n + 1) + (each * (n + 3)) % 17) for each in range(61)]) for n, word in enumerate(words)
    ]
    return charts.drawn(at, _STEP, 300.0, AT, series)


CHOSEN: Final = {"logistics_pieces": 20, "closing": "P14D"}
"""Other choices of the retailer, as they are tried."""
