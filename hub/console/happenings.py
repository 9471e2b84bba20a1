"""Happenings: what the hub tells and asks, in a few words once it is done, and as a sentence before."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Happening:
    """What was told or asked: `short` once it has happened; `ahead` is the sentence of what will happen."""

    short: str
    ahead: str


def _rows(*rows: tuple[str, str, str]) -> Mapping[str, Happening]:
    return MappingProxyType({name: Happening(short, ahead) for name, short, ahead in rows})


EVENTS: Final = _rows(
    ("order.created", "order taken in", "The order will exist."),
    ("order.approved", "approved", "The order will be approved."),
    ("order.risk_review", "fraud review", "The order will wait for the fraud review."),
    ("order.follow_up", "customer asked", "The order will wait for the customer's answer."),
    ("fraud.cleared", "doubt settled", "The doubt about the order will be settled."),
    ("order.availability_requested", "goods looked for", "The warehouse will look for the goods."),
    ("order.processing", "goods missing", "The order will wait for missing goods."),
    ("order.confirmed", "confirmed", "The order will be confirmed."),
    ("order.picking", "picking", "The goods will count as being picked."),
    ("order.shipping", "packed", "The order will count as packed."),
    ("order.sent", "sent", "The order will count as sent."),
    ("order.delivered", "delivered", "The order will count as delivered."),
    ("order.completed", "closed", "The order will be closed."),
    ("order.cancelled", "cancelled", "The order will be cancelled."),
    ("order.held", "hold put on", "The order will be held."),
    ("order.hold_released", "hold taken off", "A hold will be taken off."),
    ("order.suspended", "suspended", "The order will be suspended."),
    ("order.resumed", "resumed", "The order will go on."),
    ("order.locked", "locked", "The order will be locked for others."),
    ("order.unlocked", "unlocked", "Others may edit the order again."),
    ("call.parked", "call parked", "The draft will be kept for later."),
    ("call.voided", "call dropped", "The call and its draft will be dropped."),
    ("call.transferred", "call handed over", "The draft will go to another agent."),
    ("order.drafted", "draft saved", "The draft will be saved."),
    ("order.voided", "draft dropped", "The draft will be dropped."),
    ("order.modified", "contents changed", "Lines, carrier or shipping fee will change."),
    ("order.repriced", "total changed", "The total will change."),
    ("order.address_changed", "address changed", "An address will change."),
    ("order.shipment_split", "shipment split", "Lines will travel apart."),
    ("order.reopened", "open again", "The order may be changed again."),
    ("recall.changed", "recall changed", "A recall will begin or end."),
    ("item.correction_asked", "correction asked for", "A correction of the item will be noted."),
    ("payment.retries_cleared", "attempts dropped", "Planned attempts of the payment will be dropped."),
    ("order.linked", "orders linked", "The two orders will be linked."),
    ("shipment.changed", "shipment went on", "A shipment will change its state."),
    ("tracking.noted", "parcel seen", "The parcel's place will be noted."),
    ("payment.changed", "payment changed", "The payment will change its state."),
    ("return.drafted", "return drafted", "A return will be drafted."),
    ("return.confirmed", "return confirmed", "The customer may send the goods back."),
    ("return.received", "return received", "The receipt of the goods will be noted."),
    ("return.validated", "return accepted", "The returned goods will be accepted."),
    ("return.cancelled", "return ended", "The return will end."),
    ("refund.requested", "refund asked for", "A refund will wait for its approval."),
    ("refund.approved", "refund approved", "A refund will be approved."),
    ("refund.cancelled", "refund cancelled", "A refund will be cancelled."),
    ("refund.executed", "refund paid", "A refund will count as paid."),
    ("refund.failed", "refund failed", "A refund will count as failed."),
    ("exchange.created", "exchange order opened", "An exchange order will be opened."),
    ("exchange.released", "exchange order set free", "The exchange order may be sent."),
    ("exchange.cancelled", "exchange order cancelled", "The exchange order will be cancelled."),
    ("flash.drafted", "flash reorder drafted", "A flash reorder will be drafted."),
    ("flash.sent", "flash reorder sent", "The flash reorder will go to the reorder desk."),
    ("flash.changed", "flash reorder changed", "The flash reorder will change its state."),
    ("alert.raised", "alert", "An alert will be raised."),
    ("alert.cleared", "alert cleared", "An alert will be cleared."),
    ("note.added", "note", "A note will be added."),
    ("fact.late", "came too late", "It will be noted as too late."),
    ("command.accepted", "carried out", "The command will be accepted."),
    ("command.rejected", "refused", "The command will be refused."),
    ("order.status", "status told", "The order's status will be told."),
    ("wordlist.changed", "list of words changed", "The list of words will change."),
    ("wordlist.status", "list of words told", "The list of words will be told."),
)
"""What the hub tells."""
REQUESTS: Final = _rows(
    ("payment.authorization_requested", "money to be reserved", "The payment service will be asked to reserve money."),
    ("payment.capture_requested", "money to be taken", "The payment service will be asked to take the money."),
    ("payment.void_requested", "money to be set free", "The payment service will be asked to set reserved money free."),
    ("refund.requested", "refund asked for", "The payment service will be asked to give money back."),
    ("fraud.score_requested", "fraud check asked for", "The fraud service will be asked for its verdict."),
    ("fraud.confirmed", "fraud reported", "The fraud service will be told that fraud is proven."),
    ("availability.requested", "warehouse asked", "The warehouse will be asked which goods are there."),
    ("availability.cancelled", "goods set free", "The warehouse will put back what it set aside."),
    ("flash.requested", "reorder desk asked", "The reorder desk will be asked to find the pieces."),
    ("flash.cancel_requested", "reorder called off", "The reorder desk will be told that the pieces are not needed."),
    ("shipment.release", "shipment released", "The warehouse will be told to send the shipment."),
    ("shipment.cancelled", "shipment called off", "The warehouse will be told not to send the shipment."),
    ("recall.requested", "recall asked for", "The warehouse will be asked to stop the goods."),
    ("return.announced", "return announced", "The warehouse will be told which goods come back."),
    ("item.correction_requested", "correction asked for", "The warehouse will be asked to correct the item."),
    ("email.requested", "e-mail sent", "The customer will get an e-mail."),
)
"""What the hub asks of partners."""
OWN: Final = _rows(
    ("exchange.open", "exchange order asked for", "An exchange order will be opened."),
    ("zero.open", "free copy asked for", "A free copy of the order will be drafted."),
    ("order.related", "other order told", "The other order will know of this one."),
    ("exchange.release", "exchange order set free", "The exchange order may be sent."),
    ("exchange.cancel", "exchange order called off", "The exchange order will be cancelled."),
    ("exchange.answered", "original order told", "The original order will be told."),
    ("replacement.returned", "original order asked", "The original order will be asked for the money."),
    ("replacement.removed", "original order told", "The original order will be told."),
    ("replacement.answered", "replacing order told", "The replacing order will be told."),
    ("timer.due", "time limit", "A time limit will be reached."),
)
"""What orders tell each other."""
FOLDED: Final = frozenset({"order.status", "command.accepted", "command.rejected", "fact.late"})
"""What nearly every record leads to, which says nothing of its own; the entry's page shows it all the same."""
