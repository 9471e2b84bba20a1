"""Exchanges and free copies: another order's pieces in place of these, as seen from both sides."""

from typing import Final

from domain.deciding.traits import traits
from domain.deciding.values import Value
from domain.deciding.words import Word


class ExchangeState(Word):
    """The states of an exchange, as seen by the original order."""

    PENDING = "pending"
    RELEASED = "released"
    DONE = "done"
    CANCELLED = "cancelled"


EXCHANGES: Final = traits(
    ExchangeState,
    f"{__name__}.EXCHANGES",
    """
    given: its goods were let go
    - pending
    + released
    + done
    - cancelled
    """,
)
"""The sets of states that rules ask for; what is said of a set is true of an exchange in each of its states."""


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


class Replaced(Value):
    """Pieces of one line that another order replaces: by an exchange, or free of charge if there is no `rma_code`.

    `back` of them came back there for money; `dropped` of them will not be sent there.
    """

    order_id: str
    line: int
    quantity: int
    rma_code: str = ""
    back: int = 0
    dropped: int = 0

    @property
    def open(self) -> int:
        """Return how many pieces the other order still replaces."""
        return self.quantity - self.back - self.dropped
