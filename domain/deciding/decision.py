"""What a decision needs to know beside the fact received, and what comes out of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contracts.message import Event, Fact, Request
from domain.deciding.received import Received
from domain.deciding.values import Value, field


class Outcome(StrEnum):
    """What became of a fact."""

    APPLIED = "applied"
    PARKED = "parked"
    LATE = "late"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class StoreZone:
    """The time zone of one store, by its IANA name."""

    store: str
    zone: str


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Policy:
    """The choices a retailer makes; the defaults are those of the specification (A-14, A-16, A-22, A-36 to A-38)."""

    payment_attempts: int = 3
    payment_retry: timedelta = timedelta(hours=4)
    payment_answer: timedelta = timedelta(hours=1)
    payment_renewal: timedelta = timedelta(days=1)
    """How long before a reservation runs out a new one is asked for (P-14)."""
    cheque_days: timedelta = timedelta(days=15)
    fraud_answer: timedelta = timedelta(hours=1)
    follow_up: timedelta = timedelta(days=7)
    availability_answer: timedelta = timedelta(hours=12)
    flash_answer: timedelta = timedelta(days=2)
    flash_automatic: bool = False
    flash_rounds: int = 2
    flash_recipient: str = "reorder-desk"
    """The party that gets flash reorders (A-12)."""
    fulfilment_answer: timedelta = timedelta(days=3)
    delivery: timedelta = timedelta(days=10)
    closing: timedelta = timedelta(days=14)
    return_expiry: timedelta = timedelta(days=30)
    parked: timedelta = timedelta(days=1)
    unknown: timedelta = timedelta(minutes=10)
    """How long an early fact may wait for an order that nobody has placed before people are told."""
    refund_automatic: bool = True
    refund_cap: int = 100_000
    refund_attempts: int = 3
    refund_retry: timedelta = timedelta(hours=6)
    refund_answer: timedelta = timedelta(hours=1)
    approval: timedelta = timedelta(days=2)
    review: timedelta = timedelta(days=2)
    restock: timedelta = timedelta(days=7)
    exchange_answer: timedelta = timedelta(hours=1)
    exchange_scope: str = "same_model"
    exchange_wait: timedelta = timedelta(days=14)
    two_persons: bool = False
    """Whether who asked for a refund may not approve it (F-04)."""
    recall_answer: timedelta = timedelta(hours=4)
    lock_expiry: timedelta = timedelta(hours=12)
    draft: timedelta = timedelta(days=7)
    logistics_pieces: int = 0
    """From how many pieces on logistics has to push an order on by hand (H-03); 0: never."""
    logistics_models: tuple[str, ...] = ()
    home_trial_days: int = 30
    time_zone: str = "UTC"
    store_zones: tuple[StoreZone, ...] = ()
    working_days: tuple[int, ...] = (1, 2, 3, 4, 5)
    """ISO weekdays: 1 is Monday."""
    holidays: tuple[str, ...] = ()
    """Days on which nobody works, as ISO dates."""
    morning: int = 6

    def __post_init__(self) -> None:
        """Refuse a calendar that can't be counted in: an unknown time zone, no working day, no such hour."""
        for name in (self.time_zone, *(each.zone for each in self.store_zones)):
            if not _is_zone(name):
                raise ValueError(f"there is no time zone {name!r}: use a name such as Europe/Paris")
        if not set(self.working_days) & set(range(1, 8)) or not 0 <= self.morning <= 23:
            raise ValueError("a calendar needs working days from 1 (Monday) to 7, and an hour from 0 to 23")


class Known(Value):
    """What a decision needs from outside the aggregate; it is stored with the decision, so that replay is exact."""

    policy: Policy = field(default_factory=Policy)


class Timer(Value):
    """A deadline: it counts only while its aggregate still lists the id as armed."""

    id: str
    kind: str
    due_at: datetime


class ToSubject(Value):
    """A command or its outcome for another aggregate; no aggregate ever touches another one.

    `subject` names it as `contracts.subjects` writes it; the fact says of which kind it is.
    """

    subject: str
    fact: Fact


class Reference(Value):
    """A number that others use for the aggregate: a tracking number, an RMA code, a payment.

    `value` is the form in which it is compared, `over` the aggregate that had the number and has given it up.
    """

    kind: str
    party: str
    value: str
    over: str | None = None


class Refusal(Value):
    """A normal no: the code of the specification, what it means here, and what its author may do instead.

    `dead` is set where the record itself can't be meant for this aggregate: it is a dead letter, and people are told.
    """

    code: str
    detail: str
    hint: str
    dead: bool = False


class Why(StrEnum):
    """Why a fact changes nothing; the journal keeps it with the row."""

    REPEATED = "repeated"
    """The same was said before, maybe under another id."""
    OVERTAKEN = "overtaken"
    """Its source has said something newer, or stronger, about the same thing."""
    SETTLED = "settled"
    """It is about something final, and does not contradict it."""
    NOT_ASKED = "not_asked"
    """It answers something that nobody asked for; no money or goods are named."""


class Late(Value):
    """What a rule says to a fact that changes nothing: why that is harmless, and what is so already.

    `known` is a clause of what the fact repeats, or of what speaks against it: "the shipment has come as far".
    """

    why: Why
    known: str

    def __post_init__(self) -> None:
        """Refuse to change nothing without a word."""
        if not self.known:
            raise ValueError("a fact that changes nothing says what is so already: give `known`")

    def __str__(self) -> str:
        return f"{self.why}: {self.known}"


Answer = Literal[Outcome.APPLIED, Outcome.PARKED] | Refusal | Late
"""What a rule says to a fact: that it counts, or is early; why it changes nothing; or why not."""


Subject = TypeVar("Subject")


class Decision(Value, Generic[Subject]):
    """What one fact does to one aggregate.

    `rules` are the ids of the transitions that were taken, in order; of a late fact they say why it is late. `after` is
    the aggregate afterwards: unchanged but for its parked facts when parked, unchanged altogether when late or refused.
    One that is late without a reason can't be made: `unchanged` makes them.
    """

    received: Received
    after: Subject
    outcome: Outcome
    rules: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    requests: tuple[Request, ...] = ()
    to_others: tuple[ToSubject, ...] = ()
    armed: tuple[Timer, ...] = ()
    disarmed: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    refusal: Refusal | None = None
    released: bool = False
    """True when the fact had been parked and is applied now."""
    late: Late | None = None
    """Why the fact changes nothing, of a late one."""

    def __post_init__(self) -> None:
        """Refuse a late decision that says nothing, and words of one that is not late."""
        if (self.outcome is Outcome.LATE) is (self.late is None):
            raise ValueError("a decision is late with its reason, or neither")


def unchanged(received: Received, subject: Subject, late: Late) -> Decision[Subject]:
    """Return the decision on a fact that changes nothing, with its reason."""
    return Decision(received, subject, Outcome.LATE, rules=(str(late),), late=late)
