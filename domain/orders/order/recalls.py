"""Recalls: requests to the warehouse to stop a shipment."""

from domain.deciding.values import Value
from domain.deciding.words import Word


class RecallState(Word):
    """How far a recall of a shipment is."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


class Recall(Value):
    """A question to the warehouse to stop a shipment: for what, and which command asked (none: the hub itself)."""

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
        """Tell whether a command asked, not the hub itself."""
        return self.command_id is not None
