"""hub.internal: what orders tell each other, and timers that are due."""

from consumers.inbound import Inbound
from contracts import internal
from contracts.topics import INTERNAL
from domain.orders import facts

inbound = Inbound(
    INTERNAL,
    {
        internal.OpenExchange: facts.OpenExchange,
        internal.OpenZeroOrder: facts.OpenZeroOrder,
        internal.OrderRelated: facts.OrderRelated,
        internal.ReleaseExchange: facts.ReleaseExchange,
        internal.CancelExchange: facts.CancelExchange,
        internal.ExchangeAnswered: facts.ExchangeAnswered,
        internal.TimerDue: facts.TimerDue,
    },
)
