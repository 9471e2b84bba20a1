"""What must hold of every order at rest: holds have their causes, pieces are in one place, free orders stay free."""

from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from domain.deciding.deadlines import Deadline
from domain.orders import pieces
from domain.orders.holds import ALERT, KINDS, RECALL, blocked
from domain.orders.order import ENDED, LINES, SHIPMENTS, Order, RecallState, ShipmentState, State


def _holds(order: Order) -> list[str]:
    """Return where a hold has no cause, or a cause has no hold (H-07, H-09, H-10)."""
    open_recall = any(recall.state is RecallState.OPEN for recall in order.recalls)
    found = [f"hold {hold} is unknown" for hold in order.holds if hold not in KINDS]
    found += [f"hold {hold} is on twice" for hold, times in Counter(order.holds).items() if times > 1]
    if order.state not in ENDED and (RECALL in order.holds) is not open_recall:
        found.append(f"hold recall is {'on' if RECALL in order.holds else 'off'}, a recall is open: {open_recall}")
    if (ALERT in order.holds) is not blocked(order):
        found.append(f"hold alert is {'on' if ALERT in order.holds else 'off'}, an alert blocks: {blocked(order)}")
    return found


def _shipments(order: Order) -> list[str]:
    """Return the lines with goods that are not in exactly one live shipment (S-01, S-02, S-12)."""
    if order.state is None or order.state in ENDED:
        return []
    places = Counter(number for shipment in order.live_shipments for number in shipment.lines)
    wanted = [line for line in order.lines if line.kind == "shippable" and line.state in LINES["kept"]]
    return [f"line {line.line} is in {places[line.line]} live shipments" for line in wanted if places[line.line] != 1]


def _free(order: Order) -> list[str]:
    """Return what a free order costs or gives back (A-29, A-43)."""
    if order.kind == "regular":
        return []
    found = [f"an order of kind {order.kind} costs {order.total}"] if order.total else []
    asked = [refund for refund in order.refunds if refund.origin != "unasked"] if not order.payment.taken else []
    return found + [f"refund {refund.id} of an order of kind {order.kind}" for refund in asked]


def _recalls(order: Order) -> list[str]:
    """Return the recalls of a cancelled order that nobody settled (O-24)."""
    if order.state not in ENDED:
        return []
    return [f"recall {recall.id} is not settled" for recall in order.recalls if not recall.settled]


_WAITS: Final[Mapping[str, Callable[[Order, str], bool]]] = MappingProxyType(
    {
        Deadline.AVAILABILITY: lambda order, subject: _is(order, subject, ShipmentState.AWAITING_AVAILABILITY),
        Deadline.RESTOCK: lambda order, subject: _is(order, subject, ShipmentState.AWAITING_AVAILABILITY),
        Deadline.FULFILMENT: lambda order, subject: _is(order, subject, *SHIPMENTS["to_hand_over"]),
        Deadline.DELIVERY: lambda order, subject: _is(order, subject, ShipmentState.SENT),
        Deadline.RECALL: lambda order, subject: any(
            recall.state is RecallState.OPEN and recall.shipment_id == subject for recall in order.recalls
        ),
        Deadline.CHECK: lambda order, subject: order.state not in ENDED,
        Deadline.LOCK: lambda order, subject: order.lock is not None,
        Deadline.DRAFT: lambda order, subject: order.state is State.DRAFT,
    }
)


def _is(order: Order, shipment_id: str, *states: ShipmentState) -> bool:
    return any(shipment.id == shipment_id and shipment.state in states for shipment in order.shipments)


def _deadlines(order: Order) -> list[str]:
    """Return the deadlines that are armed for nothing that could still come."""
    return [
        f"deadline {timer.kind} of {timer.subject or 'the order'} waits for nothing"
        for timer in order.timers
        if timer.kind in _WAITS and not _WAITS[timer.kind](order, timer.subject)
    ]


INVARIANTS: Final[tuple[Callable[[Order], list[str]], ...]] = (
    _holds,
    _shipments,
    _free,
    _recalls,
    _deadlines,
    pieces.faults,
)


def faults(order: Order) -> list[str]:
    """Return what can't be so of an order as it stands."""
    return [fault for holds_true in INVARIANTS for fault in holds_true(order)]
