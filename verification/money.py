"""The fourth check: each order's money adds up, moved for a cause, and as the payment service's own facts say."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from pydantic_core import from_json

from contracts.topics import PAYMENT_REQUESTS
from contracts.wire import Outgoing
from domain.deciding.decision import Decision, Outcome
from domain.orders import desk_facts as desk
from domain.orders import facts
from domain.orders.holds import EXCHANGE
from domain.orders.money.balance import Balance, balance
from domain.orders.money.refund_amounts import REPLACEMENT
from domain.orders.order import (
    ENDED,
    SHIPMENT_RANK,
    ExchangeState,
    Order,
    Refund,
    RefundState,
    Replaced,
    ReturnState,
    ShipmentState,
)

ASKED: Final = frozenset({RefundState.APPROVED, RefundState.EXECUTED})
GIVEN: Final = frozenset({ExchangeState.RELEASED, ExchangeState.DONE})


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
    return "" if order.payment.taken > order.total else f"the order still costs the {order.payment.taken} taken"


def _replaced(order: Order, refund: Refund) -> str:
    ended = Counter({each.line: each.back + each.dropped for each in order.replaced if _is_of(each, refund)})
    if any(entry.quantity > ended[entry.line] for entry in refund.pieces):
        return f"order {refund.replacement} didn't say that these pieces came back, or will not be sent"
    return ""


def _is_of(record: Replaced, refund: Refund) -> bool:
    return record.order_id == refund.replacement


CAUSES: Final[Mapping[str, Callable[[Order, Refund], str]]] = MappingProxyType(
    {"rma": _returned, "cancellation": _cancelled, "items": _asked, "goodwill": _asked, "reduction": _cheaper}
    | {REPLACEMENT: _replaced}
)
"""For each origin of a refund, what says why it has no cause (empty where it has)."""


def faults(order: Order) -> list[str]:
    """Return what is wrong with the money of an order as it stands."""
    money = balance(order)
    found = [] if money.sound else [f"the sums don't hold: {money}"]
    promised = sum(refund.amount for refund in order.refunds if refund.state in ASKED)
    if promised > money.captured:
        found.append(f"refunds of {promised} exceed the {money.captured} captured")
    for refund in order.refunds:
        if refund.state is not RefundState.CANCELLED:
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
    """Return where the sums of the payment service's applied facts aren't those of the order."""
    told = told_sums(decision for decision, _ in decisions)
    money = balance(order)
    mine = {"authorised": money.authorised, "captured": money.captured, "voided": money.voided}
    mine["refunded"] = money.refunded
    return [
        f"{name} is {amount}, the payment service's facts give {told[name]}"
        for name, amount in mine.items()
        if amount != told[name]
    ]


def told_sums(decisions: Iterable[Decision[Order]]) -> Counter[str]:
    """Add up what applied facts of the payment service say; a fact that only raised an alert moved no money."""
    sums: Counter[str] = Counter()
    refunds: dict[str, int] = {}
    checked = 0
    for decision in decisions:
        if decision.outcome is not Outcome.APPLIED or not decision.rules:
            continue
        match decision.received.fact:
            case desk.CheckCheque() as check:  # its amount was compared with what the order cost then, not later
                right = check.signed and check.amount and check.billing_address and check.customer_name
                checked = decision.after.total if right else 0
            case facts.PaymentRefused():
                checked = 0  # the next cheque is another one
            case facts.PaymentAuthorized(amount=amount):
                sums["authorised"] = amount.amount  # a raise is told by the whole amount
            case facts.PaymentCaptured(amount=amount):
                sums["captured"] += amount.amount
                sums["authorised"] += amount.amount if "P-03" in decision.rules else 0
                sums["voided"] += sums["authorised"] - sums["captured"]
            case desk.AuthorizeCheque():
                sums["authorised"] = checked or decision.after.total
            case desk.ValidateCheque():
                sums["captured"] = sums["authorised"]
            case desk.RefundDone(refund_id=refund_id):
                refunds[refund_id] = next(each.amount for each in decision.after.refunds if each.id == refund_id)
            case facts.PaymentVoided(amount=amount):
                sums["voided"] += amount.amount
            case facts.RefundExecuted(refund_id=refund_id, amount=amount):
                refunds[refund_id] = refunds.get(refund_id, 0) + amount.amount
            case facts.RefundReversed(refund_id=refund_id, amount=amount):
                refunds[refund_id] = refunds.get(refund_id, 0) - amount.amount
        payment = decision.after.payment
        if payment.voided and payment.payment_id is None:
            sums["voided"] = sums["authorised"]  # a cheque that nobody cashed
    sums["refunded"] = sum(refunds.values())
    return sums


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
