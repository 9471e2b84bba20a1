"""The fourth check: each order's money adds up, moved for a cause, and as the payment service's own facts say."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from pydantic_core import from_json

from contracts.topics import PAYMENT_REQUESTS
from contracts.wire import Outgoing
from domain.deciding.decision import Decision
from domain.orders.holds import EXCHANGE
from domain.orders.money.balance import Balance, balance
from domain.orders.money.refund_amounts import REPLACEMENT
from domain.orders.order import (
    ENDED,
    EXCHANGES,
    REFUNDS,
    SHIPMENT_RANK,
    Order,
    Refund,
    Replaced,
    ReturnState,
    ShipmentState,
)
from verification import provider

UNASKED: Final = "unasked"
"""The origin of a refund that the hub did not ask for."""
ASKED: Final = REFUNDS["granted"]
GIVEN: Final = EXCHANGES["given"]


def _returned(order: Order, refund: Refund) -> str:
    found = next((entry for entry in order.returns if entry.code == refund.rma_code), None)
    if found is None:
        return f"its return {refund.rma_code} doesn't exist"
    return "" if found.state is ReturnState.VALIDATED else f"its return {found.code} is {found.state}, not validated"


def _cancelled(order: Order, refund: Refund) -> str:
    return "" if order.state in ENDED else f"the order is {order.state}, not cancelled"


def _asked(order: Order, refund: Refund) -> str:
    if not refund.requested_by:
        return "nobody asked for it"
    return "" if refund.reason else f"{refund.requested_by} gave no reason"


def _cheaper(order: Order, refund: Refund) -> str:
    cheaper = order.payment.taken > order.total or _undone(order)
    return "" if cheaper else f"the order still costs the {order.payment.taken} taken"


def _replaced(order: Order, refund: Refund) -> str:
    ended = Counter({each.line: each.back + each.dropped for each in order.replaced if _is_of(each, refund)})
    if any(entry.quantity > ended[entry.line] for entry in refund.pieces):
        return f"order {refund.replacement} didn't say that these pieces came back, or will not be sent"
    return ""


def _is_of(record: Replaced, refund: Refund) -> bool:
    return record.order_id == refund.replacement


def _undone(order: Order) -> bool:
    """Tell whether money was taken and then said not to be there: what was paid back of it is owed to the shop."""
    payment = order.payment
    refused = {each.request_id for each in payment.told if each.kind == "refused"}
    taken_back = any(each.struck and each.request_id in refused for each in payment.told)
    return taken_back or order.payment_method == "cheque"


def _unasked(order: Order, refund: Refund) -> str:
    return "" if refund.paid else "nobody asked for it, and it is not paid"


CAUSES: Final[Mapping[str, Callable[[Order, Refund], str]]] = MappingProxyType(
    {
        "rma": _returned,
        "cancellation": _cancelled,
        "items": _asked,
        "goodwill": _asked,
        "reduction": _cheaper,
    }
    | {REPLACEMENT: _replaced, UNASKED: _unasked}
)
"""For each origin of a refund, what says why it has no cause (empty where it has)."""


def faults(order: Order) -> list[str]:
    """Return what is wrong with the money of an order as it stands."""
    money = balance(order)
    found = [] if money.sound else [f"the sums don't hold: {money}"]
    promised = sum(refund.amount for refund in order.refunds if refund.state in ASKED and refund.origin != UNASKED)
    if promised > money.captured and not _undone(order):
        found.append(f"refunds of {promised} exceed the {money.captured} captured")
    for refund in order.refunds:
        if refund.state in REFUNDS["counted"]:
            missing = CAUSES.get(refund.origin, _unknown)(order, refund)
            found += [f"refund {refund.id} has no cause: {missing}"] if missing else []
    validated = {returned.code for returned in order.returns if returned.state is ReturnState.VALIDATED}
    found.extend(
        f"exchange {exchange.order_id} is {exchange.state}, but return {exchange.rma_code} isn't validated"
        for exchange in order.exchanges
        if exchange.state in GIVEN and exchange.rma_code not in validated
    )
    return found


def _unknown(order: Order, refund: Refund) -> str:
    return f"nobody knows an origin {refund.origin!r}"


def exchange_is_released(order: Order) -> bool:
    """Tell whether an exchange order has been let go, or goods of it even left."""
    if order.origin is None or order.kind != "exchange" or order.state in ENDED:
        return False
    gone = any(shipment.rank > SHIPMENT_RANK[ShipmentState.RESERVED] for shipment in order.live_shipments)
    return EXCHANGE not in order.holds or gone


def exchange_fault(order: Order, origin: Order | None) -> str:
    """Return why a released exchange order should not have been, empty where its return came back."""
    assert order.origin is not None
    if origin is None:
        return f"released, but its origin {order.origin.order_id} doesn't exist"
    returned = next((entry for entry in origin.returns if entry.code == order.origin.rma_code), None)
    if returned is None:
        return f"released, but order {origin.id} has no return {order.origin.rma_code}"
    if returned.state is not ReturnState.VALIDATED:
        return f"released, but return {returned.code} of order {origin.id} is {returned.state}, not validated"
    return "" if any(entry.received for entry in returned.lines) else f"released, but nothing of {returned.code} came"


def history_faults(order: Order, decisions: Iterable[tuple[Decision[Order], object]]) -> list[str]:
    """Return where the payment service's facts, summed, aren't the order's books, payment by payment."""
    made = [decision for decision, _ in decisions]
    told = provider.told(order.currency, made)
    found = [*provider.unexplained(made)]
    for payment_id, mine in provider.books(order).items():
        sums = told.payments.get(payment_id, provider.Sums())
        found += [f"payment {payment_id or 'by cheque'}: {fault}" for fault in sums.faults(mine)]
    refunded = balance(order).refunded
    if refunded != told.refunded:
        found.append(f"refunded is {refunded}, the payment service's facts give {told.refunded}")
    return found


def asked_twice(messages: Iterable[Outgoing]) -> list[str]:
    """Return the ids of requests for money that an order made more than once."""
    ids: Counter[str] = Counter()
    for message in messages:
        if message.topic == PAYMENT_REQUESTS.name:
            data: dict[str, Any] = from_json(message.value or b"{}")
            ids[str(data.get("request_id"))] += 1
    return [request_id for request_id, times in ids.items() if times > 1]


def add(sums: Counter[str], money: Balance) -> None:
    """Add an order's money to that of all orders."""
    for name in ("authorised", "captured", "voided", "held", "kept", "refunded"):
        sums[name] += getattr(money, name)
