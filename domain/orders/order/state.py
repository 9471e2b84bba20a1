"""The state of an order, and how far each state is."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.deciding.words import Word, cover


class State(Word):
    """The states of an order.

    The rank of a state says how far the order has come. `gates` is the state whose commands are open in it, where that
    is another one.
    """

    rank: int
    gates: str

    def __new__(cls, word: str, rank: int = -1, gates: str = "") -> "State":
        """Return the member for a word; the default rank, -1, is not a valid rank."""
        member = str.__new__(cls, word)
        member._value_, member.rank, member.gates = word, rank, gates or word
        return member

    DRAFT = "draft", 0
    PAYMENT_PENDING = "payment_pending", 10
    RISK_REVIEW = "risk_review", 20
    RISK_FOLLOW_UP = "risk_follow_up", 21, "risk_review"
    APPROVED = "approved", 30
    AVAILABILITY_REQUESTED = "availability_requested", 40
    PROCESSING = "processing", 45
    CONFIRMED = "confirmed", 50
    PICKING = "picking", 60
    SHIPPING = "shipping", 70
    SENT = "sent", 80
    DELIVERED = "delivered", 90
    COMPLETED = "completed", 95, "delivered"
    CANCELLED = "cancelled", 99
    VOIDED = "voided", 99, "cancelled"


RANK: Final[Mapping[State, int]] = MappingProxyType({state: state.rank for state in State})
"""The rank of each state."""

_RANKED: Final = tuple(state for state in State if state.rank >= 0)
cover(
    State, _RANKED, f"{__name__}.State, its ranks,", "write beside its word how far the order is, as its neighbours do"
)

ENDED: Final = frozenset({State.CANCELLED, State.VOIDED})
"""The states of orders that will not be sent."""

DISPATCHED: Final = frozenset({State.SENT, State.DELIVERED, State.COMPLETED})
"""The states of orders whose goods have left."""

FREE: Final = frozenset({"support", "zero", "exchange"})
"""The kinds of orders that are free of charge."""
