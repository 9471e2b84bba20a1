"""The personal data of an order: its customer and addresses."""

from domain.deciding.values import Value
from domain.orders.facts import Address, Customer


class OwnAddress(Value):
    """Where one shipment goes when it isn't where the others go."""

    shipment_id: str
    address: Address


class Contact(Value):
    """All that is personal in an order, kept apart so that it can be erased; no rule looks into it."""

    customer: Customer
    shipping_address: Address | None = None
    billing_address: Address | None = None
    own_addresses: tuple[OwnAddress, ...] = ()

    def address_of(self, shipment_id: str) -> Address | None:
        """Return where a shipment goes."""
        own = (each.address for each in self.own_addresses if each.shipment_id == shipment_id)
        return next(own, self.shipping_address)
