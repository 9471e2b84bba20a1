"""The demo's report: orders by state, records by fate, money, kills and the proof, for programs and for people."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json
from rich.console import Group
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres import reads
from domain.deciding import codec
from domain.deciding.money import Money, plain
from domain.orders.view.waiting import is_final, waiting
from hub.display import shown


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the demo should do."""

    orders: int
    seed: int
    mischief: str
    kill: bool
    keep: bool


async def report_of(
    engine: AsyncEngine, wishes: Wishes, books: Mapping[str, Any], report: Any, kills: int, seconds: float
) -> dict[str, Any]:
    """Return what the demo did: what the partners' books, the store and the proof say, as plain values."""
    counted = await reads.counts(engine)
    explained, unexplained = await _explained(engine)
    outcomes = counted["outcomes"]
    facts = sum(books["records"].values())
    return {
        "orders": wishes.orders,
        "seed": wishes.seed,
        "mischief": wishes.mischief,
        "kills": kills,
        "facts": facts,
        "decisions": sum(outcomes.values()) + counted["released"].get("released", 0),
        "messages": report.messages,
        "lost": report.lost,
        "doubled": report.doubled,
        "out_of_order": report.out_of_order,
        "parked": outcomes.get("parked", 0),
        "released": counted["released"].get("released", 0),
        "late": outcomes.get("late", 0),
        "refused": outcomes.get("refused", 0),
        "duplicates": report.duplicates,
        "sent_home": counted["set_aside"].get("forwarded", 0),
        "dead_letters": counted["dead_letters"],
        "states": counted["states"],
        "open": explained,
        "unexplained": unexplained,
        "refunds": _refunds(books),
        "exchanges": await _exchanges(engine),
        "objections": books["objections"],
        "seconds": round(seconds, 1),
        "facts_per_second": round(facts / seconds, 1),
        "latency": await reads.latencies(engine),
        "verified": report.ok and not unexplained and not books["objections"],
        "differences": [json.loads(to_json(each)) for each in report.differences[:20]],
    }


async def _explained(engine: AsyncEngine) -> tuple[list[dict[str, Any]], list[str]]:
    """Return what each open order waits for, and the open orders for which nobody can say it."""
    explained, unexplained = [], []
    for row in await reads.order_documents(engine):
        order = codec.order_from(row["document"])
        if order.state is None or is_final(order):
            continue
        owed = waiting(order)
        if not owed or any(each.due_at is None for each in owed):
            unexplained.append(row["number"] or row["order_id"])
        for each in owed:
            due = None if each.due_at is None else each.due_at.isoformat()
            explained.append(
                {"order": row["number"], "state": row["state"], "message": each.message, "by": each.party, "due": due}
            )
    return explained, unexplained


def _refunds(books: Mapping[str, Any]) -> dict[str, Any]:
    money: Counter[str] = Counter()
    for refund in books["refunds"].values():
        money[refund["currency"]] += refund["amount"]
    return {"executed": len(books["refunds"]), "minor_units": dict(money)}


async def _exchanges(engine: AsyncEngine) -> dict[str, int]:
    states: Counter[str] = Counter()
    for row in await reads.order_documents(engine):
        order = codec.order_from(row["document"])
        states.update(str(exchange.state) for exchange in order.exchanges)
    return dict(states)


def tables(report: Mapping[str, Any]) -> Group:
    """Return the report for people."""
    orders = Table("state", "orders", title="Orders by state")
    for state, number in sorted(report["states"].items()):
        orders.add_row(state, str(number))
    facts = Table("what", "count", title="Records", show_header=False)
    for name in ("facts", "decisions", "messages", "parked", "released", "late", "refused", "duplicates", "sent_home"):
        facts.add_row(name.replace("_", " "), str(report[name]))
    for code, number in sorted(report["dead_letters"].items()):
        facts.add_row(f"dead letters: {code}", str(number))
    money = Table("what", "how much", title="Returns", show_header=False)
    money.add_row("refunds executed", str(report["refunds"]["executed"]))
    for currency, amount in report["refunds"]["minor_units"].items():
        money.add_row("refunded", plain(Money(amount, currency)))
    for state, number in report["exchanges"].items():
        money.add_row(f"exchanges {state}", str(number))
    promise = Table("promise", "", title="Proof", show_header=False)
    for name in ("kills", "lost", "doubled", "out_of_order"):
        promise.add_row(name.replace("_", " "), str(report[name]))
    promise.add_row("facts per second", str(report["facts_per_second"]))
    promise.add_row("latency p50 / p99 (ms)", f"{report['latency']['p50_ms']} / {report['latency']['p99_ms']}")
    promise.add_row("verified", "[green]yes[/green]" if report["verified"] else "[red]no[/red]")
    waits = Table("order", "state", "owed", "by", "until (UTC)", title="Open orders, explained")
    for each in report["open"]:
        due = (each["due"] or "–")[:16].replace("T", " ")
        waits.add_row(each["order"], each["state"], each["message"], each["by"], due)
    parts: list[Any] = [orders, facts, money, promise]
    if report["open"]:
        parts.append(waits)
    if report["unexplained"]:
        parts.append(shown(f"Nobody can say what these orders wait for: {', '.join(report['unexplained'])}", "red"))
    parts.extend(shown(difference, "red") for difference in report["differences"])
    return Group(*parts)
