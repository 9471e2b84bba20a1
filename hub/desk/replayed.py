"""An order's history decided again: what each entry ended as, what was asked of others, and when what was reached.

Partners and other orders say what they said, when they said it; deadlines come when the replay sets them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from contracts.availability import AvailabilityReported, AvailabilityRequested
from contracts.flash_reorders import FlashAccepted, FlashFulfilled, FlashRefused, FlashRequested
from contracts.fraud import FraudScored, ScoreRequested
from contracts.internal import (
    CancelExchange,
    ExchangeAnswered,
    OpenExchange,
    ReleaseExchange,
    ReplacementAnswered,
    ReplacementReturned,
    TimerDue,
)
from contracts.message import Cause, Fact, Request
from contracts.payments import (
    AuthorizationRequested,
    CaptureRequested,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentRefused,
    PaymentVoided,
    RefundExecuted,
    RefundFailed,
    RefundRequested,
    VoidRequested,
)
from contracts.topics import INTERNAL
from contracts.values import asdict
from contracts.warehouse import (
    ItemCorrected,
    ItemCorrectionRequested,
    ParcelPacked,
    PickingStarted,
    RecallAccepted,
    RecallRefused,
    RecallRequested,
    ReturnAnnounced,
    ReturnReceived,
    ShipmentHandedOver,
    ShipmentRelease,
)
from domain.deciding import codec
from domain.deciding.decision import Decision, Known, Policy
from domain.deciding.received import Received
from domain.orders.aggregate import ORDER
from domain.orders.order import Order
from domain.orders.view.waiting import waiting

ROWS: Final = 500
"""Entries of an order that are decided again at most."""
_SOURCE: Final = "/hub/timers"
Row = Mapping[str, object]
Choices = Callable[[Policy], Policy]
"""What puts other choices of the retailer into those of then."""


@dataclass(frozen=True, slots=True)
class _Answered:
    """Who answers a request, by which facts, the first of which is what is waited for.

    `by` is the field that names what both are about, none: the order.
    """

    party: str
    facts: tuple[type[Fact], ...]
    by: str | None = None


ANSWERED: Final[Mapping[type[Request], _Answered]] = MappingProxyType(
    {
        AvailabilityRequested: _Answered("warehouse", (AvailabilityReported,), "request_id"),
        ShipmentRelease: _Answered("warehouse", (PickingStarted, ParcelPacked, ShipmentHandedOver), "shipment_id"),
        RecallRequested: _Answered("warehouse", (RecallAccepted, RecallRefused), "shipment_id"),
        ReturnAnnounced: _Answered("warehouse", (ReturnReceived,)),
        ItemCorrectionRequested: _Answered("warehouse", (ItemCorrected,)),
        ScoreRequested: _Answered("fraud service", (FraudScored,)),
        FlashRequested: _Answered("reorder desk", (FlashFulfilled, FlashAccepted, FlashRefused), "flash_id"),
        AuthorizationRequested: _Answered("payment service", (PaymentAuthorized, PaymentRefused), "request_id"),
        CaptureRequested: _Answered("payment service", (PaymentCaptured, PaymentRefused), "request_id"),
        VoidRequested: _Answered("payment service", (PaymentVoided, PaymentRefused), "request_id"),
        RefundRequested: _Answered("payment service", (RefundExecuted, RefundFailed), "request_id"),
    }
)
"""The requests that partners answer; what is only told them has no row."""
_OTHER_ORDERS: Final = (OpenExchange, ReleaseExchange, CancelExchange, ReplacementReturned)
"""What another order answers."""
_PEOPLE: Final = frozenset({"agent", "logistics", "customer"})
"""Parties of which something is asked without a request: the order waits for what they do."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something that an order asked for: which message, of whom, when, and in which state it was then.

    `seq` is the entry that it came of, None where a deadline led to it; `turn` is how many entries had come.
    """

    what: str
    party: str
    at: datetime
    seq: int | None
    state: str | None
    turn: int


@dataclass(frozen=True, slots=True)
class _Ask:
    """A question as it is asked; `name` is what makes two of them the same, `about` what an answer names."""

    name: str
    what: str
    party: str
    about: str | None = None
    answered: _Answered | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The order after an entry or a deadline."""

    at: datetime
    order: Order


@dataclass(frozen=True, slots=True)
class Run:
    """A history decided again; `ends` is what each entry ended as, by its seq.

    `states` and `deadlines` (by kind and subject) are when each was reached, or due, first. `asked` has the questions
    by what makes two of them the same (`open`: whole), `answered` in which turn each had its answer.
    """

    before: Order
    ends: dict[int, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    states: dict[str, datetime] = field(default_factory=dict)
    deadlines: dict[tuple[str, str], datetime] = field(default_factory=dict)
    asked: dict[str, Question] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)
    open: dict[str, _Ask] = field(default_factory=dict)

    @property
    def order(self) -> Order:
        """Return the order as it stands after the last step."""
        return self.steps[-1].order if self.steps else self.before

    def at(self, when: datetime) -> Order:
        """Return the order as it stood then."""
        return next((step.order for step in reversed(self.steps) if step.at <= when), Order.shell(self.order.id))


def unanswered(was: Run, would: Run) -> Question | None:
    """Return the first question of one run that the history of the other has no answer to; None where there is none.

    That is one that was never asked, or was answered before it would have been asked.
    """
    for name, question in would.asked.items():
        before = was.asked.get(name)
        if before is None or before.turn < was.answered.get(name, 0) <= question.turn:
            return question
    return None


def replayed(order_id: str, rows: Sequence[Row], choices: Choices, until: datetime) -> Run:
    """Decide a history again, by other choices, and go on until a time."""
    run = Run(Order.shell(order_id))
    come, known, turn = set[str](), Known(choices(Policy())), 0
    for turn, row in enumerate(_facts(rows), 1):
        received, stored, seq = row
        known = Known(choices(codec.policy_from(stored) if stored is not None else Policy()))
        _fire(run, known, received.appended_at, come, turn - 1)
        decisions = ORDER.decide(run.order, received, known)
        run.ends[seq] = ended(decisions[0].outcome.value, decisions[0].rules)
        _note(run, decisions, received.appended_at, seq, turn)
        _note_answers(run, received.fact, turn)
    _fire(run, known, until, come, turn)
    return run


def ended(outcome: str, rules: Sequence[str]) -> str:
    """Return what an entry ended as, in one line."""
    return " ".join((outcome, *rules))


def _facts(rows: Sequence[Row]) -> Iterator[tuple[Received, dict[str, object] | None, int]]:
    """Yield what came from outside, with the choices of then; deadlines and what they let go the replay makes."""
    for row in rows:
        data, known, seq = row["data"], row["known"], row["seq"]
        assert isinstance(data, dict)
        assert isinstance(seq, int)
        received = codec.received_from(data)
        if row["refers_to"] is None and not is_deadline(received):
            yield received, known if isinstance(known, dict) else None, seq


def is_deadline(received: Received) -> bool:
    """Tell whether a fact is a deadline of the order's own, which other choices set otherwise."""
    return isinstance(received.fact, TimerDue) and received.fact.text is None


def _fire(run: Run, known: Known, until: datetime, come: set[str], turn: int) -> None:
    """Let every deadline go off that has come by then, in their order, each once (`come`: which have)."""
    for _ in range(ROWS):
        waiting_ = [each for each in run.order.timers if each.due_at <= until and each.id not in come]
        if not waiting_:
            break
        due = min(waiting_, key=lambda each: (each.due_at, each.id))
        come.add(due.id)
        fact = TimerDue(timer_id=due.id, kind=due.kind, due_at=due.due_at)
        cause = Cause(_SOURCE, due.id, TimerDue.type(), INTERNAL.name, 0, 0)
        decisions = ORDER.decide(run.order, Received(fact, cause, due.due_at, due.due_at, None), known)
        _note(run, decisions, due.due_at, None, turn)


def _note(run: Run, decisions: Sequence[Decision[Order]], at: datetime, seq: int | None, turn: int) -> None:
    """Note what came of a fact or a deadline."""
    order = decisions[-1].after
    state = None if order.state is None else order.state.value
    run.steps.append(Step(at, order))
    for each in decisions:
        if each.after.state is not None:
            run.states.setdefault(each.after.state.value, at)
    for timer in order.timers:
        run.deadlines.setdefault((timer.kind, timer.subject), timer.due_at)
    asks = [asked for each in decisions for asked in _asks(each)]
    open_ = {f"{each.message} {each.party} {each.subject}": each for each in waiting(order) if each.party in _PEOPLE}
    for name, question in run.asked.items():
        if question.party in _PEOPLE and name not in open_:
            run.answered.setdefault(name, turn)
    asks += [_Ask(name, each.message, each.party) for name, each in open_.items()]
    for ask in asks:
        run.asked.setdefault(ask.name, Question(ask.what, ask.party, at, seq, state, turn))
        run.open.setdefault(ask.name, ask)


def _asks(decision: Decision[Order]) -> Iterator[_Ask]:
    """Yield the questions of a decision to partners and other orders."""
    for request in decision.requests:
        answered = ANSWERED.get(type(request))
        if answered is not None:
            about = None if answered.by is None else getattr(request, answered.by)
            yield _Ask(_same(request), answered.facts[0].name, answered.party, about, answered)
    for each in decision.to_others:
        if isinstance(each.fact, _OTHER_ORDERS):
            answer = ReplacementAnswered if isinstance(each.fact, ReplacementReturned) else ExchangeAnswered
            yield _Ask(f"{each.fact.name} {each.subject}", answer.name, "hub")


def _same(request: Request) -> str:
    """Return what makes two requests one question: all of it but for the times that it names."""
    told = {name: held for name, held in asdict(request).items() if not isinstance(held, datetime)}
    return f"{request.name} {told}"


def _note_answers(run: Run, fact: Fact, turn: int) -> None:
    """Note which of the questions a fact answers."""
    for name, ask in run.open.items():
        if ask.answered is not None and isinstance(fact, ask.answered.facts):
            by = ask.answered.by
            if by is None or getattr(fact, by) == ask.about:
                run.answered.setdefault(name, turn)
