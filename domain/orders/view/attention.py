"""Attention: why a person should look at an order, and what he can do about it (OMC-30, O-17, L-07)."""

from collections.abc import Iterator
from datetime import datetime
from types import MappingProxyType
from typing import Final

from domain.deciding.deadlines import OWED, Deadline
from domain.deciding.values import Value
from domain.orders import closing, holds
from domain.orders.order import ORDERS, Alert, ArmedTimer, Order, PaymentState, RefundState, State
from domain.orders.scratchpad import LATE_SUFFIX


class Reason(Value):
    """Why a person should look: an overdue message, a hold or an alert; times where they are known."""

    kind: str
    what: str
    by: str
    do: str
    since: datetime | None = None
    due_at: datetime | None = None
    blocking: bool = False


OVERDUE: Final = "overdue"
HOLD: Final = "hold"
ALERT: Final = "alert"
OPEN: Final = "open"
ADVICE: Final = MappingProxyType(
    {
        "amount_mismatch": "The payment service named another amount than was asked: payment.book, or payment.retry",
        "blacklisted_customer": "The customer is blacklisted: decide with order.approve or order.cancel",
        "blacklisting_suggested": "Fraud is proven: consider to blacklist the customer",
        "capture_failed": "The money is not taken: payment.retry, payment.note, or give it up with payment.write_off",
        "captured_short": "Less was taken than is due: payment.retry asks for the rest, payment.write_off gives it up",
        "carrier": "The carrier reports a difficulty: enquire there, then tell the customer",
        "cheque_mismatch": "The cheque does not fit the order: correct it with the customer, then payment.cheque.check",
        "cheque_short": "The order costs more than its cheque is for: order.modify to make it cheaper, or order.cancel",
        "cheque_to_return": "A cheque is here that nobody cashes: send it back",
        "currency_mismatch": "The payment service named another currency than the order's: settle it with the service",
        "customer_answered": "The customer has answered: read it, then order.approve or order.cancel",
        "doubted_after_dispatch": "The fraud service doubts an order whose goods have left: have the carrier stop "
        "them, or alert.clear",
        "excess": "More came back than was announced: settle the rest with the customer",
        "exchange_refused": "No exchange order could be opened: return.switch_outcome pays the money back",
        "find_differs": "The reorder desk told a find again with other pieces: ask how many it has",
        "flash_contradicted": "The reorder desk contradicts what it said before: ask it what is so, then alert.clear",
        "flagged": "A person marked the order: see its note, then alert.clear",
        "fraud": "The order is doubted: decide with order.approve, order.follow_up or order.cancel",
        "increase_refused": "The order became dearer and the bank said no: order.modify, or another way of payment",
        "misdirected": "Another order spoke of a return that is none of this one's: report it, then alert.clear",
        "no_answer": "The customer did not answer: decide with order.approve or order.cancel",
        "nothing_to_refund": "Goods came back and no money is left to give: look at what was refunded before, "
        "here and on the order where they were paid",
        "out_of_stock": "None of the goods can be had: order.cancel, or order.modify to replace them",
        "payment_contradicted": "The payment service contradicts itself: look at its console, then payment.note",
        "picked_while_held": "The warehouse picks a held order: a recall is on its way, see that it arrives",
        "receipt_differs": "A receipt came again with other pieces: count them, then return.receive the missing ones",
        "recall_contradicted": "The warehouse contradicts what it said of a recall: ask where the goods are, then "
        "alert.clear",
        "recall_refused": "The warehouse could not stop the goods: settle it with the customer after delivery",
        "recalled": "The warehouse stopped the goods: order.modify, order.release_hold or order.cancel",
        "refunded_twice": "A refund was paid out more than once: get the money back, or give it up with alert.clear",
        "renewal_refused": "The reservation runs out and the bank gave no new one: payment.retry or order.cancel",
        "reservation_lost": "The bank let the reserved money go: payment.retry, payment.write_off or order.cancel",
        "refund_failed": "The refund did not go through: refund.retender to pay another way",
        "returned_to_sender": "The parcel comes back: settle it with the customer by return.create or refund.request, "
        "or send it again; then alert.clear, without which the order is not closed",
        "shipped_after_cancel": "Goods of a cancelled order left: stop the parcel or have it returned",
        "stock": "Goods are missing: flash.create, order.modify to remove them, or order.cancel",
        "stock_lost": "The warehouse lacks goods that it had set aside: order.recall to change the order, or wait for "
        "them; then alert.clear",
        "stock_arrived_unneeded": "Goods came for a flash reorder that was called off or complete: put them into stock",
        "substitute_proposed": "The reorder desk proposes another article: order.modify if the customer agrees",
        "payment_taken": "Another order is paid by this payment: ask the payment service whose it is, then alert.clear",
        "number_taken": "Another order of the store has this order's number, and nothing goes on: compare them, then "
        "alert.clear to let this one go on, or order.cancel",
        "contradicted": "A partner sent one id with two contents, or placed another order under this one's id: see "
        "hub failed, ask the partner which one counts, then alert.clear",
        "tracking_taken": "Another parcel on its way has this tracking number: have the carrier say whose scans these "
        "are, then alert.clear",
        "unknown_shipment": "The warehouse spoke of a shipment that this order does not have: ask it what it sees, "
        "then alert.clear",
        "unannounced_return": "A parcel came back that no return announced: return.create, then return.receive",
        "unexpected_payment": "Money was reserved or taken that nobody asked for: payment.book, or pay it back",
        "unexpected_refund": "Money was paid back that nobody asked for: look at the provider, then alert.clear",
        "verdicts_differ": "Two verdicts differ, and the fraud service's clock disagrees with the order in which they "
        "came: ask which one counts, then alert.clear, order.approve or order.suspend",
        "void_failed": "Reserved money that is not needed is not free again: payment.retry or payment.note",
    }
)
"""What each alert means and what to do; alert.clear takes one off once that is done."""
_OTHER: Final = "See the timeline, then alert.clear"
_CLOSES: Final = "Settle it: the order can't be closed before; hub order show says what may be done"
_PAST_PAYMENT: Final = ORDERS["past_payment"]
_RELEASES: Final = MappingProxyType(
    {holds.CSR: "order.release_hold", holds.SUSPENDED: "order.resume", holds.LOGISTICS: "order.release_hold"}
)


def needed(order: Order) -> bool:
    """Tell whether a person should look at the order."""
    overdue = any(timer.fired for timer in order.timers)
    held = any(hold in _RELEASES for hold in order.holds)
    return bool(order.alerts) or overdue or held or next(_open(order), None) is not None


def reasons(order: Order) -> tuple[Reason, ...]:
    """Return why a person should look: what blocks the order first, then what is overdue, then the rest."""
    late = {timer.kind + LATE_SUFFIX for timer in order.timers if timer.fired}
    found = [_overdue(order, timer) for timer in order.timers if timer.fired]
    found.extend(_held(hold) for hold in order.holds if hold in _RELEASES)
    found.extend(_alerted(alert) for alert in order.alerts if alert.name not in late)
    found.extend(_open(order))
    return tuple(sorted(found, key=lambda reason: (not reason.blocking, reason.kind != OVERDUE)))


def _open(order: Order) -> Iterator[Reason]:
    """Yield what stands still though no alert says so any more, and why an order can't be closed (O-35, P-19)."""
    for name in _stuck(order):
        if not order.is_alerted(name):
            yield Reason(OPEN, name, "agent", ADVICE[name])
    if order.closing and order.state is State.DELIVERED:
        told = tuple(f"{kind} " for kind in (ALERT, HOLD))
        things = (thing for thing in closing.open_things(order) if not thing.startswith(told))
        yield from (Reason(OPEN, thing, "agent", _CLOSES) for thing in things)


def _stuck(order: Order) -> Iterator[str]:
    """Yield the alerts that would say why money stands still."""
    payment = order.payment
    reserved = payment.state is PaymentState.AUTHORISED
    beside = payment.others and any(other.void_failed and other.held for other in payment.others)
    if reserved and payment.capture_failed and payment.capture_asked:
        yield "capture_failed"
    if beside or (reserved and payment.void_failed):
        yield "void_failed"
    if payment.state is PaymentState.REFUSED and order.state in _PAST_PAYMENT and closing.unpaid(order):
        yield "reservation_lost"
    if order.refunds and any(refund.state is RefundState.FAILED for refund in order.refunds):
        yield "refund_failed"


_NOT_PLACED: Final = (
    "Nobody has placed an order of this id: ask the shop for order.placed, or the sender for the order's id; a sender "
    "that knows only a number writes ref: and the number"
)


def _overdue(order: Order, timer: ArmedTimer) -> Reason:
    owed = OWED[timer.kind]
    if order.state is None and timer.kind == Deadline.PARKED:
        return Reason(OVERDUE, "order.placed", "shop", _NOT_PLACED, timer.since, timer.due_at)
    do = owed.message if owed.party == "agent" else f"ask the {owed.party}" if owed.party != "unknown" else _OTHER
    return Reason(OVERDUE, owed.message, owed.party, do, timer.since, timer.due_at)


def _held(hold: str) -> Reason:
    party = "logistics" if hold == holds.LOGISTICS else "agent"
    return Reason(HOLD, hold, party, _RELEASES[hold], blocking=True)


def _alerted(alert: Alert) -> Reason:
    return Reason(ALERT, alert.name, "agent", ADVICE.get(alert.name, _OTHER), alert.since, blocking=alert.blocking)
