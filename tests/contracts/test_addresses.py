"""Addresses of the whole world are taken, and leave the hub in a form that every reader of today knows."""

import json
from typing import Any

import pytest

from contracts.countries import NO_POSTCODE, WITHOUT_POSTCODES
from contracts.judging import Refused
from contracts.shop import Address, DeliveryAddress
from contracts.values import changed
from tests.contracts import examples

HONG_KONG = {"street": "8 Finance Street", "city": "Hong Kong", "region": "Central", "country": "HK"}
PLACES = {
    "shop.events/order.placed.v1": ("shipping_address", "billing_address"),
    "hub.commands/order.submit.v1": ("shipping_address", "billing_address"),
    "hub.commands/order.draft.v1": ("shipping_address", "billing_address"),
    "hub.commands/order.address.change.v1": ("address",),
    "hub.commands/order.split.v1": ("address",),
    "hub.internal/exchange.open.v1": ("shipping_address",),
    "hub.internal/zero.open.v1": ("shipping_address",),
}
each_place = pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name, fields in PLACES.items() for field in fields]
)


def read(name: str, field: str, address: dict[str, Any]) -> Any:
    kind = examples.message(name)[1]
    return getattr(kind.read(json.dumps(examples.data(name, "valid") | {field: address}).encode()), field)


@each_place
@pytest.mark.rule("O-74")
def test_a_postcode_is_there_where_the_country_has_them(name: str, field: str) -> None:
    assert read(name, field, HONG_KONG).postcode is None
    for country in ("FR", "US", "GB", "IN"):
        with pytest.raises(Refused, match=f"^/{field}/postcode: Field required"):
            read(name, field, HONG_KONG | {"country": country})


@pytest.mark.parametrize("country", sorted(WITHOUT_POSTCODES))
@pytest.mark.rule("O-74", "A-91")
def test_an_address_without_a_postcode_leaves_with_one_that_says_so(country: str) -> None:
    address = Address(street="1 Main Road", city="Port", country=country)

    assert Address.read(address.encoded()) == address
    assert DeliveryAddress.read(DeliveryAddress.of(address).encoded()).postcode == NO_POSTCODE
    assert Address.read(changed(address, postcode="1").encoded()).postcode == "1"


@each_place
@pytest.mark.rule("O-74")
def test_an_address_has_all_that_a_carrier_has_to_know(name: str, field: str) -> None:
    more = {"street2": "Unit 4", "region": "NSW", "company": "Okafor Pty", "delivery_note": "Leave at the gate"}
    given = {"name": "Mina", "street": "1 High St", "city": "Orange", "postcode": "2800", "country": "AU"} | more

    address = read(name, field, given)

    assert json.loads(DeliveryAddress.read(address.encoded()).encoded()) == given
    assert "gate" not in repr(address)
