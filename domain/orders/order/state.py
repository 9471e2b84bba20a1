"""The state of an order, and how far each state is."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.deciding.traits import traits
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

ORDERS: Final = traits(
    State,
    f"{__name__}.ORDERS",
    """
    unapproved: it is a draft, or still waits for its money or a person's judgment
    | doubted: a person judges whether it is fraud, or its customer is asked
    | | unasked: the hub may still ask its customer: an answer that comes now is early
    | | | asking: its warehouses are asked for its goods
    | | | | editable: it is placed, and its warehouses don't have it yet: it is cancelled at once
    | | | | | unpicked: it is approved, and not all of its goods are picked
    | | | | | | stoppable: it is approved, and a doubt, or the end of its return, can still stop its goods
    | | | | | | | recallable: all its goods are set aside, and its warehouses can still stop them
    | | | | | | | | in_hand: a warehouse has it, and owes its next step
    | | | | | | | | | unsent: it is placed, and not all of its goods have left
    | | | | | | | | | | handled: its goods may be packed or gone: the end of its return comes too late to stop them
    | | | | | | | | | | | to_close: all its goods have left, and it is still to be completed
    | | | | | | | | | | | | dispatched: all its goods have left
    | | | | | | | | | | | | | under_way: it is approved, and not called off
    | | | | | | | | | | | | | | past_payment: it has had its money, if it costs any, and is not called off
    | | | | | | | | | | | | | | | unalarmed: a refused payment alarms nobody: it is tried again, or not needed
    | | | | | | | | | | | | | | | | live: it is placed, and not called off
    | | | | | | | | | | | | | | | | | over: nothing of it is to be sent or delivered any more
    | | | | | | | | | | | | | | | | | | ended: it is called off: its goods will not be sent
    | | | | | | | | | | | | | | | | | | | unspoken: nobody is told of its money
    + - - - - - - - - - - - - - - - - - - + draft
    + - + - + - - - - + - - - - - + + - - - payment_pending
    + + + - + - - - - + - - - - + - + - - - risk_review
    + + - - + - - - - + - - - - + - + - - - risk_follow_up
    - - - - + + + - - + - - - + + - + - - - approved
    - - - + + + + - - + - - - + + - + - - - availability_requested
    - - - + + + + - - + - - - + + - + - - - processing
    - - - - - + + + + + - - - + + - + - - - confirmed
    - - - - - - + + + + + - - + + - + - - - picking
    - - - - - - - - + + + - - + + - + - - - shipping
    - - - - - - - - - - + + + + + - + - - - sent
    - - - - - - - - - - + + + + + - + - - - delivered
    - - - - - - - - - - - - + + + - + + - - completed
    - - - - - - - - - - - - - - - + - + + - cancelled
    - - - - - - - - - - - - - - - + - + + + voided
    """,
)
"""The sets of states that rules ask for; what is said of a set is true of an order in each of its states."""

ENDED: Final = ORDERS["ended"]
"""The states of orders that will not be sent."""

DISPATCHED: Final = ORDERS["dispatched"]
"""The states of orders whose goods have left."""

FREE: Final = frozenset({"support", "zero", "exchange"})
"""The kinds of orders that are free of charge."""
