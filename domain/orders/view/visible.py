"""What of an order a person can see: only that moves its version, which agents' saves are compared with (O-80)."""

from collections.abc import Callable, Mapping
from operator import attrgetter, is_
from types import MappingProxyType
from typing import Any, Final

from domain.deciding.decision import Decision, Known, Outcome
from domain.deciding.received import Received
from domain.deciding.values import changed
from domain.orders.decide import receive
from domain.orders.money.balance import balance, word_of
from domain.orders.order import Order
from domain.orders.view.projection import status_of

_AT_ONCE: Final = attrgetter(
    "state", "holds", "links", "assignee", "contact", "carrier", "shipping_fee", "number", "customer_id"
)
"""What everybody sees as it is; contact and carrier stand in no status, and an agent who saves has read them."""
_UNSEEN: Final = frozenset({"version", "as_of", "parked", "placed_by", "placed_as", "extra"})
_NAMES: Final = tuple(name for name in Order.__annotations__ if name not in _UNSEEN)
_SEEN: Final = attrgetter(*_NAMES)


def decide(order: Order, received: Received, known: Known) -> tuple[Decision[Order], ...]:
    """Return the decisions on a fact; a version moves only with what a person can see (O-80)."""
    decisions = receive(order, received, known)
    before, unseen, found = order, 0, []
    for decision in decisions:
        if decision.outcome is Outcome.APPLIED and not _differ(before, decision.after):
            unseen += 1
        before = decision.after
        found.append(decision if not unseen else _earlier(decision, unseen))
    return decisions if not unseen else tuple(found)


def _earlier(decision: Decision[Order], by: int) -> Decision[Order]:
    after = decision.after
    return changed(decision, after=changed(after, version=after.version - by))


def _differ(before: Order, after: Order) -> bool:
    """Tell whether a person can see what has changed; the status is made only where nothing simpler tells."""
    if _AT_ONCE(before) != _AT_ONCE(after):
        return True
    same = map(is_, _SEEN(before), _SEEN(after))
    changes = {name for name, as_before in zip(_NAMES, same, strict=True) if not as_before}
    if not changes:
        return False
    if any(_BRIEF[name](before) != _BRIEF[name](after) for name in changes & _BRIEF.keys()):
        return True
    if after.state is None or (changes == {"shipments"} and _parcels(before) == _parcels(after)):
        return False  # of an order that is still unknown nothing else is seen
    return bool(status_of(before) != changed(status_of(after), version=before.version))


_PARCEL: Final = attrgetter("id", "lines", "state", "carrier", "tracking_number", "back_at")
"""All that the status knows of a shipment; most scans change nothing of it."""


def _parcels(order: Order) -> list[Any]:
    return [_PARCEL(each) for each in order.shipments]


def _lines(order: Order) -> list[Any]:
    return [(line.sku, line.quantity, line.state, line.price) for line in order.lines]


_BRIEF: Final[Mapping[str, Callable[[Order], Any]]] = MappingProxyType(
    {
        "alerts": lambda order: [alert.name for alert in order.alerts],
        "lines": _lines,
        "shipments": lambda order: [(each.state, each.tracking_number) for each in order.shipments],
        "returns": lambda order: [each.state for each in order.returns],
        "refunds": lambda order: [(each.state, each.amount) for each in order.refunds],
        "payment": lambda order: word_of(balance(order)),
    }
)
"""What is seen at once of a part of the order that has changed."""
