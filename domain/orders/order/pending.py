"""What an order waits for: armed deadlines, and facts that came too early."""

from datetime import datetime

from domain.deciding.received import Received
from domain.deciding.values import Value


class ArmedTimer(Value):
    """A deadline that the order has set; one that has fired stays listed until what it waited for is settled."""

    id: str
    kind: str
    subject: str
    since: datetime
    due_at: datetime
    fired: bool = False


class ParkedFact(Value):
    """A fact that came before what it builds on."""

    received: Received
