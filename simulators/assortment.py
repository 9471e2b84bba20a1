"""What the shop sells and to whom: the n-th order of a seed, the same for every partner that asks."""

from dataclasses import dataclass
from random import Random
from typing import Final

from contracts.shop import Address, Customer, ItemKind, OrderLine, OrderPlaced
from contracts.values import changed
from simulators.chance import Chance

SHOP: Final = "shop"
CURRENCY: Final = "EUR"
SIZES: Final = ("S", "M", "L", "XL")
FREE_SHIPPING_FROM: Final = 8_000
SHIPPING_FEE: Final = 490
DIGITAL_ORDERS: Final = 0.03  # share of orders with nothing to ship
STORES: Final = ("online-eu", "online-south")
NORTH: Final = "dc-north"
SOUTH: Final = "dc-south"
WAREHOUSES: Final = (None, None, NORTH, SOUTH, SOUTH)
"""The warehouses that lines name; where a line names none, the northern one answers."""
CARRIERS: Final = ("parcelo", "northpost", "swiftline")

MODELS: Final = (
    ("tent-2p", 12_900),
    ("jacket-rain", 7_950),
    ("boots-trail", 9_990),
    ("shirt-wool", 3_495),
    ("gloves-ski", 2_490),
    ("helmet-road", 5_990),
    ("backpack-40l", 8_450),
)
"""Model and price in minor units; every model comes in every size."""
DIGITAL: Final = (("voucher-25", 2_500), ("course-climbing", 1_990))
PLACES: Final = (("Lyon", "69001", "FR"), ("Gent", "9000", "BE"), ("Torino", "10121", "IT"), ("Bilbao", "48001", "ES"))
FIRST_NAMES: Final = ("Ada", "Bruno", "Chiara", "Dario", "Elif", "Femke", "Goran", "Hanna")
LAST_NAMES: Final = ("Almeida", "Brandt", "Conti", "Dubois", "Eriksen", "Fontana")


@dataclass(frozen=True, slots=True)
class Placed:
    """An order with its id, and its place in the seed's sequence."""

    order_id: str
    place: int
    message: OrderPlaced


def order_id(seed: int, place: int) -> str:
    """Return the id of the n-th order of a seed."""
    return Chance(seed, SHOP).id("order", place)


def placed(seed: int, place: int) -> Placed:
    """Return the n-th order of a seed; `place` counts from 0."""
    rng = Chance(seed, SHOP).rng("order", place)
    digital = rng.random() < DIGITAL_ORDERS
    lines = _digital_lines(rng) if digital else _stored(_lines(rng), Chance(seed, SHOP).rng("warehouse", place))
    goods = sum(line.quantity * line.unit_price - line.discount for line in lines)
    ships = any(line.kind == ItemKind.SHIPPABLE for line in lines)
    customer, address = _buyer(rng)
    message = OrderPlaced(
        number=f"W{seed}-{place + 1:06d}",
        store=rng.choice(STORES),
        channel=rng.choice(("website", "website", "showroom")),
        currency=CURRENCY,
        customer=customer,
        shipping_address=address,
        lines=lines,
        shipping_fee=SHIPPING_FEE if ships and goods < FREE_SHIPPING_FROM else 0,
        carrier=rng.choice(CARRIERS),
    )
    return Placed(order_id(seed, place), place, message)


def other_size(sku: str, rng: Random) -> str:
    """Return the same model in another size, e.g. `tent-2p-L` for `tent-2p-M`."""
    model, _, size = sku.rpartition("-")
    return f"{model}-{rng.choice([other for other in SIZES if other != size])}"


def _lines(rng: Random) -> tuple[OrderLine, ...]:
    chosen = rng.sample(MODELS, rng.choice((1, 1, 2, 3)))
    return tuple(_line(rng, number, model, price) for number, (model, price) in enumerate(chosen, start=1))


def _stored(lines: tuple[OrderLine, ...], rng: Random) -> tuple[OrderLine, ...]:
    """Return lines with the warehouses that they come from: mostly the same one for all."""
    usual = rng.choice(WAREHOUSES)
    return tuple(changed(line, warehouse=usual if rng.random() < 0.8 else rng.choice(WAREHOUSES)) for line in lines)


def _line(rng: Random, number: int, model: str, price: int) -> OrderLine:
    quantity = rng.choice((1, 1, 1, 2, 3))
    discount = price * quantity // 10 if rng.random() < 0.2 else 0
    size = rng.choice(SIZES)
    return OrderLine(
        line=number,
        sku=f"{model}-{size}",
        model=model,
        title=model.replace("-", " "),
        variant=size,
        quantity=quantity,
        unit_price=price,
        discount=discount,
    )


def _digital_lines(rng: Random) -> tuple[OrderLine, ...]:
    sku, price = rng.choice(DIGITAL)
    return (OrderLine(line=1, sku=sku, model=sku, kind=ItemKind.DIGITAL, quantity=1, unit_price=price),)


def _buyer(rng: Random) -> tuple[Customer, Address]:
    name = f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"
    city, postcode, country = rng.choice(PLACES)
    customer = Customer(
        id=f"C{rng.randrange(100_000):05d}",
        name=name,
        email=f"{name.lower().replace(' ', '.')}@customers.example",
        locale=country.lower(),
    )
    street = f"{rng.randrange(1, 200)} Harbour Road"
    return customer, Address(name=name, street=street, city=city, postcode=postcode, country=country)
