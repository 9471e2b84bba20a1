"""Projection: an order as everybody may see it, without personal data."""

from typing import TypedDict

from contracts.message import Money
from contracts.references import written
from contracts.status import (
    OrderStatus,
    ShipmentWords,
    StatusLine,
    StatusRefund,
    StatusReturn,
    StatusShipment,
    StatusVerdict,
    StatusWords,
    Waiting,
)
from domain.orders.money.balance import Balance, balance, word_of
from domain.orders.order import Order, Shipment, ShipmentState, Verdict
from domain.orders.view.system_words import words_of, words_of_shipment
from domain.orders.view.waiting import waiting


def _amount(order: Order, amount: int) -> Money:
    return Money(amount, order.currency)


class _Money(TypedDict):
    """The fields of `order.status` about money."""

    payment: str
    total: Money
    captured: Money
    refunded: Money


def _money(order: Order, money: Balance) -> _Money:
    return {
        "payment": word_of(money),
        "total": _amount(order, order.total),
        "captured": _amount(order, money.captured),
        "refunded": _amount(order, money.refunded),
    }


def _lines(order: Order) -> tuple[StatusLine, ...]:
    return tuple(
        StatusLine(line.line, line.sku, line.quantity, line.state, line.title, line.variant) for line in order.lines
    )


def _returns(order: Order) -> tuple[StatusReturn, ...]:
    return tuple(StatusReturn(each.code, each.state, each.outcome) for each in order.returns)


def _refunds(order: Order) -> tuple[StatusRefund, ...]:
    return tuple(
        StatusRefund(each.id, each.state, _amount(order, each.amount), each.requested_at) for each in order.refunds
    )


def _verdict(verdict: Verdict) -> StatusVerdict:
    return StatusVerdict(verdict.clear, verdict.score, verdict.reasons)


def _waiting(order: Order) -> tuple[Waiting, ...]:
    return tuple(Waiting(each.message, each.party, each.due_at) for each in waiting(order))


def _shipment(order: Order, shipment: Shipment) -> StatusShipment:
    words = ShipmentWords(**words_of_shipment(order, shipment))
    return StatusShipment(shipment.id, shipment.state, shipment.carrier, written(shipment.tracking_number), words)


def flags_of(order: Order, money: Balance) -> list[str]:
    """Return the flags that follow from the order: partly sent or delivered, on hold, alerted, refunded."""
    live = [shipment.state for shipment in order.live_shipments]
    delivered = live.count(ShipmentState.DELIVERED)
    sent = delivered + live.count(ShipmentState.SENT)
    flags = {
        "partially_sent": 0 < sent < len(live),
        "partially_delivered": 0 < delivered < len(live),
        "on_hold": bool(order.holds),
        "alerted": bool(order.alerts),
        "refunded": money.refunded > 0,
    }
    return [name for name, is_set in flags.items() if is_set]


def status_of(order: Order) -> OrderStatus:
    """Return the order as it stands, as the message `order.status` tells it; not for a shell."""
    money = balance(order)
    return OrderStatus(
        number=order.number,
        version=order.version,
        kind=order.kind,
        store=order.store,
        channel=order.channel,
        status="" if order.state is None else order.state,
        words=StatusWords(**words_of(order)),
        holds=order.holds,
        alerts=tuple(alert.name for alert in order.alerts),
        flags=tuple(flags_of(order, money)),
        **_money(order, money),
        lines=_lines(order),
        shipments=tuple(_shipment(order, shipment) for shipment in order.shipments),
        returns=_returns(order),
        refunds=_refunds(order),
        links=order.links,
        locked_by=None if order.lock is None else order.lock.owner,
        assignee=order.assignee,
        waiting=_waiting(order),
        placed_at=order.placed_at,
        verdict=None if order.verdict is None else _verdict(order.verdict),
    )
