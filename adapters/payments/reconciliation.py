"""Reconciliation: the provider's books against the hub's own, payment by payment, to the cent."""

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from adapters.calls.exchange import Reply
from adapters.payments.amounts import from_provider
from adapters.payments.calls import INTENTS, REFUNDS
from adapters.payments.client import Provider
from domain.orders.money.balance import refunded_by
from domain.orders.money.payout import MANUAL
from domain.orders.order import Order

LEDGER_PAGES: Final = 100_000
"""Pages of a list of the provider that are read at most: ten million entries. A list without an end is a fault."""


class LedgerIsUnreadable(Exception):
    """The provider's ledger can't be read: {what}."""

    def __init__(self, what: str) -> None:
        super().__init__((self.__doc__ or "").format(what=what))


@dataclass(slots=True)
class Sums:
    """What is known of one payment; amounts in minor units."""

    order_id: str
    currency: str
    captured: int = 0
    refunded: int = 0
    held: int = 0

    @property
    def moved(self) -> bool:
        """Tell whether any money is or was there."""
        return bool(self.captured or self.refunded or self.held)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the two books differ on one payment: `what` is captured, refunded, held or currency."""

    payment_id: str
    order_id: str
    what: str
    provider: int | str | None
    hub: int | str | None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The outcome: sums of both books by currency, what differs, and what differs while a call is open."""

    payments: int
    provider: Mapping[str, Mapping[str, int]]
    hub: Mapping[str, Mapping[str, int]]
    differences: Sequence[Difference]
    in_motion: Sequence[Difference] = ()

    def set_apart(self, in_motion: Collection[str]) -> "Reconciliation":
        """Return it with what differs of orders whose money is just moving set apart."""
        moving = [each for each in self.differences if each.order_id in in_motion]
        still = [each for each in self.differences if each.order_id not in in_motion]
        return replace(self, differences=still, in_motion=moving)

    def to_json(self) -> dict[str, object]:
        """Return it as plain values."""
        return asdict(self)


async def providers_books(provider: Provider) -> dict[str, Sums]:
    """Return what the provider has, by payment; raises LedgerIsUnreadable, NeverLeft or NoAnswer."""
    books: dict[str, Sums] = {}
    try:
        async for intent in _entries(provider.pages(INTENTS, {}, LEDGER_PAGES)):
            books[intent["id"]] = _sums(intent)
        async for refund in _entries(provider.pages(REFUNDS, {}, LEDGER_PAGES)):
            if refund["status"] == "succeeded":
                unknown = Sums("", str(refund["currency"]).upper())
                books.setdefault(str(refund["payment_intent"]), unknown).refunded += _amount(refund, "amount")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LedgerIsUnreadable(f"an entry is not as expected: {error!r}") from error
    return books


def _sums(intent: Mapping[str, Any]) -> Sums:
    order_id = str((intent.get("metadata") or {}).get("order_id", ""))
    held = _amount(intent, "amount") if intent["status"] == "requires_capture" else 0
    return Sums(order_id, str(intent["currency"]).upper(), _amount(intent, "amount_received"), 0, held)


def _amount(entry: Mapping[str, Any], name: str) -> int:
    """Return an amount of the provider in minor units."""
    return from_provider(int(entry.get(name) or 0), str(entry["currency"]).upper())


async def _entries(pages: AsyncIterator[Reply]) -> AsyncIterator[Mapping[str, Any]]:
    async for page in pages:
        if page.status != 200 or not isinstance(page.body, dict) or not isinstance(page.body.get("data"), list):
            raise LedgerIsUnreadable(f"a list was answered with {page.status}")
        for entry in page.body["data"]:
            yield entry


def hubs_books(orders: Iterable[Order]) -> dict[str, Sums]:
    """Return what the hub has, by payment; cheques and what was paid back by hand are not the provider's."""
    books: dict[str, Sums] = {}
    for order in orders:
        payment = order.payment
        if (payment.payment_id is None and not payment.others) or order.payment_method == "cheque":
            continue
        for name, captured, held in (
            (payment.payment_id, payment.captured, payment.held),
            *((other.payment_id, other.captured, other.held) for other in payment.others),
        ):
            if name is not None:
                of = None if name == payment.payment_id else name
                books[name] = Sums(order.id, order.currency, captured, _refunded(order, of), held)
    return books


def _refunded(order: Order, payment_id: str | None) -> int:
    """Return what the provider paid back of one payment of an order, in minor units; None is the one in use."""
    own = (refund for refund in order.refunds if refund.payment_id == payment_id and refund.tender != MANUAL)
    return sum(refunded_by(refund) for refund in own)


def compared(provider: Mapping[str, Sums], hub: Mapping[str, Sums]) -> Reconciliation:
    """Compare both books."""
    payments = sorted(provider.keys() | hub.keys())
    differences = [each for name in payments for each in _differences(name, provider.get(name), hub.get(name))]
    return Reconciliation(len(payments), _totals(provider.values()), _totals(hub.values()), differences)


def _differences(payment_id: str, theirs: Sums | None, ours: Sums | None) -> Iterator[Difference]:
    order_id = (ours or theirs or Sums("", "")).order_id
    for what in ("captured", "refunded", "held"):
        there, here = getattr(theirs, what, 0), getattr(ours, what, 0)
        if there != here:
            yield Difference(payment_id, order_id, what, there if theirs else None, here if ours else None)
    if theirs and ours and theirs.moved and theirs.currency != ours.currency:
        yield Difference(payment_id, order_id, "currency", theirs.currency, ours.currency)


def _totals(books: Iterable[Sums]) -> dict[str, dict[str, int]]:
    totals: dict[str, dict[str, int]] = {}
    for sums in books:
        total = totals.setdefault(sums.currency, {"captured": 0, "refunded": 0, "held": 0})
        for what in total:
            total[what] += getattr(sums, what)
    return totals
