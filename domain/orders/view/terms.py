"""Terms: what an order is found by, each of a kind and in the one form in which it is compared."""

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from domain.deciding.values import Value
from domain.orders.facts import Address
from domain.orders.order import Order
from domain.orders.view import telephone
from domain.orders.view.spelling import compact, folded, reverse, words


class TermKind(IntEnum):
    """The kinds of terms; their numbers are stored, and never mean anything else."""

    NUMBER = 1
    TAIL = 2
    EMAIL = 3
    PHONE = 4
    CUSTOMER = 5
    NAME = 6
    NAME_POSTCODE = 7
    PAYMENT = 8
    TRACKING = 9
    RMA = 10
    SKU = 11


class Term(Value):
    """A value by which an order is found."""

    kind: TermKind
    value: str


TAIL: Final = 8
"""Characters of the end of a number by which it is found; people know four to six."""
_SHORTEST_TAIL: Final = 4


def billed(order: Order) -> Address | None:
    """Return the address whose name and postcode count: that of the bill, else that of the goods (EP-05)."""
    contact = order.contact
    return None if contact is None else contact.billing_address or contact.shipping_address


def name_of(order: Order) -> str:
    """Return what the customer is called on the bill."""
    address, contact = billed(order), order.contact
    called = None if contact is None else contact.customer.name
    return (None if address is None else address.name or address.company) or called or ""


def postcode_of(order: Order) -> str:
    """Return the postcode of the bill, as it is compared."""
    address = billed(order)
    return "" if address is None or address.postcode is None else compact(address.postcode)


def name_postcode(word: str, postcode: str) -> str:
    """Return a word of a name with its postcode; the postcode first, so that a word need not be whole."""
    return f"{postcode} {word}"


def tail(number: str) -> str:
    """Return the end of a number, from behind."""
    return reverse(number[-TAIL:])


def terms(order: Order) -> tuple[Term, ...]:
    """Return all that an order is found by, each once, sorted."""
    found = {term for term in (*_numbers(order), *_people(order), *_things(order)) if term.value}
    ends = {each.value for each in found if each.kind in _WITH_TAILS and len(each.value) >= _SHORTEST_TAIL}
    return tuple(
        sorted(found | {Term(TermKind.TAIL, tail(end)) for end in ends}, key=lambda each: (each.kind, each.value))
    )


_WITH_TAILS: Final = (TermKind.NUMBER, TermKind.PHONE, TermKind.TRACKING)


def _numbers(order: Order) -> Iterator[Term]:
    yield Term(TermKind.NUMBER, compact(order.number))
    payment = order.payment
    payments = (payment.payment_id, *(each.payment_id for each in payment.others))
    yield from (Term(TermKind.PAYMENT, compact(each)) for each in payments if each)
    parcels = (each.tracking_number for each in order.shipments)
    yield from (Term(TermKind.TRACKING, compact(each)) for each in parcels if each)
    yield from (Term(TermKind.RMA, compact(each.code)) for each in order.returns)


def _people(order: Order) -> Iterator[Term]:
    yield Term(TermKind.CUSTOMER, folded(order.customer_id))
    if order.contact is None:
        return
    customer, address = order.contact.customer, billed(order)
    yield Term(TermKind.EMAIL, folded(customer.email or ""))
    country = "" if address is None else address.country
    yield from (Term(TermKind.PHONE, form) for form in telephone.forms(customer.phone or "", country))
    called = (*words(name_of(order)), *words("" if address is None else address.company or ""))
    postcode = postcode_of(order)
    yield from (Term(TermKind.NAME, word) for word in called)
    if postcode:
        yield from (Term(TermKind.NAME_POSTCODE, name_postcode(word, postcode)) for word in called)


def _things(order: Order) -> Iterator[Term]:
    yield from (Term(TermKind.SKU, compact(line.sku)) for line in order.lines)
