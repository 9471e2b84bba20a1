"""Links of the OpenAPI document: which answer has what another route asks for, so that tools find their way."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from hub.api.acts import TABLE

Source = tuple[str, str, str]
"""A route's method and path, and the status of the answer."""
_EDITS: Final = frozenset((row.method, f"/v1{row.path}") for row in TABLE if row.edits)
_ETAG: Final = "If-Match"
_OF_ORDER: Final = MappingProxyType(
    {
        "order": "order_id",
        "rma": "returns/0/rma_code",
        "refund": "refunds/0/refund_id",
        "flash": "flash_reorders/0/flash_id",
        "hold": "holds/0",
        "alert": "alerts/0/name",
        "shipment": "shipments/0/shipment_id",
        "customer": "contact/customer/id",
        "model": "lines/0/model",
        _ETAG: "etag",
    }
)
"""Where an order has what paths ask for, and its version for edits."""
_ITEM: Final = "items/0/"
SOURCES: Final[Mapping[Source, Mapping[str, str]]] = MappingProxyType(
    {
        ("GET", "/v1/orders/{order}", "200"): _OF_ORDER,
        ("POST", "/v1/orders", "201"): {name: f"order/{where}" for name, where in _OF_ORDER.items()},
        ("GET", "/v1/orders", "200"): {"order": f"{_ITEM}order_id"},
        ("GET", "/v1/returns", "200"): {"rma": f"{_ITEM}rma_code", "order": f"{_ITEM}order_id"},
        ("POST", "/v1/orders/{order}/returns", "201"): {"rma": "order/returns/0/rma_code"},
        ("GET", "/v1/refunds", "200"): {"refund": f"{_ITEM}refund_id", "order": f"{_ITEM}order_id"},
        ("POST", "/v1/orders/{order}/refunds", "201"): {"refund": "order/refunds/0/refund_id"},
        ("GET", "/v1/flash-reorders", "200"): {"flash": f"{_ITEM}flash_id", "order": f"{_ITEM}order_id"},
        ("POST", "/v1/orders/{order}/flash-reorders", "201"): {"flash": "order/flash_reorders/0/flash_id"},
        ("POST", "/v1/orders/{order}/notes", "200"): {"command": "command_id"},
        ("POST", "/v1/orders/{order}/hold", "200"): {"command": "command_id"},
        ("POST", "/v1/orders/{order}/edit", "200"): {"command": "command_id"},
        ("POST", "/v1/webhooks", "201"): {"webhook": "id"},
        ("GET", "/v1/webhooks", "200"): {"webhook": f"{_ITEM}id"},
        ("GET", "/v1/webhooks/{webhook}/attempts", "200"): {"attempt": f"{_ITEM}id"},
        ("PUT", "/v1/views/{view}", "201"): {"view": "id"},
        ("GET", "/v1/views", "200"): {"view": f"{_ITEM}id"},
        ("POST", "/v1/partner-keys", "201"): {"key": "id"},
        ("GET", "/v1/ops/failed/records", "200"): {"record": f"{_ITEM}id"},
        ("GET", "/v1/ops/operations", "200"): {"operation": "0/id"},
        ("GET", "/v1/ops/shards", "200"): {"shard": "0/number"},
    }
)
"""Which answers have what, by their names in paths: JSON Pointers into the body, without the slash before them."""


def add(document: dict[str, Any]) -> None:
    """Tell in each answer which routes it leads to."""
    for (method, path, status), held in SOURCES.items():
        answer = document["paths"][path][method.lower()]["responses"][status]
        answer["links"] = {
            operation["operationId"]: {"operationId": operation["operationId"], "parameters": given}
            for target, methods in document["paths"].items()
            for verb, operation in methods.items()
            if (given := _given(held, verb.upper(), target)) and (verb.upper(), target) != (method, path)
        }


def _given(held: Mapping[str, str], method: str, path: str) -> dict[str, str]:
    """Return what an answer gives a route; nothing where it lacks a part of the path."""
    parts = re.findall(r"\{(\w+)\}", path)
    if not parts or not held.keys() >= set(parts):
        return {}
    given = {f"path.{part}": f"$response.body#/{held[part]}" for part in parts}
    if (method, path) in _EDITS and _ETAG in held:
        given[f"header.{_ETAG}"] = f"$response.body#/{held[_ETAG]}"
    return given
