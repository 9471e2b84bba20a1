"""The scratchpad of a decision: what one fact makes follow, collected while it is worked out."""

from datetime import datetime
from typing import Generic, TypeVar

from contracts.message import Event, Fact, Request
from contracts.references import NUMBER, form, numbered
from domain.deciding.decision import Decision, Outcome, Reference, Timer, ToSubject
from domain.deciding.received import Claim, Received

Subject = TypeVar("Subject")


class Scratchpad(Generic[Subject]):
    """What a decision is worked out on; it lives as long as one call and never leaves it.

    Each kind of aggregate has its own, which holds the aggregate as it becomes. `told` are the facts and steps that
    this decision has learned, those that a later fact lets us infer included; `taken` the transitions made, so that
    none is made twice. `as_of` is when the aggregate was last decided on: time never runs back.
    """

    __slots__ = (
        "armed",
        "disarmed",
        "events",
        "now",
        "received",
        "references",
        "requests",
        "rules",
        "taken",
        "to_others",
        "told",
    )

    def __init__(self, received: Received, as_of: datetime | None) -> None:
        appended = received.appended_at
        self.received = received
        self.now = appended if as_of is None or as_of < appended else as_of
        self.rules: list[str] = []
        self.events: list[Event] = []
        self.requests: list[Request] = []
        self.to_others: list[ToSubject] = []
        self.armed: list[Timer] = []
        self.disarmed: list[str] = []
        self.references: list[Reference] = []
        self.told: dict[object, None] = {}
        self.taken: set[tuple[int, str]] = set()

    @property
    def reason(self) -> str | None:
        """Return the reason given with the command or request in hand."""
        reason = getattr(self.received.fact, "reason", None)
        return reason if isinstance(reason, str) else None

    def tell(self, *triggers: object) -> None:
        """Note that these things are so: the aggregate's own transitions may follow from them."""
        self.told.update(dict.fromkeys(triggers))

    def emit(self, event: Event) -> None:
        """Publish an event."""
        self.events.append(event)

    def ask(self, request: Request) -> None:
        """Send a request to a partner."""
        self.requests.append(request)

    def send(self, subject: str, fact: Fact) -> None:
        """Tell another aggregate something."""
        self.to_others.append(ToSubject(subject, fact))

    def refer(self, kind: str, party: str, value: str) -> Claim | None:
        """Let others find this aggregate by a number of theirs; return who has it, where another one does."""
        reference = numbered(party, value) if kind == NUMBER else form(kind, value)
        claim = next((each for each in self.received.claims if (each.kind, each.value) == (kind, reference)), None)
        if claim is None or claim.gone:
            self.references.append(Reference(kind, party, form(kind, value), None if claim is None else claim.holder))
        return claim

    def applied(self, after: Subject) -> Decision[Subject]:
        """Return the decision that all this makes, with the aggregate as it is afterwards."""
        return Decision(
            self.received,
            after,
            Outcome.APPLIED,
            tuple(self.rules),
            tuple(self.events),
            tuple(self.requests),
            tuple(self.to_others),
            tuple(self.armed),
            tuple(self.disarmed),
            tuple(self.references),
        )
