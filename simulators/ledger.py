"""What the partners did, counted on their side: what a run is compared with afterwards."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from contracts.message import Money
from simulators.planned import Planned


@dataclass(slots=True)
class PaymentEntry:
    """One payment as the payment service has it; amounts in minor units."""

    order_id: str
    authorised: int
    currency: str
    captured: int = 0
    voided: int = 0
    refunded: int = 0
    expires_at: str | None = None
    """When the reservation ends, if nothing else was done with it by then: nobody says so."""


@dataclass(slots=True)
class RefundEntry:
    """One refund that the payment service carried out, once."""

    order_id: str
    payment_id: str
    request_id: str
    amount: int
    currency: str

    @classmethod
    def of(cls, order_id: str, payment_id: str, request_id: str, money: Money) -> "RefundEntry":
        """Return the entry of an amount of money."""
        return cls(order_id, payment_id, request_id, money.amount, money.currency)


@dataclass(slots=True)
class Ledger:
    """The books of all partners of one process; `report` hears of every count as (name, total)."""

    report: Callable[[str, int], None] | None = None
    counts: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    poison: Counter[str] = field(default_factory=Counter)
    rejections: Counter[str] = field(default_factory=Counter)
    orders: set[str] = field(default_factory=set)
    payments: dict[str, PaymentEntry] = field(default_factory=dict)
    refunds: dict[str, RefundEntry] = field(default_factory=dict)
    explained: defaultdict[str, dict[str, dict[str, str]]] = field(default_factory=lambda: defaultdict(dict))
    objections: list[str] = field(default_factory=list)

    def count(self, name: str, more: int = 1) -> None:
        """Add to a count."""
        self.counts[name] += more
        if self.report is not None:
            self.report(name, self.counts[name])

    def sent(self, planned: Planned) -> None:
        """Note a record that was handed to Kafka."""
        self.records[planned.topic.name] += 1
        self.count("records")
        for trick in planned.tricks:
            self.count(trick.value)
        if planned.poison is not None:
            self.poison[planned.poison.value] += 1

    def explain(self, kind: str, order_id: str, party: str, matter: str) -> None:
        """Note why an order may never end well: `kind` is silences, payment_refusals, refund_refusals, …"""
        if order_id not in self.explained[kind]:
            self.explained[kind][order_id] = {"order_id": order_id, "party": party, "matter": matter}
            self.count(kind)

    def object_to(self, objection: str) -> None:
        """Note something that the hub must never ask for, as a sentence."""
        self.objections.append(objection)
        self.count("objections")

    def document(self) -> dict[str, Any]:
        """Return the books as plain JSON values."""
        return {
            "counts": dict(sorted(self.counts.items())),
            "orders": {"placed": len(self.orders), "order_ids": sorted(self.orders)},
            "records": dict(sorted(self.records.items())),
            "poison": dict(sorted(self.poison.items())),
            "rejections": dict(sorted(self.rejections.items())),
            "payments": {name: asdict(entry) for name, entry in sorted(self.payments.items())},
            "refunds": {name: asdict(entry) for name, entry in sorted(self.refunds.items())},
            "explained": {kind: list(entries.values()) for kind, entries in sorted(self.explained.items())},
            "objections": list(self.objections),
        }
