"""Every page of the console: its route, addresses of it in the town, and a text that stands there if it isn't empty."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from fastapi.routing import APIRoute

from hub.console import live
from hub.console.pages import PAGES


@dataclass(frozen=True)
class Place:
    """An address of a page, with the town's names in braces, and what is seen there."""

    address: str
    shows: str


def _at(*told: tuple[str, str]) -> tuple[Place, ...]:
    return tuple(Place(*each) for each in told)


ACT: Final = "/orders/{order}/acts/{command}"
PLACES: Final[Mapping[str, tuple[Place, ...]]] = {
    "/orders": _at(("/orders", "W-1005"), ("/orders?q=nobody", "No order of your stores is like that")),
    "/orders/new": _at(("/orders/new", "Who calls")),
    "/orders/{order}": _at(
        ("/orders/{sent}", "RMA-"), ("/orders/{held}", "Held: agent"), ("/orders/{doubted}", "Fraud review")
    ),
    "/orders/{order}/print": _at(("/orders/{sent}/print", "T-W-1001"), ("/orders/{draft}/print", "Socks")),
    "/orders/{order}/edit": _at(("/orders/{edited}/edit", "Boots")),
    "/orders/{order}/draft": _at(("/orders/{draft}/draft", "Boots")),
    "/orders/{order}/returns/new": _at(("/orders/{sent}/returns/new", "What comes back")),
    "/orders/{order}/acts/refund.request": _at(("/orders/{sent}/acts/refund.request", "Ask for a refund")),
    "/orders/{order}/acts/flash.create": _at(("/orders/{missing}/acts/flash.create", "Search for missing pieces")),
    ACT: _at(
        ("/orders/{edited}/acts/order.hold", "Hold"),
        ("/orders/{edited}/acts/order.cancel", "Cancel"),
        ("/orders/{edited}/acts/order.address.change", "address"),
        ("/orders/{sent}/acts/payment.note", "W-1001"),
        ("/orders/{sent}/acts/return.receive", "W-1001"),
        ("/orders/{sent}/acts/item.correct", "W-1001"),
        ("/orders/{missing}/acts/flash.cancel", "W-1003"),
    ),
    "/acts/{command_id}": _at(("/acts/{command}", "To the order")),
    "/orders/{order}/timeline": _at(("/orders/{sent}/timeline", "newest first")),
    "/orders/{order}/timeline/{seq}": _at(("/orders/{sent}/timeline/1", "Cause")),
    "/returns": _at(("/returns", "RMA-")),
    "/returns/{rma}": _at(("/returns/{rma}", "RMA-")),
    "/refunds": _at(("/refunds", "W-1001")),
    "/fraud": _at(("/fraud", "W-1002")),
    "/fraud/{order}": _at(("/fraud/{doubted}", "W-1002")),
    "/attention": _at(("/attention", "W-1005"), ("/attention?what=logistics", "Logistics")),
    "/team": _at(("/team", "lille")),
    "/pending": _at(("/pending", "W-1006")),
    "/flash": _at(("/flash", "W-1003")),
    "/ops": _at(("/ops", "Throughput")),
    "/ops/shards": _at(("/ops/shards", "Works")),
    "/ops/shards/{shard}": _at(("/ops/shards/1", "Shard 1")),
    "/ops/shards/{shard}/{act}": _at(("/ops/shards/1/pause", "Pause shard 1"), ("/ops/shards/1/resume", "Resume")),
    "/ops/processes": _at(("/ops/processes", "Alive")),
    "/ops/topics": _at(("/ops/topics", "shop.events")),
    "/ops/topics/{topic}": _at(
        ("/ops/topics/shop.events", "Partitions"), ("/ops/topics/shop.events.dlt", "data_invalid")
    ),
    "/ops/topics/{topic}/replay": _at(("/ops/topics/shop.events/replay", "shop.events")),
    "/ops/topics/{topic}/acts/{act}": _at(("/ops/topics/shop.events/acts/pause", "Read shop.events no further")),
    "/ops/gateway": _at(("/ops/gateway", "timed out")),
    "/ops/what-if": _at(("/ops/what-if", "What if")),
    "/ops/what-if/{job}": _at(("/ops/what-if/{job}", "What would be")),
    "/ops/failed": _at(("/ops/failed", "data_invalid")),
    "/ops/failed/records": _at(("/ops/failed/records", "shop.events/")),
    "/ops/failed/{record:int}": _at(("/ops/failed/{record}", "data_invalid")),
    "/ops/operations/{operation:int}/stop": _at(("/ops/operations/{operation}/stop", "Stop")),
    "/ops/failed/acts/{do}": _at(
        ("/ops/failed/acts/retry?kind=dead_letter", "data_invalid"), ("/ops/failed/acts/archive?ids={record}", "Archiv")
    ),
    "/ops/audit": _at(("/ops/audit", "mended")),
    "/ops/partners": _at(("/ops/partners", "/partners/test")),
    "/ops/partners/{slug}": _at(("/ops/partners/{partner}", "/partners/test")),
    "/ops/partner-acts/{do}": _at(
        ("/ops/partner-acts/key", "shop.events"),
        ("/ops/partner-acts/pause?source=/partners/test", "/partners/test"),
        ("/ops/partner-acts/rotate?source=/partners/test&key={key}", "/partners/test"),
    ),
    "/webhooks": _at(("/webhooks", "127.0.0.1")),
    "/webhooks/{webhook}": _at(("/webhooks/{webhook}", "order.sent.v1")),
    "/webhook-acts/{do}": _at(
        ("/webhook-acts/create", "Make a webhook"),
        ("/webhook-acts/change?webhook={webhook}", "127.0.0.1"),
        ("/webhook-acts/recover?webhook={webhook}", "Recover"),
    ),
    "/contracts": _at(("/contracts", "order.placed.v1")),
    "/contracts/{topic}/{type_}": _at(("/contracts/shop.events/order.placed.v1", "quantity")),
    "/me": _at(("/me", "orders.operate")),
    "/style": _at(("/style", "Chelsea boots")),
}
"""Pages for people who are signed in, by their routes."""
PARTS: Final[Mapping[str, str]] = {
    "/parts/counts": "/parts/counts",
    "/orders/{order}/peek": "/orders/{sent}/peek",
    "/ops/parts/partners": "/ops/parts/partners",
    "/ops/failed/running": "/ops/failed/running",
    "/ops/failed/peek": "/ops/failed/peek?kind=dead_letter&code=data_invalid",
    "/ops/audit.csv": "/ops/audit.csv",
}
"""Routes that answer a part of a page or a file, with an address of each."""
ELSEWHERE: Final = frozenset(
    {
        "/",
        "/sign-in/provider",
        "/sign-in/back",
        "/sign-out/provider",
        "/orders/{order}/acts/return.create",
        "/live",
        "/sign-in",
    }
)
"""Routes that lead to a page, the stream, and the page for who is not signed in."""


def routes() -> list[APIRoute]:
    """Every route of the console."""
    return [each for module in (*PAGES, live) for each in module.router.routes if isinstance(each, APIRoute)]


def looked_at() -> Iterator[tuple[str, Place]]:
    """Every address of every page, with its route."""
    for route, places in PLACES.items():
        for place in places:
            yield route, place
