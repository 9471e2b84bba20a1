"""Messages as partners write them."""

from contracts.shop import Address, Customer, OrderLine, OrderPlaced


def placed(number: str = "N-1", **changes: object) -> OrderPlaced:
    """An order of two shirts for 40.00 EUR and 5.00 EUR shipping."""
    order = OrderPlaced(
        number=number,
        store="lille",
        currency="EUR",
        customer=Customer(id="c-1", name="Ada Test", email="ada@example.org"),
        shipping_address=Address(street="1 rue Basse", city="Lille", postcode="59000", country="FR"),
        lines=(OrderLine(line=1, sku="shirt-M", model="shirt", quantity=2, unit_price=2000),),
        shipping_fee=500,
    )
    return order.model_copy(update=changes)
