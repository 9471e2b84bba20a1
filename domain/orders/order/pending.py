"""What an order waits for: armed deadlines, and facts that came too early."""

from datetime import datetime

from domain.deciding.received import Received
from domain.deciding.values import Value


class ArmedTimer(Value):
    """A deadline of the order. After it has fired, it stays listed until what it waited for has happened."""

    id: str
    kind: str
    subject: str
    since: datetime
    due_at: datetime
    fired: bool = False


class ParkedFact(Value):
    """A fact that came too early: it is kept until the fact that it depends on arrives."""

    received: Received
