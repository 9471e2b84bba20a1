"""Exchange orders, and what an order knows of the one that it follows."""

from domain.deciding.values import Value
from domain.deciding.words import Word


class ExchangeState(Word):
    """How far an exchange is, as the returned order sees it."""

    PENDING = "pending"
    RELEASED = "released"
    DONE = "done"
    CANCELLED = "cancelled"


class Exchange(Value):
    """An exchange order as its origin knows it; `answers` are the outcomes that it has reported."""

    rma_code: str
    order_id: str
    state: ExchangeState = ExchangeState.PENDING
    answers: tuple[str, ...] = ()


class Origin(Value):
    """For an exchange or zero order: the order that it follows, and the return that an exchange order belongs to."""

    order_id: str
    number: str
    rma_code: str = ""
