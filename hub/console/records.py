"""Records: what each message that an order receives says, as a sentence; `{who}` is the person who commanded it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a record says; `more` are the sentences that say more, by the rule or the event that tells them apart."""

    usual: str
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> tuple[str, ...]:
        """Return every wording."""
        return (self.usual, *self.more.values())


def _rows(*rows: tuple[str, str] | tuple[str, str, Mapping[str, str]]) -> Mapping[str, Sentence]:
    return MappingProxyType({name: Sentence(usual, *more) for name, usual, *more in rows})


_DOUBTED: Final = "The fraud service doubts the order"
PARTNERS: Final = _rows(
    ("order.placed", "The shop sent an order that the customer placed"),
    (
        "cancellation.requested",
        "The customer asked the shop to cancel the order",
        {"recall.changed": "The customer asked to cancel; the warehouse is asked to stop the goods"},
    ),
    ("return.requested", "The customer asked online to send goods back"),
    ("payment.authorized", "The payment was reserved"),
    (
        "payment.refused",
        "The payment service refused",
        {
            "O-12": "The payment was refused too often",
            "P-01": "The bank refused the payment",
            "P-13": "The payment service could not take the money, or not let it go",
        },
    ),
    ("payment.captured", "The money was taken"),
    (
        "payment.voided",
        "The reserved money was set free",
        {"P-12": "The bank let the reserved money go"},
    ),
    ("cheque.received", "A cheque arrived", {"alert.raised": "A cheque arrived that doesn't fit the order"}),
    ("refund.executed", "The money is back with the customer"),
    ("refund.failed", "A refund did not go through", {"refund.failed": "A refund did not go through, for good"}),
    ("refund.reversed", "A refund that had gone through came back"),
    (
        "fraud.scored",
        "The fraud service gave its verdict",
        {
            "O-41": _DOUBTED + " after its approval",
            "O-09": _DOUBTED,
            "alert.raised": _DOUBTED,
            "order.approved": "The fraud service finds the order harmless",
        },
    ),
    ("fraud.customer_answered", "The customer answered what he was asked about the order"),
    (
        "availability.reported",
        "The warehouse reported which goods are there",
        {
            "O-25": "The warehouse misses some of the goods",
            "O-28": "The warehouse has none of the goods",
            "O-21": "The warehouse set all goods aside",
        },
    ),
    ("flash.accepted", "The reorder desk looks for the missing pieces"),
    (
        "flash.fulfilled",
        "The reorder desk found missing pieces",
        {"L-09": "The reorder desk sent pieces that are not needed any more"},
    ),
    ("flash.refused", "The reorder desk found nothing"),
    (
        "picking.started",
        "The warehouse began to pick the goods",
        {"O-30": "The warehouse began to pick the goods, though the order is held"},
    ),
    ("parcel.packed", "The warehouse packed a parcel"),
    ("shipment.handed_over", "The warehouse gave a parcel to the carrier"),
    ("recall.accepted", "The warehouse stopped the goods"),
    ("recall.refused", "The warehouse could not stop the goods any more"),
    (
        "return.received",
        "Returned goods arrived at the warehouse",
        {
            "R-13": "A parcel came back that no return had announced",
            "R-14": "More came back than was announced",
        },
    ),
    ("item.corrected", "The warehouse corrected an item's weight or size"),
    ("carrier.collected", "The carrier has a parcel"),
    ("carrier.in_transit", "A parcel is on its way"),
    (
        "carrier.delivered",
        "A parcel was delivered",
        {"S-22": "A parcel that turned back is with its sender again"},
    ),
    ("carrier.exception", "The carrier has difficulties with a parcel"),
    ("carrier.returned_to_sender", "A parcel goes back to its sender"),
)
"""What partners say."""
OWN: Final = _rows(
    ("exchange.open", "A return for exchange opened this exchange order"),
    ("zero.open", "A free copy of a sent order was drafted"),
    ("order.related", "Another order said that the two belong together"),
    ("exchange.release", "The return was accepted, which sets this exchange order free"),
    ("exchange.cancel", "The return came to nothing, and this exchange order with it"),
    ("exchange.answered", "The exchange order told how it goes"),
    ("replacement.returned", "Replaced pieces came back: their money is looked for here"),
    ("replacement.removed", "Pieces that should have replaced some of these will not be sent"),
    ("replacement.answered", "The original order told which money goes back for a replacement"),
    (
        "timer.due",
        "A time limit was reached",
        {
            "O-61": "Another order of the store has the same number",
            "O-62": "A partner said two things under one id",
            "S-23": "Another parcel has the same tracking number",
            "O-11": "It was time to try the payment again",
            "O-12": "No cheque came in time",
            "O-17": "The customer did not answer in time",
            "O-35": "The time for complaints was over",
            "P-13": "It was time to ask the payment service again",
            "P-14": "The reservation of the money was about to run out",
            "F-09": "It was time to try a refund again",
            "F-20": "A refund waits for its money",
            "R-12": "The returned goods did not come in time",
            "R-13": "No return announced the parcel that came back",
            "H-07": "The warehouse did not say in time whether it stopped the goods",
            "L-07": "The reorder desk did not answer in time",
            "X-07": "No replacement was found in time",
            "order.unlocked": "Somebody had the order locked for too long",
            "alert.raised": "An answer is overdue",
        },
    ),
)
"""What orders tell each other, and time limits."""
COMMANDS: Final = _rows(
    ("order.submit", "{who} placed the order for the customer"),
    ("order.approve", "{who} approved the order"),
    ("order.follow_up", "{who} asked the customer about the order"),
    (
        "order.cancel",
        "{who} cancelled the order",
        {"O-18": "{who} cancelled the order, as fraud is proven"},
    ),
    ("return.create", "{who} announced a return"),
    ("return.confirm", "{who} confirmed a return"),
    ("return.validate", "{who} accepted returned goods"),
    ("return.receive", "{who} received returned goods"),
    ("return.close_short", "{who} closed a return with what has arrived"),
    ("return.cancel", "{who} cancelled a return"),
    ("return.refuse", "{who} refused returned goods"),
    ("return.switch_outcome", "{who} changed an exchange into a refund"),
    ("refund.approve", "{who} approved a refund"),
    ("refund.cancel", "{who} cancelled a refund"),
    ("flash.create", "{who} drafted a flash reorder"),
    ("flash.add", "{who} added pieces to a flash reorder"),
    ("flash.remove", "{who} took pieces out of a flash reorder"),
    ("flash.send", "{who} sent a flash reorder"),
    ("flash.cancel", "{who} cancelled a flash reorder"),
    ("order.comment", "{who} left a note"),
    ("quarantine.release", "{who} let quarantined records go on"),
    ("quarantine.discard", "{who} gave a quarantined record up"),
    ("order.draft", "{who} began to take the order down"),
    ("call.park", "{who} parked the call"),
    ("call.transfer", "{who} handed the call over"),
    ("order.void", "{who} dropped the draft"),
    ("call.void", "{who} dropped the call"),
    ("order.zero.create", "{who} drafted a free copy of the order"),
    ("order.modify", "{who} changed the contents"),
    ("order.price.change", "{who} cut prices"),
    ("order.price.reset", "{who} took price cuts back"),
    ("order.address.change", "{who} changed an address"),
    ("order.edit", "{who} edited the order"),
    ("order.split", "{who} split a shipment"),
    ("shipment.cancel", "{who} cancelled a shipment"),
    ("order.lock", "{who} began to edit the order"),
    ("order.unlock", "{who} ended the lock"),
    ("order.hold", "{who} put the order on hold"),
    ("order.suspend", "{who} suspended the order"),
    ("order.release_hold", "{who} took a hold off"),
    ("order.resume", "{who} let the suspended order go on"),
    ("alert.flag", "{who} flagged an alert"),
    ("alert.clear", "{who} cleared an alert"),
    ("order.recall", "{who} asked the warehouse to stop the goods"),
    ("payment.cheque.check", "{who} checked the cheque"),
    ("payment.cheque.authorize", "{who} authorised the cheque"),
    ("payment.cheque.validate", "{who} validated the cheque"),
    ("payment.clear_retries", "{who} gave further attempts of the payment up"),
    ("payment.retry", "{who} asked for the money again"),
    ("payment.note", "{who} noted what the payment provider did"),
    ("payment.book", "{who} booked what the payment provider did"),
    ("payment.write_off", "{who} wrote money off"),
    ("refund.request", "{who} asked for money to be given back"),
    ("refund.manual_done", "{who} said that a refund is paid"),
    ("refund.retender", "{who} chose another way to pay a refund"),
    ("order.link", "{who} linked another order"),
    ("email.resend", "{who} had an e-mail sent again"),
    ("item.correct", "{who} had an item's weight or size corrected"),
    ("wordlist.put", "{who} changed a list of words"),
)
"""What people command."""
RECORDS: Final[Mapping[str, Sentence]] = MappingProxyType({**PARTNERS, **OWN, **COMMANDS})
