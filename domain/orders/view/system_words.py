"""System words: what each of the five systems calls an order's state, and a shipment's (PEL-38, TRV-33)."""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from domain.deciding.values import Value, asdict, changed
from domain.deciding.words import cover
from domain.orders import holds
from domain.orders.money.balance import view
from domain.orders.order import LINES, ORDERS, SHIPMENTS, Order, PaymentState, Shipment, ShipmentState, State

Words = Mapping[str, str]
"""The words of one order or shipment by the name of their system; a system that has none is left out."""


class OrderWords(Value):
    """One state in the words of the five systems; Travorium's follow the money instead (TRV-29 to TRV-32)."""

    osmose_fr: str | None
    osmose_en: str | None
    peloton: str | None
    peloton_shipment: str | None
    elastic_path: str | None
    omc: str | None
    means: str


class ShipmentWords(Value):
    """One state of a shipment in the words of the systems that have one."""

    osmose_fr: str | None
    osmose_en: str | None
    peloton: str | None
    elastic_path: str | None


_IN_WORKFLOW: Final = "order in workflow"
_NOT_FULFILLED: Final = "shipping order not fulfilled"
# fmt: off
ORDER: Final[Mapping[State, OrderWords]] = MappingProxyType({
    State.DRAFT: OrderWords(
        None, None, "Pending Payment", "Other", None, "pending order",
        "an agent is taking the order down"),
    State.PAYMENT_PENDING: OrderWords(
        "Empreinte en attente", "payment imprint pending", "Pending Payment", "Other", "CREATED", _IN_WORKFLOW,
        "the bank's word or the cheque is awaited"),
    State.RISK_REVIEW: OrderWords(
        "En attente", "waiting", "Pending Risk Evaluation", "Other", "ONHOLD", holds.SUSPENDED,
        "paid for, but the fraud verdict or a person's decision is awaited"),
    State.RISK_FOLLOW_UP: OrderWords(
        "En attente", "waiting", "Requires Follow Up", "Other", "ONHOLD", holds.SUSPENDED,
        "the customer was asked about the order"),
    State.APPROVED: OrderWords(
        "Approuvée", "approved", "Pending Fulfilment", "Other", "IN_PROGRESS", _IN_WORKFLOW,
        "paid for, and nobody doubts it"),
    State.AVAILABILITY_REQUESTED: OrderWords(
        "Demande en cours", "request in progress", "Pending Fulfilment", "Other", "AWAITING_INVENTORY", _IN_WORKFLOW,
        "the warehouse is looking for the goods"),
    State.PROCESSING: OrderWords(
        "Traitée", "processing", "Pending Fulfilment", "Other", "AWAITING_INVENTORY", _IN_WORKFLOW,
        "some goods are missing; the lines say which and why"),
    State.CONFIRMED: OrderWords(
        "Confirmée", "confirmed", "Pending Fulfilment", "Other", "INVENTORY_ASSIGNED", _NOT_FULFILLED,
        "all goods are set aside; from here on only the warehouse can stop it"),
    State.PICKING: OrderWords(
        "Prélevée", "picked", "Pending Fulfilment", "Other", "RELEASED", _NOT_FULFILLED,
        "the warehouse takes the goods from its shelves"),
    State.SHIPPING: OrderWords(
        "Expédition en cours", "shipping in progress", "Pending Fulfilment", "Other", "RELEASED", _NOT_FULFILLED,
        "packed, and about to leave; nothing can be changed any more"),
    State.SENT: OrderWords(
        "Envoyée", "sent", "Completed", "Done", "SHIPPED", "shipping order fulfilled",
        "the carrier has all of it; refunds and returns are open"),
    State.DELIVERED: OrderWords(
        "Délivrée", "delivered", "Completed", "Done", "COMPLETED", "customer receipt",
        "all of it has arrived"),
    State.COMPLETED: OrderWords(
        "Terminée", "finished", "Completed", "Done", "COMPLETED", "end of workflow",
        "closed: nothing of it is open"),
    State.CANCELLED: OrderWords(
        "Annulée", "cancelled", "Canceled", "Canceled", "CANCELLED", "cancelled",
        "called off; it will not be sent"),
    State.VOIDED: OrderWords(
        None, None, None, None, None, "void",
        "given up before it was placed"),
})
"""What each state is called, and what it means in a sentence."""
cover(State, ORDER, f"{__name__}.ORDER", "say what each system calls such an order, and what it means")
SHIPMENT: Final[Mapping[ShipmentState, ShipmentWords]] = MappingProxyType({
    ShipmentState.PLANNED: ShipmentWords(None, None, "Other", None),
    ShipmentState.AWAITING_AVAILABILITY: ShipmentWords(
        "Demande en cours", "request in progress", "Other", "AWAITING_INVENTORY"),
    ShipmentState.RESERVED: ShipmentWords("Confirmée", "confirmed", "Other", "INVENTORY_ASSIGNED"),
    ShipmentState.RELEASED: ShipmentWords("Confirmée", "confirmed", "Other", "RELEASED"),
    ShipmentState.PICKING: ShipmentWords("Prélevée", "picked", "Other", "RELEASED"),
    ShipmentState.PACKED: ShipmentWords("Colisée – à expédier", "packed, to be shipped", "Other", "RELEASED"),
    ShipmentState.SENT: ShipmentWords("Envoyée", "sent", "Done", "SHIPPED"),
    ShipmentState.DELIVERED: ShipmentWords("Délivrée", "delivered", "Done", "SHIPPED"),
    ShipmentState.NOT_REQUIRED: ShipmentWords(None, None, "No Shipment", "DIGITAL"),
    ShipmentState.CANCELLED: ShipmentWords("Annulée", "cancelled", "Canceled", "CANCELLED"),
})
"""What each state of a shipment is called."""
cover(ShipmentState, SHIPMENT, f"{__name__}.SHIPMENT", "say what each system calls a shipment that is so")
MONEY: Final[Mapping[str, str]] = MappingProxyType({
    "unpaid": "unpaid", "authorised": "unpaid", "paid": "paid", "part_refunded": "refunded", "refunded": "refunded",
})
"""Travorium's word for the money; money that is only reserved is still due."""
# fmt: on


def _held(*kinds: str) -> Callable[[Order], bool]:
    return lambda order: any(kind in order.holds for kind in kinds)


def _alerted(order: Order) -> bool:
    return bool(order.alerts)


def _partly_sent(order: Order) -> bool:
    return any(shipment.state in _GONE for shipment in order.live_shipments)


def _nothing_to_ship(order: Order) -> bool:
    return not order.live_shipments


class Instead(Value):
    """Another word of one system, in some states, when the order is so; the last one that holds is said."""

    system: str
    word: str
    among: frozenset[State]
    when: Callable[[Order], bool]
    says: str


_GONE: Final = SHIPMENTS["out"]
_BEFORE_SENT: Final = ORDERS["unsent"]
_DOUBTED: Final = ORDERS["doubted"]
_PENDING_FULFILMENT: Final = _BEFORE_SENT & ORDERS["under_way"]
_STOPPED: Final = tuple(kind for kind in holds.KINDS if kind != holds.EXCHANGE)
INSTEAD: Final = (
    Instead("peloton", "Pending Logistics Approval", _PENDING_FULFILMENT, _held(holds.LOGISTICS), "held: logistics"),
    Instead("peloton_shipment", "No Shipment", frozenset({State.COMPLETED}), _nothing_to_ship, "nothing to send"),
    Instead("elastic_path", "PARTIALLY_SHIPPED", _BEFORE_SENT, _partly_sent, "a part of it is sent"),
    Instead("elastic_path", "AWAITING_EXCHANGE", frozenset({State.CONFIRMED}), _held(holds.EXCHANGE), "held: exchange"),
    Instead("elastic_path", "ONHOLD", _BEFORE_SENT, _held(*_STOPPED), "held otherwise"),
    Instead("omc", "alert uncleared", _DOUBTED, _alerted, "an alert is up"),
    Instead("omc", "alert uncleared", _BEFORE_SENT, _held(holds.ALERT), "held: alert"),
    Instead("omc", holds.SUSPENDED, _BEFORE_SENT, _held(holds.SUSPENDED), "held: suspended"),
)
"""Where the state alone doesn't give the word."""
_MISSING: Final = LINES["missing"]


def _said(words: OrderWords | ShipmentWords) -> Words:
    return MappingProxyType({name: word for name, word in asdict(words).items() if word is not None})


_BY_STATE: Final = {
    state: MappingProxyType({name: word for name, word in _said(words).items() if name != "means"})
    for state, words in ORDER.items()
}
_BY_SHIPMENT: Final = {state: _said(words) for state, words in SHIPMENT.items()}
_LACKING: Final = _said(
    changed(SHIPMENT[ShipmentState.AWAITING_AVAILABILITY], osmose_fr="Traitée", osmose_en="processing")
)


@cache
def _with(state: State, others: tuple[tuple[str, str], ...]) -> Words:
    return MappingProxyType({**_BY_STATE[state], **dict(others)})


def words_of(order: Order) -> Words:
    """Return the order's status in the words of each system that has one; not for a shell."""
    state = order.state
    assert state is not None
    others = [(each.system, each.word) for each in INSTEAD if state in each.among and each.when(order)]
    money = _travorium(order)
    if money is not None:
        others.append(("travorium", money))
    return _with(state, tuple(others))


def _travorium(order: Order) -> str | None:
    """Return the word that follows the order's money; an order that costs nothing is as good as paid."""
    if order.state is None or order.state in ORDERS["unspoken"]:
        return None
    if order.state is State.CANCELLED:
        return "cancelled"
    free = order.payment.state is PaymentState.NOT_REQUIRED and order.total == 0
    return "paid" if free else MONEY[view(order)]


def words_of_shipment(order: Order, shipment: Shipment) -> Words:
    """Return the shipment's state in the words of each system that has one (OSM-11: missing goods have their own)."""
    if shipment.state is ShipmentState.AWAITING_AVAILABILITY:
        lines = (order.line(number) for number in shipment.lines)
        if any(line is not None and line.state in _MISSING for line in lines):
            return _LACKING
    return _BY_SHIPMENT[shipment.state]


def meaning_of(state: State) -> str:
    """Return in a sentence what a state means (TRV-33)."""
    return ORDER[state].means
