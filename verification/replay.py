"""The second check: a journal, folded through the rules from its first row, gives the aggregate as it stands."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.own_words import own_words
from contracts.personal import names_in
from contracts.subjects import id_of
from contracts.topics import TOPICS
from contracts.wire import Outgoing, unpack
from domain.aggregates import KINDS
from domain.deciding import codec
from domain.deciding.aggregate import Aggregate
from domain.deciding.decision import Decision, Known, Outcome
from domain.deciding.received import Received

Row = Mapping[str, Any]
SHOWN: Final = 120
"""Characters of a value that a difference shows."""
PERSONAL: Final = names_in(message for topic in TOPICS for message in topic.messages) | {"contact"}
"""The fields, of documents too, whose values no report tells."""


@dataclass(slots=True)
class Replay:
    """One aggregate being replayed; `faults` are (journal row or None, what is wrong), `rows` those that were folded.

    Rows of other versions of the rules can't be folded: it is taken up again where a row says how it stood.
    """

    subject: str
    kind: Aggregate[Any] = field(init=False)
    value: Any = None
    seq: int = 0
    status: str | None = None
    rules: int | None = None
    rows: int = 0
    faults: list[tuple[int | None, str]] = field(default_factory=list)
    decisions: list[tuple[Decision[Any], Row]] = field(default_factory=list)
    messages: list[Outgoing] = field(default_factory=list)
    _released: deque[Decision[Any]] = field(default_factory=deque)
    _parked: dict[tuple[str, str], tuple[int, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kind = KINDS.of(self.subject)
        self.value = self.kind.empty(id_of(self.subject))

    def add(self, row: Row) -> None:
        """Fold the next row of the journal."""
        self.rows += 1
        self._check_chain(row)
        self.messages.extend(unpack(row["messages"]))
        if row["document_before"] is not None:
            self._take_up(row)
        if row["rules"] != self.kind.rules:
            self.value = None
            self._released.clear()
        elif self.value is not None:
            self._fold(row)

    def _check_chain(self, row: Row) -> None:
        """Compare what a row says of itself with the rows before it."""
        for missing in range(self.seq + 1, row["seq"]):
            self.faults.append((missing, "the row is missing"))
        if row["status_before"] != self.status:
            fault = f"status_before is {row['status_before']}, the row before ends with {self.status}"
            self.faults.append((row["seq"], fault))
        self.seq, self.status, self.rules = row["seq"], row["status_after"], row["rules"]
        key = (row["source"], row["event_id"])
        if row["outcome"] == "parked":
            self._parked[key] = (row["seq"], _read(row["data"]))
        if row["refers_to"] is not None and self._parked.get(key) != (
            row["refers_to"],
            codec.received_from(row["data"]),
        ):
            self.faults.append((row["seq"], f"refers_to names row {row['refers_to']}, which did not park this fact"))

    def _take_up(self, row: Row) -> None:
        before = row["document_before"]
        if self.value is not None and self.seq > 1:
            faults = differing(same(self.kind, before), document_of(self.kind, self.value))
            self.faults.extend((row["seq"], f"document_before: {fault}") for fault in faults)
        self.value = self.kind.read(before)

    def _fold(self, row: Row) -> None:
        try:
            decision = self._decision(row)
        except Exception as error:  # noqa: BLE001 - whatever the rules or a document raise is the finding
            self.faults.append((row["seq"], f"the rules can't decide it again: {own_words(error)}"))
            return
        if decision is None:
            return
        self.value = decision.after
        self.decisions.append((decision, row))
        self.faults.extend((row["seq"], fault) for fault in row_faults(row, decision))

    def _decision(self, row: Row) -> Decision[Any] | None:
        if row["refers_to"] is not None:
            if self._released:
                return self._released.popleft()
            self.faults.append((row["seq"], "the rules let no parked fact go here"))
            return None
        self._miss_released()
        received = codec.received_from(row["data"])
        first, *released = self.kind.decide(self.value, received, known_of(row["known"]))
        self._released.extend(released)
        return first

    def _miss_released(self) -> None:
        while self._released:
            cause = self._released.popleft().received.cause
            fault = f"the rules let the parked fact {cause.type} {cause.id} go here, but no row says so"
            self.faults.append((self.seq, fault))

    def finish(self, stored: Row) -> None:
        """Compare the outcome with the aggregate's own row."""
        self._miss_released()
        told = {"seq": self.seq, "rules": self.rules, "state": self.status}
        if self.value is not None:
            faults = differing(same(self.kind, stored["document"]), document_of(self.kind, self.value))
            self.faults.extend((None, f"document: {fault}") for fault in faults)
            columns = self.kind.columns(self.value)
            told |= {name: getattr(columns, name) for name in ("version", "state", "number", "store")}
        for name, replayed in told.items():
            if (stored[name] or None) != (replayed or None):
                self.faults.append((None, f"{name} is {stored[name]}, replaying the journal gives {replayed}"))


def known_of(document: Mapping[str, Any] | None) -> Known:
    """Return what was known at a decision."""
    return Known(codec.policy_from(document)) if document else Known()


def same(kind: Aggregate[Any], document: Mapping[str, Any]) -> Any:
    """Return a document as this version writes it: earlier ones wrote times and defaults otherwise."""
    return document_of(kind, kind.read(document))


def _read(data: Any) -> object:
    """Return the received fact of a row, or what keeps it from being read."""
    try:
        return codec.received_from(data)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        return f"unreadable: {type(error).__name__}"


def document_of(kind: Aggregate[Any], value: Any) -> Any:
    """Return an aggregate as the store would hold it."""
    return codec.document_of(kind.write(value))


def row_faults(row: Row, decision: Decision[Any]) -> list[str]:
    """Return where a journal row says otherwise than the rules do now."""
    received, after = decision.received, decision.after
    told: dict[str, tuple[object, object]] = {
        "outcome": (row["outcome"], decision.outcome.value),
        "status_after": (row["status_after"], None if after.state is None else after.state.value),
        "version": (row["version"], after.version),
        "transitions": (_rules(row["outcome"], row["transitions"]), _rules(row["outcome"], decision.rules)),
        "messages": (len(unpack(row["messages"])), _published(decision)),
        **_received_fields(row, received),
    }
    return [
        f"{name} is {_shown(stored)}, replaying gives {_shown(replayed)}"
        for name, (stored, replayed) in told.items()
        if stored != replayed
    ]


def _rules(outcome: str, transitions: Iterable[str]) -> list[str]:
    """Return the rules of a row; of a late one why it was, without the words, which may be put better one day."""
    return [each.partition(":")[0] if outcome == Outcome.LATE else each for each in transitions]


def _published(decision: Decision[Any]) -> int:
    return len(decision.events) + len(decision.requests) + len(decision.to_others)


def _received_fields(row: Row, received: Received) -> dict[str, tuple[object, object]]:
    cause = received.cause
    return {
        "data": (_read(row["data"]), received),
        "cause": (
            (row["source"], row["event_id"], row["type"], row["topic"], row["partition"], row["offset"]),
            (cause.source, cause.id, cause.type, cause.topic, cause.partition, cause.offset),
        ),
        "actor": (row["actor"], None if received.actor is None else received.actor.name),
        "occurred_at": (row["occurred_at"], received.occurred_at),
        "appended_at": (row["appended_at"], received.appended_at),
    }


def differing(stored: Any, replayed: Any, path: str = "") -> list[str]:
    """Return where two JSON values differ: JSON pointers with both values."""
    if isinstance(stored, dict) and isinstance(replayed, dict):
        names = sorted(stored.keys() | replayed.keys())
        missing = object()
        pairs = [(f"{path}/{name}", stored.get(name, missing), replayed.get(name, missing)) for name in names]
        return [
            fault
            for place, mine, its in pairs
            if mine is not its
            for fault in (
                [f"{place} is there, replaying the journal gives none"]
                if its is missing
                else [f"{place} is missing, replaying the journal gives {_shown(its, place)}"]
                if mine is missing
                else differing(mine, its, place)
            )
        ]
    if isinstance(stored, list) and isinstance(replayed, list) and len(stored) == len(replayed):
        pairs = [(f"{path}/{index}", mine, its) for index, (mine, its) in enumerate(zip(stored, replayed, strict=True))]
        return [fault for place, mine, its in pairs for fault in differing(mine, its, place)]
    if stored == replayed:
        return []
    return [f"{path or '/'} is {_shown(stored, path)}, replaying the journal gives {_shown(replayed, path)}"]


def _shown(value: object, path: str = "") -> str:
    if not PERSONAL.isdisjoint(path.split("/")):
        return "[personal]"
    text = str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
