"""Deadlines: what an order waits for, from whom, and what happens when it doesn't come."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.deciding.values import Value
from domain.deciding.words import Word, cover


class Deadline(Word):
    """The kinds of timers; the alert of an overdue one is its name with `_late`."""

    PAYMENT = "payment"
    PAYMENT_RETRY = "payment_retry"
    CHEQUE = "cheque"
    CAPTURE = "capture"
    CAPTURE_RETRY = "capture_retry"
    VOID = "void"
    VOID_RETRY = "void_retry"
    RESERVATION = "reservation"
    FRAUD = "fraud"
    REVIEW = "review"
    FOLLOW_UP = "follow_up"
    AVAILABILITY = "availability"
    RESTOCK = "restock"
    FLASH = "flash"
    FULFILMENT = "fulfilment"
    DELIVERY = "delivery"
    CLOSING = "closing"
    RETURN = "return"
    REFUND = "refund"
    REFUND_RETRY = "refund_retry"
    APPROVAL = "approval"
    RETENDER = "retender"
    HELD = "held"
    EXCHANGE = "exchange"
    PARKED = "parked"
    CHECK = "check"
    RECALL = "recall"
    EDIT = "edit"
    LOCK = "lock"
    DRAFT = "draft"
    MANUAL_REFUND = "manual_refund"
    CORRECTION = "correction"
    REPLACEMENT = "replacement"
    ORIGIN = "origin"


class Owed(Value):
    """A message that is owed and the party that owes it."""

    message: str
    party: str


OWED: Final[Mapping[str, Owed]] = MappingProxyType(
    {
        Deadline.PAYMENT: Owed("payment.authorized", "payment service"),
        Deadline.PAYMENT_RETRY: Owed("timer.due", "hub"),
        Deadline.CHEQUE: Owed("cheque.received", "customer"),
        Deadline.CAPTURE: Owed("payment.captured", "payment service"),
        Deadline.CAPTURE_RETRY: Owed("timer.due", "hub"),
        Deadline.VOID: Owed("payment.voided", "payment service"),
        Deadline.VOID_RETRY: Owed("timer.due", "hub"),
        Deadline.RESERVATION: Owed("timer.due", "hub"),
        Deadline.FRAUD: Owed("fraud.scored", "fraud service"),
        Deadline.REVIEW: Owed("order.approve", "agent"),
        Deadline.FOLLOW_UP: Owed("fraud.customer_answered", "customer"),
        Deadline.AVAILABILITY: Owed("availability.reported", "warehouse"),
        Deadline.RESTOCK: Owed("availability.reported", "warehouse"),
        Deadline.FLASH: Owed("flash.fulfilled", "reorder desk"),
        Deadline.FULFILMENT: Owed("shipment.handed_over", "warehouse"),
        Deadline.DELIVERY: Owed("carrier.delivered", "carrier"),
        Deadline.CLOSING: Owed("timer.due", "hub"),
        Deadline.RETURN: Owed("return.received", "warehouse"),
        Deadline.REFUND: Owed("refund.executed", "payment service"),
        Deadline.REFUND_RETRY: Owed("timer.due", "hub"),
        Deadline.APPROVAL: Owed("refund.approve", "agent"),
        Deadline.RETENDER: Owed("refund.retender", "agent"),
        Deadline.HELD: Owed("exchange.release", "hub"),
        Deadline.EXCHANGE: Owed("exchange.answered", "hub"),
        Deadline.CHECK: Owed("payment.cheque.check", "agent"),
        Deadline.RECALL: Owed("recall.accepted", "warehouse"),
        Deadline.EDIT: Owed("order.modify", "agent"),
        Deadline.LOCK: Owed("order.unlock", "agent"),
        Deadline.DRAFT: Owed("order.submit", "agent"),
        Deadline.MANUAL_REFUND: Owed("refund.manual_done", "agent"),
        Deadline.REPLACEMENT: Owed("availability.reported", "warehouse"),
        Deadline.ORIGIN: Owed("replacement.answered", "hub"),
        Deadline.CORRECTION: Owed("item.corrected", "warehouse"),
        Deadline.PARKED: Owed("the fact before it", "unknown"),
    }
)
"""What each deadline waits for."""
cover(Deadline, OWED, f"{__name__}.OWED", "name the message that is owed until then, and its party")
