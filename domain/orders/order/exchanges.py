"""Exchanges: the exchange order as seen by the original order, and the other way round."""

from domain.deciding.values import Value
from domain.deciding.words import Word


class ExchangeState(Word):
    """The states of an exchange, as seen by the original order."""

    PENDING = "pending"
    RELEASED = "released"
    DONE = "done"
    CANCELLED = "cancelled"


class Exchange(Value):
    """An exchange order, as seen by the original order. `answers` are the outcomes that it has reported."""

    rma_code: str
    order_id: str
    state: ExchangeState = ExchangeState.PENDING
    answers: tuple[str, ...] = ()


class Origin(Value):
    """The original order of an exchange or zero order. An exchange order also names its return."""

    order_id: str
    number: str
    rma_code: str = ""
