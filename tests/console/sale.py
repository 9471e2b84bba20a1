"""An order as the API takes it, placed."""

from typing import Any

from tests.api.server import Api

LINES: list[dict[str, Any]] = [
    {"line": 1, "sku": "BOOT-42", "title": "Boots", "quantity": 1, "unit_price": 12000},
    {"line": 2, "sku": "SOCK-39", "title": "Socks", "quantity": 3, "unit_price": 1200},
]
SALE: dict[str, Any] = {
    "number": "W-1",
    "store": "lille",
    "currency": "EUR",
    "customer": {"id": "c-1", "name": "Zoe Vasseur", "email": "zoe@example.org", "phone": "+33612004817"},
    "shipping_address": {"street": "1 rue Basse", "city": "Lille", "postcode": "59800", "country": "FR"},
    "lines": LINES,
    "shipping_fee": 500,
    "carrier": "colis",
    "submit": True,
}


async def placed(api: Api, **changed: Any) -> str:
    """An order that waits for its money; return its id."""
    done = await api.act("/v1/orders", SALE | changed)
    assert done.status_code == 201, done.text
    return str(done.json()["order"]["order_id"])
