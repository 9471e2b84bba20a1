"""Specimens: two events as any client writes them. A hub that can't tell who wrote them can't read its partners."""

from collections.abc import Sequence
from typing import Final

from contracts.topics import SHOP
from contracts.wire import Record

SOURCE: Final = "/specimen/shop"
_HEADERS: Final[tuple[tuple[str, bytes | None], ...]] = (
    ("ce_specversion", b"1.0"),
    ("ce_id", b"specimen-1"),
    ("ce_source", b"/specimen/shop"),
    ("ce_type", b"cancellation.requested.v1"),
    ("ce_subject", b"specimen"),
    ("content-type", b"application/json"),
)
_STRUCTURED: Final = (
    b'{"specversion":"1.0","id":"specimen-2","source":"/specimen/shop","type":"cancellation.requested.v1",'
    b'"subject":"specimen","datacontenttype":"application/json","data":{"reason":"customer_choice"}}'
)
SPECIMENS: Final[Sequence[Record]] = (
    Record(SHOP.name, 0, 0, b"specimen", _HEADERS, b'{"reason":"customer_choice"}', 1),
    Record(SHOP.name, 0, 1, b"specimen", (("content-type", b"application/cloudevents+json"),), _STRUCTURED, 1),
)
"""Written byte by byte: nothing that reads them has made them."""
