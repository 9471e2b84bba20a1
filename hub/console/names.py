"""Names: what parties, alerts, deadlines, filters, fields and choices are called on the pages."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

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
DEADLINES: Final = MappingProxyType(
    {
        "payment": "the payment's reservation",
        "payment_retry": "another try of the payment",
        "cheque": "the cheque",
        "capture": "the taking of the money",
        "capture_retry": "another try to take the money",
        "void": "the release of reserved money",
        "void_retry": "another try to set money free",
        "reservation": "the end of the reservation",
        "fraud": "the fraud service's verdict",
        "review": "a person's decision on the order",
        "follow_up": "the customer's answer",
        "availability": "the warehouse's answer",
        "restock": "the missing goods",
        "flash": "the reorder desk's answer",
        "fulfilment": "the sending of the goods",
        "delivery": "the delivery",
        "closing": "the closing of the order",
        "return": "the returned goods",
        "refund": "the payment of a refund",
        "refund_retry": "another try of a refund",
        "approval": "the approval of a refund",
        "retender": "another way to pay a refund",
        "held": "the end of the exchange's hold",
        "exchange": "the exchange order",
        "parked": "the message before an early one",
        "check": "the check of the cheque",
        "recall": "the answer to a recall",
        "edit": "the change of a recalled order",
        "lock": "the end of a lock",
        "draft": "the end of a draft",
        "manual_refund": "a refund paid by hand",
        "correction": "the correction of an item",
        "replacement": "the replacement",
        "origin": "the original order's answer",
    }
)
"""What a time limit is for; it also names the alert of one that was overrun."""
ALERTS: Final = MappingProxyType(
    {
        "amount_mismatch": "another amount than asked",
        "blacklisted_customer": "blacklisted customer",
        "blacklisting_suggested": "blacklisting suggested",
        "capture_failed": "money not taken",
        "captured_short": "too little money taken",
        "carrier": "difficulty at the carrier",
        "cheque_mismatch": "cheque doesn't fit",
        "cheque_short": "cheque too low",
        "cheque_to_return": "cheque to be sent back",
        "contradicted": "partner contradicts itself",
        "currency_mismatch": "another currency than asked",
        "customer_answered": "customer has answered",
        "doubted_after_dispatch": "doubted after dispatch",
        "excess": "more came back than announced",
        "exchange_refused": "exchange order refused",
        "find_differs": "find told in two ways",
        "flagged": "marked by a person",
        "flash_contradicted": "reorder desk contradicts itself",
        "fraud": "fraud suspected",
        "increase_refused": "dearer, and the bank said no",
        "misdirected": "return of another order",
        "no_answer": "no answer from the customer",
        "nothing_to_refund": "no money left to give back",
        "number_taken": "number taken by another order",
        "out_of_stock": "none of the goods to be had",
        "payment_contradicted": "payment service contradicts itself",
        "payment_taken": "payment of another order",
        "picked_while_held": "picked while held",
        "recall_contradicted": "warehouse contradicts itself on a recall",
        "recall_refused": "recall refused",
        "recalled": "goods stopped",
        "receipt_differs": "receipt told in two ways",
        "refund_failed": "refund failed",
        "refunded_twice": "refunded twice",
        "renewal_refused": "reservation not renewed",
        "reservation_lost": "reservation lost",
        "returned_to_sender": "parcel back at its sender",
        "shipped_after_cancel": "sent after cancellation",
        "stock": "goods missing",
        "stock_arrived_unneeded": "goods came unneeded",
        "stock_lost": "set-aside goods lost",
        "substitute_proposed": "another article proposed",
        "tracking_taken": "tracking number of another parcel",
        "unannounced_return": "unannounced return",
        "unexpected_payment": "unexpected payment",
        "unexpected_refund": "unexpected refund",
        "unknown_shipment": "unknown shipment",
        "verdicts_differ": "verdicts differ",
        "void_failed": "money not set free",
    }
)
"""What each alert is called; an overrun time limit is named by what it is for."""
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
TIMELINE: Final = MappingProxyType(
    {"state": "state", "people": "people", "partners": "partners", "money": "money", "messages": "messages"}
)
"""The kinds of entries of a timeline."""
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
"""Words of the API wherever they stand: kinds, channels, reasons, ways to pay, scans, outcomes, conditions."""
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
        "open": OPEN,
        "timeline": TIMELINE,
    }
)
