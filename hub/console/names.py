"""Names: what parties, alerts, deadlines, filters, fields and choices are called on the pages."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hub.console.alert_names import ALERTS as ALERTS
from hub.console.alert_names import DEADLINES as DEADLINES

PARTIES: Final = MappingProxyType(
    {
        "shop": "the shop",
        "payment service": "the payment service",
        "fraud service": "the fraud service",
        "warehouse": "the warehouse",
        "reorder desk": "the reorder desk",
        "carrier": "the carrier",
        "CSR tool": "the tool of the agents",
        "hub": "the hub",
        "agent": "an agent",
        "logistics": "logistics",
        "customer": "the customer",
        "unknown": "the message before it",
    }
)
"""Who is waited for."""
AWAITED: Final = MappingProxyType(
    {
        "order.placed": "sends the order that these messages are about",
        "payment.authorized": "says whether the payment is reserved",
        "cheque.received": "sends the cheque",
        "payment.captured": "says whether the money is taken",
        "payment.voided": "says whether the reserved money is free again",
        "fraud.scored": "gives its verdict",
        "fraud.customer_answered": "answers what was asked about the order",
        "availability.reported": "says which goods are there",
        "flash.fulfilled": "says which missing pieces it finds",
        "picking.started": "begins to pick the goods",
        "parcel.packed": "packs the goods",
        "shipment.handed_over": "gives the goods to the carrier",
        "carrier.delivered": "delivers the parcel",
        "return.received": "receives the returned goods",
        "recall.accepted": "says whether it stopped the goods",
        "item.corrected": "corrects the item",
        "refund.executed": "says whether the refund is paid",
        "exchange.release": "sets the exchange order free once the return is accepted",
        "exchange.answered": "opens the exchange order",
        "replacement.answered": "finds the money for the replaced goods",
        "timer.due": "goes on by itself",
        "order.approve": "decides whether the order goes on",
        "order.modify": "changes the order, so that it can go on",
        "order.release_hold": "takes the hold off",
        "order.resume": "lets the suspended order go on",
        "order.submit": "finishes the draft",
        "order.unlock": "finishes the edit",
        "alert.clear": "deals with the alert and clears it",
        "payment.retry": "asks for the money again",
        "payment.cheque.check": "checks the cheque",
        "refund.approve": "approves the refund",
        "refund.retender": "chooses another way to pay the refund",
        "refund.manual_done": "pays the refund by hand and says so",
        "return.confirm": "confirms the return",
        "return.validate": "accepts the returned goods or refuses them",
        "the fact before it": "comes",
    }
)
"""What is awaited, by the message that says it; the party stands before."""
TIMERS: Final = MappingProxyType(
    {
        "closing": "closes the order when the time for complaints is over",
        "refund": "tries the refund again",
        "money": "asks the payment service again",
    }
)
"""What the hub itself does when a time limit is reached, as far as the order shows which one it is."""
OPEN: Final = MappingProxyType(
    {
        "return": "an open return",
        "refund": "an open refund",
        "payment": "open money",
        "rule_failed": "a rule of the hub failed",
    }
)
"""What else people should look at."""
FILTERS: Final = MappingProxyType(
    {
        "state": "state",
        "store": "store",
        "hold": "hold¦noun",
        "alert": "alert",
        "kind": "kind",
        "channel": "channel",
        "payment": "payment",
        "locked_by": "locked by",
        "assignee": "given to",
        "overdue": "overdue",
        "attention": "needs attention",
        "true": "yes",
        "false": "no",
    }
)
SORTS: Final = MappingProxyType(
    {
        "placed": "by day of the order",
        "due": "by deadline",
        "updated": "by last change",
        "number": "by number",
        "name": "by customer",
        "total": "by total",
        "state": "by state",
        "store": "by store",
    }
)
SEARCHES: Final = MappingProxyType(
    {
        "number": "number",
        "tail": "end of a number",
        "email": "e-mail address",
        "phone": "phone number",
        "customer": "customer number",
        "name": "name",
        "name_postcode": "name and postcode",
        "payment": "payment",
        "tracking": "tracking number",
        "rma": "RMA code",
        "sku": "SKU",
        "state": "state",
        "store": "store",
    }
)
"""As what the text in the box is understood."""
PARTS: Final = MappingProxyType(
    {
        "hold": "hold¦noun",
        "refund": "refund",
        "alert": "alert",
        "flash": "flash reorder",
        "shipment": "shipment",
        "rma": "return",
        "model": "model",
    }
)
"""Parts of an order that an act is about."""
PIECES: Final = MappingProxyType(
    {
        "bought": "bought¦pieces",
        "removed": "removed¦pieces",
        "sent": "sent¦pieces",
        "credited": "credited¦pieces",
        "for money": "for money¦pieces",
        "for exchange": "for exchange¦pieces",
        "replaced": "replaced¦pieces",
        "returned": "returned¦pieces",
        "unpaid": "unpaid¦pieces",
    }
)
"""What became of pieces of a line."""
TIMELINE: Final = MappingProxyType(
    {"state": "state", "people": "people", "partners": "partners", "money": "money", "messages": "messages"}
)
"""The kinds of entries of a timeline."""
REASONS: Final = MappingProxyType(
    {
        "fraud_proven": "fraud proven",
        "single_line_out_of_stock": "the only line is out of stock",
        "customer_choice": "the customer's wish",
        "customer_request": "the customer's wish",
        "unwanted": "not wanted",
        "goodwill": "goodwill",
        "cancelled": "cancellation",
        "cancellation": "cancellation",
        "reduction": "price cut",
        "return": "return",
        "returned": "return",
        "damaged": "damaged",
        "defective": "defective",
        "wrong size": "wrong size",
        "wrong article": "wrong article",
        "unwanted gift": "unwanted gift",
        "came too late": "came too late",
        "home_trial": "home trial",
    }
)
"""Reasons that the hub gives, or that are chosen from a list; what people write stays as they wrote it."""
WORDS: Final = MappingProxyType(
    {
        "regular": "regular order",
        "support": "support order",
        "zero": "free copy",
        "exchange": "exchange order",
        "subscription": "subscription",
        "website": "website",
        "phone": "phone",
        "shop": "shop",
        "related": "related",
        "origin": "original order",
        "replacement": "replacement",
        "link": "linked",
        "partially_sent": "partly sent",
        "partially_delivered": "partly delivered",
        "on_hold": "on hold",
        "alerted": "alert",
        "refunded": "money given back",
        "home_trial": "home trial",
        "goodwill": "goodwill",
        "cancellation": "cancellation",
        "reduction": "price cut",
        "return": "return",
        "items": "articles",
        "original": "the way they paid",
        "alternate": "another way",
        "manual": "by hand",
        "collected": "collected",
        "in_transit": "on its way",
        "delivered": "delivered¦parcel",
        "exception": "difficulty",
        "returned_to_sender": "back to the sender",
        "delivered_to_sender": "back at the sender",
        "applied": "took effect",
        "parked": "too early, kept",
        "late": "too late",
        "refused": "refused",
        "returned goods received and accepted": "the returned goods are here and accepted",
        "price difference settled": "the price difference is settled",
        "replacement available": "the replacement is there",
        "no other hold": "no other hold is on",
    }
)
"""Words of the API wherever they stand: kinds, channels, ways to pay, scans, outcomes, conditions."""
KINDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "party": PARTIES,
        "alert": ALERTS,
        "deadline": DEADLINES,
        "filter": FILTERS,
        "sort": SORTS,
        "search": SEARCHES,
        "part": PARTS,
        "word": WORDS,
        "reason": REASONS,
        "open": OPEN,
        "pieces": PIECES,
        "timeline": TIMELINE,
    }
)
