"""Projection: an order as everybody may see it, without personal data."""

from domain.orders.money.balance import balance, view
from domain.orders.order import Order, Shipment, ShipmentState
from domain.orders.view.system_words import words_of, words_of_shipment
from domain.orders.view.waiting import Waiting, waiting

Document = dict[str, object]


def _money(order: Order, amount: int) -> Document:
    return {"amount": amount, "currency": order.currency}


def _shipment(order: Order, shipment: Shipment) -> Document:
    document: Document = {
        "shipment_id": shipment.id,
        "state": shipment.state.value,
        "words": dict(words_of_shipment(order, shipment)),
    }
    if shipment.carrier is not None:
        document["carrier"] = shipment.carrier
    if shipment.tracking_number is not None:
        document["tracking_number"] = shipment.tracking_number
    return document


def _waiting(entry: Waiting) -> Document:
    document: Document = {"message": entry.message, "party": entry.party}
    if entry.due_at is not None:
        document["due_at"] = entry.due_at
    return document


def flags_of(order: Order) -> list[str]:
    """Return the flags that follow from the order: partly sent or delivered, on hold, alerted, refunded."""
    live = order.live_shipments
    sent = sum(shipment.state in (ShipmentState.SENT, ShipmentState.DELIVERED) for shipment in live)
    delivered = sum(shipment.state is ShipmentState.DELIVERED for shipment in live)
    flags = {
        "partially_sent": 0 < sent < len(live),
        "partially_delivered": 0 < delivered < len(live),
        "on_hold": bool(order.holds),
        "alerted": bool(order.alerts),
        "refunded": balance(order).refunded > 0,
    }
    return [name for name, is_set in flags.items() if is_set]


def status_of(order: Order) -> Document:
    """Return the order as it stands, with the fields of the message `order.status`; not for a shell."""
    money = balance(order)
    return {
        "number": order.number,
        "version": order.version,
        "kind": order.kind,
        "store": order.store,
        "channel": order.channel,
        "status": "" if order.state is None else order.state.value,
        "words": dict(words_of(order)),
        "holds": list(order.holds),
        "alerts": [alert.name for alert in order.alerts],
        "flags": flags_of(order),
        "payment": view(order),
        "total": _money(order, order.total),
        "captured": _money(order, money.captured),
        "refunded": _money(order, money.refunded),
        "lines": [
            {"line": line.line, "sku": line.sku, "quantity": line.quantity, "state": line.state.value}
            for line in order.lines
        ],
        "shipments": [_shipment(order, shipment) for shipment in order.shipments],
        "returns": [
            {"rma_code": returned.code, "state": returned.state.value, "outcome": returned.outcome}
            for returned in order.returns
        ],
        "refunds": [
            {"refund_id": refund.id, "state": refund.state.value, "amount": _money(order, refund.amount)}
            for refund in order.refunds
        ],
        "links": list(order.links),
        "locked_by": None if order.lock is None else order.lock.owner,
        "assignee": order.assignee,
        "waiting": [_waiting(entry) for entry in waiting(order)],
    }
