"""Rules: for each fact, the rule that looks at it, what orders two of its kind, and when one is late."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

from domain.deciding.decision import Answer
from domain.deciding.words import Word
from domain.orders import cancellation, commands, facts, fraud, placing, timers
from domain.orders.desk import notes
from domain.orders.goods import flash_reorders, recalls, shipping, tracking
from domain.orders.money import cheques, news, paybacks, refusals
from domain.orders.returns import exchange_orders, exchanges, replacements, return_requests, returns
from domain.orders.scratchpad import OrderPad

Kind = TypeVar("Kind", bound=facts.Fact)
Rule = Callable[[OrderPad, Any], Answer]


class By(Word):
    """What tells which of two facts is the newer one; ids never do, and of equals the later one in the log is newer."""

    LOG = "the log"
    CLOCK = "the source's own time, where it gives one; else the log"
    LOG_AND_CLOCK = "the log for each source; the sources' own times between two of them"
    REQUEST = "the request that it answers; the log for two answers to one request"
    FIRST = "the log: the first one counts"


@dataclass(frozen=True, slots=True)
class Row:
    """A fact with its rule; what orders it, and, in words for readers of the rules, when it is late."""

    kind: type[facts.Fact]
    rule: Rule
    by: By
    late: str


def fact(kind: type[Kind], rule: Callable[[OrderPad, Kind], Answer], by: By, late: str) -> Row:
    """Return a row; the rule says whether a fact is early, late or applied."""
    return Row(kind, cast("Rule", rule), by, late)  # the table is only ever read by the fact's own class


_BOOKED: Final = "the same amount of the same request is in the books, or what is free already is free"
_OURS: Final = "never: the hub itself says it once, and a repetition changes nothing"
_ANSWERED: Final = "the attempt has its answer, or no such attempt was made"
_SCAN: Final = "its parcel has come as far, and a scan at the same time or later is known"
_HANDLED: Final = "the shipment has come as far, or it tells of goods that the warehouse has put back since"
_PLACED: Final = "it says again what the order's first one said, for the same store"
_SCORED: Final = (
    "the order has ended or is not scored; its goods are gone, and it is no first doubt of them; or its verdict is the "
    "same and the clock not later"
)
_NO_QUESTION: Final = "the question to the customer is settled, or was never asked and never will be"
_STOCK: Final = (
    "it answers an older request; or it says again that the goods are there, or doubts those that are packed"
)
_FOUND: Final = "a find of its number is counted; or the alert that an unneeded one raises stands"
_OFF: Final = "called off; what contradicts an earlier word is an alert"
_REQUESTED: Final = "a request of its number has opened a return for the same pieces"
_COUNTED: Final = "a receipt of its number is counted; or its return has ended, and the alert that it raises stands"
_RECALLED: Final = "the recall has the same answer; another one is an alert"
_LABEL: Final = f"{_HANDLED}; with another number it is a new label, and never late"
TABLE: Final = (
    fact(facts.OrderPlaced, placing.begin, By.FIRST, _PLACED),
    fact(facts.OpenExchange, placing.begin, By.FIRST, _OURS),
    fact(facts.CancellationRequested, cancellation.requested, By.LOG, "the order is cancelled"),
    fact(facts.ReturnRequested, return_requests.requested, By.LOG, _REQUESTED),
    fact(facts.PaymentAuthorized, news.authorized, By.REQUEST, _BOOKED),
    fact(facts.PaymentRefused, refusals.refused, By.REQUEST, f"{_ANSWERED}; of money that was taken it is never late"),
    fact(facts.PaymentCaptured, news.captured, By.REQUEST, _BOOKED),
    fact(facts.PaymentVoided, news.voided, By.REQUEST, _BOOKED),
    fact(
        facts.ChequeReceived,
        cheques.received,
        By.LOG,
        "the cheque is here; or no cheque is awaited, and the alert that it raises stands",
    ),
    fact(facts.RefundExecuted, paybacks.executed, By.REQUEST, "the same request's money is in the books"),
    fact(facts.RefundFailed, paybacks.failed, By.REQUEST, f"{_ANSWERED}; of money that was paid it is never late"),
    fact(facts.RefundReversed, paybacks.reversed_, By.LOG, "the refund's money is back"),
    fact(facts.FraudScored, fraud.scored, By.LOG_AND_CLOCK, _SCORED),
    fact(facts.CustomerAnswered, fraud.customer_answered, By.LOG, _NO_QUESTION),
    fact(facts.AvailabilityReported, shipping.answered, By.REQUEST, _STOCK),
    fact(facts.FlashAccepted, flash_reorders.answered, By.LOG, f"the flash reorder is accepted, found or {_OFF}"),
    fact(facts.FlashFulfilled, flash_reorders.fulfilled, By.LOG, _FOUND),
    fact(facts.FlashRefused, flash_reorders.answered, By.LOG, f"the flash reorder is refused or {_OFF}"),
    fact(facts.PickingStarted, shipping.handled, By.LOG, _HANDLED),
    fact(facts.ParcelPacked, shipping.handled, By.LOG, _HANDLED),
    fact(
        facts.ShipmentHandedOver,
        shipping.handled,
        By.LOG,
        f"{_HANDLED}; with another number it is a new label, and never late",
    ),
    fact(facts.RecallAccepted, recalls.answered, By.REQUEST, _RECALLED),
    fact(facts.RecallRefused, recalls.answered, By.REQUEST, f"{_RECALLED}; or none was asked for"),
    fact(facts.ReturnReceived, returns.received, By.LOG, _COUNTED),
    fact(facts.ItemCorrected, notes.corrected, By.LOG, "no correction of the item is awaited"),
    fact(facts.CarrierCollected, tracking.scanned, By.CLOCK, _SCAN),
    fact(facts.CarrierInTransit, tracking.scanned, By.CLOCK, _SCAN),
    fact(facts.CarrierDelivered, tracking.scanned, By.CLOCK, _SCAN),
    fact(facts.CarrierException, tracking.scanned, By.CLOCK, f"{_SCAN}; and the alert that it raises stands"),
    fact(facts.CarrierReturnedToSender, tracking.scanned, By.CLOCK, _SCAN),
    fact(facts.OpenZeroOrder, placing.begin, By.FIRST, _OURS),
    fact(facts.OrderRelated, notes.related, By.LOG, _OURS),
    fact(facts.ReleaseExchange, exchange_orders.released, By.LOG, _OURS),
    fact(facts.CancelExchange, exchange_orders.cancelled, By.LOG, _OURS),
    fact(facts.ExchangeAnswered, exchanges.answered, By.LOG, _OURS),
    fact(facts.ReplacementReturned, replacements.returned, By.LOG, _OURS),
    fact(facts.ReplacementRemoved, replacements.removed, By.LOG, _OURS),
    fact(facts.ReplacementAnswered, replacements.answered, By.LOG, _OURS),
    fact(facts.TimerDue, timers.due, By.LOG, "the order lists the deadline no more"),
)
"""Every fact of a partner, and of the hub itself. Of commands the log decides; they are never late, but refused."""
RULES: Final[Mapping[type[facts.Fact], Rule]] = MappingProxyType(
    {row.kind: row.rule for row in TABLE} | {row.kind: row.rule for row in commands.TABLE}
)
"""Which rule looks at which fact."""
