"""Ordering: for each fact, what tells which of two is the newer one, and when one is late and changes nothing."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from domain.deciding.values import Value
from domain.deciding.words import Word
from domain.orders import facts


class By(Word):
    """What tells which of two facts is the newer one; ids never do, and of equals the later one in the log is newer."""

    LOG = "the log"
    CLOCK = "the source's own time, where it gives one; else the log"
    LOG_AND_CLOCK = "the log for each source; the sources' own times between two of them"
    REQUEST = "the request that it answers; the log for two answers to one request"
    FIRST = "the log: the first one counts"


class Told(Value):
    """What orders the facts of a class, and when one of them is late: in words for readers of the rules."""

    by: By
    late: str


class FactWithoutOrder(Exception):
    """{facts}: nobody knows what orders them. Say in domain/orders/ordering.py what does, and when one is late."""

    def __init__(self, missing: Iterable[type[facts.Fact]]) -> None:
        names = ", ".join(sorted(each.__name__ for each in missing))
        super().__init__((self.__doc__ or "").format(facts=names))


_OURS: Final = "never: the hub itself says it once, and a repetition changes nothing"
_ANSWERED: Final = "the attempt has its answer, or no such attempt was made"
_SCAN: Final = "its parcel has come as far, and a scan at the same time or later is known"
_HANDLED: Final = "the shipment has come as far, or it tells of goods that the warehouse has put back since"
ORDER: Final[Mapping[type[facts.Fact], Told]] = MappingProxyType(
    {
        facts.OrderPlaced: Told(By.FIRST, "it says again what the order's first one said, for the same store"),
        facts.CancellationRequested: Told(By.LOG, "the order is cancelled"),
        facts.ReturnRequested: Told(By.LOG, "the same return is open"),
        facts.PaymentAuthorized: Told(By.REQUEST, _ANSWERED),
        facts.PaymentRefused: Told(By.REQUEST, _ANSWERED),
        facts.PaymentCaptured: Told(By.REQUEST, _ANSWERED),
        facts.PaymentVoided: Told(By.REQUEST, _ANSWERED),
        facts.ChequeReceived: Told(By.LOG, "the cheque is here, or none is awaited"),
        facts.RefundExecuted: Told(By.REQUEST, _ANSWERED),
        facts.RefundFailed: Told(By.REQUEST, _ANSWERED),
        facts.RefundReversed: Told(By.LOG, "the refund's money is back"),
        facts.FraudScored: Told(
            By.LOG_AND_CLOCK,
            "the order is sent, has ended or is not scored; or its verdict is the same and the clock not later",
        ),
        facts.CustomerAnswered: Told(By.LOG, "no question to the customer is open, nor will one be asked"),
        facts.AvailabilityReported: Told(
            By.REQUEST, "it answers an older request, or the shipment is reserved or gone"
        ),
        facts.FlashAccepted: Told(By.LOG, "the flash reorder is accepted or has ended"),
        facts.FlashFulfilled: Told(By.LOG, "the same find is counted, or the flash reorder has ended without it"),
        facts.FlashRefused: Told(By.LOG, "the flash reorder has ended"),
        facts.PickingStarted: Told(By.LOG, _HANDLED),
        facts.ParcelPacked: Told(By.LOG, _HANDLED),
        facts.ShipmentHandedOver: Told(By.LOG, f"{_HANDLED}; with another number it is a new label, and never late"),
        facts.RecallAccepted: Told(By.REQUEST, "the recall has its answer"),
        facts.RecallRefused: Told(By.REQUEST, "the recall has its answer, or none is open"),
        facts.ReturnReceived: Told(By.LOG, "the same receipt is counted"),
        facts.ItemCorrected: Told(By.LOG, "no correction of the item is awaited"),
        facts.CarrierCollected: Told(By.CLOCK, _SCAN),
        facts.CarrierInTransit: Told(By.CLOCK, _SCAN),
        facts.CarrierDelivered: Told(By.CLOCK, _SCAN),
        facts.CarrierException: Told(By.CLOCK, f"{_SCAN}; and the alert that it raises stands"),
        facts.CarrierReturnedToSender: Told(By.CLOCK, _SCAN),
        facts.OpenExchange: Told(By.FIRST, _OURS),
        facts.OpenZeroOrder: Told(By.FIRST, _OURS),
        facts.OrderRelated: Told(By.LOG, _OURS),
        facts.ReleaseExchange: Told(By.LOG, _OURS),
        facts.CancelExchange: Told(By.LOG, _OURS),
        facts.ExchangeAnswered: Told(By.LOG, _OURS),
        facts.ReplacementReturned: Told(By.LOG, _OURS),
        facts.ReplacementRemoved: Told(By.LOG, _OURS),
        facts.ReplacementAnswered: Told(By.LOG, _OURS),
        facts.TimerDue: Told(By.LOG, "the order lists the deadline no more"),
    }
)
"""Of commands the log decides; they are never late, but refused with the reason."""


def check(kinds: Iterable[type[facts.Fact]]) -> None:
    """Raise `FactWithoutOrder` where nothing is said of a fact that rules know."""
    missing = [kind for kind in kinds if not issubclass(kind, facts.Command) and kind not in ORDER]
    if missing:
        raise FactWithoutOrder(missing)
