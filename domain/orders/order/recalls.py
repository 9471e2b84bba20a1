"""Recalls: requests to the warehouse to stop a shipment."""

from typing import Final

from domain.deciding.traits import traits
from domain.deciding.values import Value
from domain.deciding.words import Word


class RecallState(Word):
    """The states of a recall."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


RECALLS: Final = traits(
    RecallState,
    f"{__name__}.RECALLS",
    """
    refused: its warehouse has not said yes in time
    | acceptable: its warehouse can still say yes
    - + open
    - - accepted
    + - refused
    + + unanswered
    """,
)
"""The sets of states that rules ask for; what is said of a set is true of a recall in each of its states."""


class Recall(Value):
    """A request to the warehouse to stop a shipment.

    `intent` says what is planned for the shipment. `command_id` is the command that asked for the recall, or None if
    the hub itself did.
    """

    id: str
    shipment_id: str
    intent: str
    reason: str
    whole: bool = True
    state: RecallState = RecallState.OPEN
    command_id: str | None = None
    client: str | None = None
    settled: bool = False

    @property
    def by_a_person(self) -> bool:
        """Tell whether a person asked for the recall."""
        return self.command_id is not None
