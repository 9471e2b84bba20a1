"""Exchange orders, as told by the order whose goods come back."""

from typing import ClassVar

from contracts.events.event import OrderEvent
from contracts.message import Code, Id


class ExchangeCreated(OrderEvent):
    """An exchange order is on its way to exist (X-01)."""

    name: ClassVar[str] = "exchange.created"

    rma_code: Id
    exchange_id: Id


class ExchangeReleased(OrderEvent):
    """An exchange order may be sent (X-04, X-05)."""

    name: ClassVar[str] = "exchange.released"

    rma_code: Id
    exchange_id: Id


class ExchangeCancelled(OrderEvent):
    """An exchange order was cancelled (X-06, X-07)."""

    name: ClassVar[str] = "exchange.cancelled"

    rma_code: Id
    exchange_id: Id
    reason: Code | None = None
