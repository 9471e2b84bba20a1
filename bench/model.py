"""What must come out: each order's facts played one after the other, by rules written here and nowhere else.

Nothing of the hub and nothing of the peers is imported: a mistake in a rule of theirs can't hide in the model.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bench.records import Fact, Workload

Key = tuple[str, str]
"""An order's id and what tells one of its status events from the others: a version, or a type."""


@dataclass
class Expected:
    """What a correct candidate leaves behind."""

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    """How each order ends."""
    statuses: dict[Key, frozenset[str]] = field(default_factory=dict)
    """The status events that come exactly once, and the statuses that each may tell."""
    perhaps: set[Key] = field(default_factory=set)
    """Status events that come once or not at all, by which topic is read first."""
    causes: dict[Key, frozenset[str]] = field(default_factory=dict)
    """The events without which a status event can't be published."""
    applied: dict[str, int] = field(default_factory=dict)
    """Every fact by its id: the version that it makes, 0 where versions aren't compared."""
    duplicates: int = 0
    poison: int = 0


def of_peers(workload: Workload) -> Expected:
    """Return what the peers must end in; their status events are told apart by the version of the order."""
    expected = Expected(duplicates=workload.duplicates, poison=workload.poison)
    for order_id, facts in workload.facts.items():
        status, updated = "", ""
        lines: list[dict[str, Any]] = []
        for version, fact in enumerate(facts, start=1):
            before = status
            status, lines = _next(status, lines, fact)
            updated = max(updated, fact.time, key=lambda each: datetime.fromisoformat(each) if each else _NEVER)
            expected.applied[fact.id] = version
            if status != before:
                key = (order_id, str(version))
                expected.statuses[key] = frozenset({status})
                expected.causes[key] = frozenset(each.id for each in facts[:version])
        expected.orders[order_id] = {
            "status": status,
            "version": len(facts),
            "lines": lines,
            "updated_at": datetime.fromisoformat(updated),
        }
    return expected


_NEVER: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_FROM: Final = {
    "order.placed": ("",),
    "fraud.scored": ("placed",),
    "availability.answered": ("approved",),
    "carrier.picked_up": ("ready", "partial"),
    "carrier.in_transit": ("picked_up",),
    "carrier.delivered": ("in_transit",),
    "return.received": ("delivered",),
}


def _next(status: str, lines: list[dict[str, Any]], fact: Fact) -> tuple[str, list[dict[str, Any]]]:
    """Return status and lines after a fact; the facts come in causal order, anything else is a broken workload."""
    data = fact.data
    assert status in _FROM[fact.type], f"{fact.type} after {status!r}"
    match fact.type:
        case "order.placed":
            made = [{"line": x["line"], "sku": x["sku"], "qty": x["qty"], "state": "pending"} for x in data["lines"]]
            return "placed", made
        case "fraud.scored":
            return ("approved" if data["decision"] == "approve" else "rejected"), lines
        case "availability.answered":
            lines = [each | {"state": data["answer"]} if each["line"] == data["line"] else each for each in lines]
            there = [each["state"] for each in lines]
            if "pending" in there:
                return status, lines
            return ("cancelled" if "available" not in there else "partial" if "short" in there else "ready"), lines
        case "return.received":
            back = {each["line"] for each in data["lines"]}
            return "returned", [each | {"state": "returned"} if each["line"] in back else each for each in lines]
        case kind:
            return kind.removeprefix("carrier."), lines


_OUT: Final = ("sent", "delivered")
"""Where an order may be when a return is announced or arrives: the carrier's last scan may be read later."""


def of_hub(workload: Workload) -> Expected:
    """Return what the hub must end in; its status events are told apart by their type: each comes once per order."""
    expected = Expected(duplicates=workload.duplicates, poison=workload.poison)
    for order_id, facts in workload.facts.items():
        _Order(order_id, expected).play(facts)
    return expected


class _Order:
    """One order of the hub while its facts are played."""

    def __init__(self, order_id: str, expected: Expected) -> None:
        self._id = order_id
        self._expected = expected
        self._told: list[str] = []
        self._lines: dict[int, str] = {}
        self._payment = "requested"
        self._returns: list[str] = []
        self._status = ""
        self._clear = True

    def play(self, facts: Iterable[Fact]) -> None:
        """Play the facts and note what they make."""
        for fact in facts:
            self._told.append(fact.id)
            self._expected.applied[fact.id] = 0
            self._play(fact)
        self._expected.orders[self._id] = {
            "status": self._status,
            "payment": self._payment,
            "lines": sorted(self._lines.items()),
            "returns": self._returns,
        }

    def _play(self, fact: Fact) -> None:
        data = fact.data
        match fact.type:
            case "order.placed.v1":
                self._lines = {each["line"]: "requested" for each in data["lines"]}
                self._reach("payment_pending", "order.created")
            case "payment.authorized.v1":
                self._payment = "authorised"
            case "fraud.scored.v1" if data["verdict"] == "clear":
                # The money may be known before the verdict: then the order is in review until the verdict comes.
                self._expected.perhaps.add((self._id, "order.risk_review"))
                self._reach("approved", "order.approved", "availability_requested")
                self._reach("availability_requested", "order.availability_requested")
            case "fraud.scored.v1":
                self._reach("risk_review", "order.risk_review")
            case "availability.reported.v1":
                self._report(data)
            case "carrier.collected.v1":
                # The parcel is with its carrier, so it was picked and packed: the hub infers what nobody told it.
                self._lines = dict.fromkeys(self._lines, "shipped")
                for status in ("picking", "shipping", "sent"):
                    self._reach(status, f"order.{status}", "sent")
            case "carrier.in_transit.v1":
                pass
            case "carrier.delivered.v1":
                self._reach("delivered", "order.delivered")
            case "payment.captured.v1":
                self._payment = "paid"
            case "return.requested.v1":
                self._returns = ["awaiting_receipt"]
                self._reach(self._status, "return.confirmed", *_OUT)
            case "return.received.v1":
                self._returns = ["validated"]
                self._lines |= {each["line"]: "returned" for each in data["lines"]}
                self._reach(self._status, "return.received", *_OUT)
                self._reach(self._status, "return.validated", *_OUT)
            case kind:
                raise AssertionError(f"the model has no rule for {kind}")

    def _report(self, data: dict[str, Any]) -> None:
        self._lines |= {each["line"]: each["status"] for each in data["lines"]}
        states = set(self._lines.values())
        if states == {"available"}:
            self._lines = dict.fromkeys(self._lines, "reserved")
            self._reach("confirmed", "order.confirmed")
        elif "restocking" in states and self._status == "availability_requested":
            self._reach("processing", "order.processing")

    def _reach(self, status: str, event: str, *tells: str) -> None:
        """Note that an event comes; it tells the status after all that its one cause has moved."""
        self._status = status
        self._expected.statuses[self._id, event] = frozenset(tells or (status,))
        self._expected.causes[self._id, event] = frozenset(self._told)
