"""`hub demo`: real servers, hub processes, simulated partners with their mischief, kills; and the proof at the end."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from pydantic_core import to_json
from rich.console import Console, Group
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.embedded import EmbeddedServers
from adapters.kafka.log import Log
from adapters.postgres import reads
from domain import codec
from domain.waiting import is_final, waiting
from hub import partners, proof, servers
from hub.errors import DemoStuck
from hub.processes import Processes, environment_of
from hub.settings import Settings
from hub.wiring import engine_of

PROCESSES: Final = 2
RATE: Final = 12.0
KILLS: Final = 4
KILL_AFTER: Final = 60
"""Decisions between two kills."""
QUIET_SECONDS: Final = 2.0
STUCK_SECONDS: Final = 60.0
EXPLAINED_SECONDS: Final = 9.0
"""So long nothing happens any more: longer than any simulated partner takes; what is open now stays open."""
# Deadlines of days and hours, in the seconds of a demo; those of a silent partner stay longer than a demo lasts.
POLICY: Final = {
    "payment_retry": "PT1S",
    "refund_retry": "PT1S",
    "closing": "PT3S",
    "parked": "PT600S",
    "payment_answer": "PT300S",
    "fraud_answer": "PT300S",
    "availability_answer": "PT300S",
    "flash_answer": "PT300S",
    "fulfilment_answer": "PT300S",
    "delivery": "PT300S",
    "follow_up": "PT300S",
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the demo should do."""

    orders: int
    seed: int
    mischief: str
    kill: bool
    keep: bool


class Screen:
    """What a person sees meanwhile: bars on a terminal, plain lines otherwise."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self.console = console
        self.quiet = quiet
        self.live = console.is_terminal and not quiet
        self._progress = Progress(
            TextColumn("{task.description:<26}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not self.live,
        )
        self._tasks: dict[str, TaskID] = {}
        self._said = 0.0

    def __enter__(self) -> "Screen":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def step(self, text: str) -> None:
        """Say what is done now."""
        if self.live:
            self._progress.console.print(f"[dim]{text}[/dim]")
        else:
            self.console.print(text, highlight=False)

    def download(self, name: str, done: int, total: int) -> None:
        """Show a download."""
        self.bar("Downloading Kafka", done, total, name)

    def bar(self, name: str, done: float, total: float, note: str = "") -> None:
        """Show how far something is."""
        if self.live:
            if name not in self._tasks:
                self._tasks[name] = self._progress.add_task(name, total=total, note=note)
            self._progress.update(self._tasks[name], completed=done, total=total, note=note)
        elif time.monotonic() - self._said > 5 or done >= total > 0:
            self._said = time.monotonic()
            self.console.print(f"{name}: {done:.0f} of {total:.0f} {note}", highlight=False)


async def run(settings: Settings, wishes: Wishes, screen: Screen) -> dict[str, Any]:
    """Run the demo and return its report; raises HubError, EmbeddedServerError or SimulationError."""
    settings = settings.model_copy(update={"policy": {**POLICY, **settings.policy}, "lease": timedelta(seconds=2)})
    folder = settings.data if wishes.keep else Path(mkdtemp(prefix="hub-demo-"))
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    with screen:
        if settings.kafka.bootstrap_servers is not None and settings.database.url is not None:
            return await _play(servers.with_token(settings), wishes, screen, folder)
        embedded = EmbeddedServers(folder / "servers", keep=wishes.keep, progress=screen)
        try:
            addresses = await asyncio.to_thread(embedded.start)
            known = servers.announce(settings.model_copy(update={"data": folder}), addresses)
            return await _play(known, wishes, screen, folder)
        finally:
            await asyncio.to_thread(embedded.stop)
            servers.withdraw(folder)


async def _play(settings: Settings, wishes: Wishes, screen: Screen, folder: Path) -> dict[str, Any]:
    await servers.prepare(settings, screen.step)
    environment = environment_of(settings)
    processes = Processes(environment, folder)
    engine = engine_of(settings)
    log = Log(settings.connection())
    started = time.monotonic()
    try:
        screen.step(f"Starting {PROCESSES} hub processes")
        for _ in range(PROCESSES):
            await processes.start()
        books = await _trade(settings, wishes, screen, processes, engine, log)
        seconds = time.monotonic() - started
        screen.step("Stopping the hub")
        await processes.stop()
        report = await proof.prove(settings, screen.console, quiet=screen.quiet)
        return await _report(engine, wishes, books, report, processes.kills, seconds)
    finally:
        await processes.stop()
        await log.close()
        await engine.dispose()


async def _trade(
    settings: Settings, wishes: Wishes, screen: Screen, processes: Processes, engine: AsyncEngine, log: Log
) -> dict[str, Any]:
    """Let the partners work until every order is final or explained and every record is read."""
    stop = asyncio.Event()
    counts: Counter[str] = Counter()
    rate = max(RATE, wishes.orders / 20)
    trading = asyncio.create_task(
        partners.simulate_on(
            settings, wishes.orders, wishes.seed, wishes.mischief, rate=rate, stop=stop, report=counts.__setitem__
        )
    )
    watching = asyncio.create_task(_watch(wishes, screen, processes, engine, log, counts))
    try:
        done, _ = await asyncio.wait({trading, watching}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        stop.set()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return await trading


async def _watch(
    wishes: Wishes, screen: Screen, processes: Processes, engine: AsyncEngine, log: Log, counts: Counter[str]
) -> None:
    choice = random.Random(wishes.seed)  # noqa: S311 - which process is killed is drawn, not secret
    changed = time.monotonic()
    decided_at_kill, before = 0, (0, 0, 0)
    while True:
        await asyncio.sleep(0.4)
        processes.check()
        lag = await in_flight(engine, log)
        counted = await reads.counts(engine)
        states, decided = counted["states"], sum(counted["outcomes"].values())
        # A kill counts only with records in flight, and the next one waits until the hub has gone on.
        if wishes.kill and processes.kills < KILLS and lag > 0 and decided >= decided_at_kill + KILL_AFTER:
            await processes.kill(choice)
            decided_at_kill = decided
            screen.step(f"Killed a hub process with {lag} records in flight ({processes.kills})")
        final = sum(states.get(word, 0) for word in ("completed", "cancelled", "voided"))
        there = sum(number for word, number in states.items() if word != "shell")
        screen.bar("Orders final", final, max(wishes.orders, there), f"{there} there, {lag} records in flight")
        now = time.monotonic()
        if (final, there, decided) != before or lag:
            before, changed = (final, there, decided), now
        quiet = now - changed
        if there >= wishes.orders and quiet > QUIET_SECONDS and await _all_final(engine):
            return
        if there >= wishes.orders and quiet > EXPLAINED_SECONDS:
            return
        if quiet > STUCK_SECONDS:
            raise DemoStuck(f"nothing has happened for {STUCK_SECONDS:.0f} s; the hub's logs are in {processes.folder}")


async def in_flight(engine: AsyncEngine, log: Log) -> int:
    """Return how many records lie in the inbound topics that no shard has stored yet."""
    read = await reads.positions(engine)
    ends = await log.ends(list(read)) if read else {}
    return sum(max(0, ends[place] - offset) for place, offset in read.items())


async def _all_final(engine: AsyncEngine) -> bool:
    """Tell whether nothing is to come for any order."""
    rows = await reads.order_documents(engine)
    return all(is_final(codec.order_from(row["document"])) for row in rows if row["state"] is not None)


async def _report(
    engine: AsyncEngine, wishes: Wishes, books: Mapping[str, Any], report: Any, kills: int, seconds: float
) -> dict[str, Any]:
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
        money.add_row(f"refunded, {currency}", f"{amount / 100:,.2f}")
    for state, number in report["exchanges"].items():
        money.add_row(f"exchanges {state}", str(number))
    promise = Table("promise", "", title="Proof", show_header=False)
    for name in ("kills", "lost", "doubled", "out_of_order"):
        promise.add_row(name.replace("_", " "), str(report[name]))
    promise.add_row("facts per second", str(report["facts_per_second"]))
    promise.add_row("latency p50 / p99 (ms)", f"{report['latency']['p50_ms']} / {report['latency']['p99_ms']}")
    promise.add_row("verified", "[green]yes[/green]" if report["verified"] else "[red]no[/red]")
    waits = Table("order", "state", "owed", "by", "until", title="Open orders, explained")
    for each in report["open"]:
        waits.add_row(*(str(each[name] or "–") for name in ("order", "state", "message", "by", "due")))
    parts: list[Any] = [orders, facts, money, promise]
    if report["open"]:
        parts.append(waits)
    if report["unexplained"]:
        parts.append(f"[red]Nobody can say what these orders wait for:[/red] {', '.join(report['unexplained'])}")
    parts.extend(f"[red]{difference}[/red]" for difference in report["differences"])
    return Group(*parts)
