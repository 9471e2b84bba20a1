"""The personal data of an order: its customer and addresses."""

from domain.deciding.values import Value
from domain.orders.facts import Address, Customer


class OwnAddress(Value):
    """The address of a shipment that doesn't go to the order's shipping address."""

    shipment_id: str
    address: Address


class Contact(Value):
    """The personal data of an order. It is kept apart so that it can be erased; no rule reads it."""

    customer: Customer
    shipping_address: Address | None = None
    billing_address: Address | None = None
    own_addresses: tuple[OwnAddress, ...] = ()

    def address_of(self, shipment_id: str) -> Address | None:
        """Return the address of a shipment."""
        own = (each.address for each in self.own_addresses if each.shipment_id == shipment_id)
        return next(own, self.shipping_address)
