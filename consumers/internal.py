"""hub.internal: what orders tell each other, and timers that are due."""

from consumers.inbound import Inbound
from contracts import internal
from contracts.topics import INTERNAL

inbound = Inbound(
    INTERNAL,
    (
        internal.OpenExchange,
        internal.OpenZeroOrder,
        internal.OrderRelated,
        internal.ReleaseExchange,
        internal.CancelExchange,
        internal.ExchangeAnswered,
        internal.ReplacementReturned,
        internal.ReplacementRemoved,
        internal.ReplacementAnswered,
        internal.TimerDue,
    ),
)
