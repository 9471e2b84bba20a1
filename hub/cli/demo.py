"""`hub demo` and `hub simulate`: simulated partners at work, and the report of what the hub did."""

import asyncio
import json
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.table import Table

from domain.deciding.money import Money, plain
from hub import demo as hub_demo
from hub import log
from hub.cli.display import shown
from hub.cli.exits import FAILED
from hub.cli.opening import read_settings, servers_of
from hub.cli.options import AsJson, Data
from hub.cli.output import document_of, err, say
from hub.report import DemoReport, Plan
from hub.screen import Screen
from hub.settings import Settings
from hub.simulation import simulate_on


class Mischief(StrEnum):
    """How naughty the simulated partners are."""

    NONE = "none"
    LOW = "low"
    HIGH = "high"


def demo(
    orders: Annotated[int, typer.Option(min=1, max=100_000, help="How many orders.")] = 100,
    seed: Annotated[int, typer.Option(help="What is drawn; the same seed gives the same mischief.")] = 1,
    mischief: Annotated[Mischief, typer.Option(help="How naughty the partners are.")] = Mischief.LOW,
    kill: Annotated[bool, typer.Option("--kill", help="Kill the hub's processes hard while they work.")] = False,
    as_json: AsJson = False,
    data: Data = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the servers' data.")] = False,
) -> None:
    """Send orders through real servers and simulated partners, and prove that nothing was lost or doubled."""
    settings, plan = read_settings(data), Plan(orders, seed, mischief.value, kill, keep)
    log.configure("error")
    report = asyncio.run(hub_demo.run(settings, plan, Screen(err, quiet=as_json)))
    say(report, as_json=as_json, text=_told)
    if not as_json:
        err.print(_look(settings, keep=keep), highlight=False, soft_wrap=True)
    if not report.verified:
        raise typer.Exit(FAILED)


def _look(settings: Settings, *, keep: bool) -> str:
    """Return where one can look at what was played."""
    if keep:
        return f"Look at these orders in the console: hub up --data {settings.data} --open"
    return "To look at such orders in the console: hub demo --keep, then hub up --open"


def simulate(
    orders: Annotated[int, typer.Option(min=1, max=1_000_000)] = 100,
    seed: Annotated[int, typer.Option()] = 1,
    mischief: Annotated[Mischief, typer.Option(help="How naughty the partners are.")] = Mischief.NONE,
    rate: Annotated[float, typer.Option(min=0.1, help="Orders a second.")] = 20.0,
    without: Annotated[
        list[str] | None, typer.Option("--without", help="A partner that somebody else plays, e.g. payment-service.")
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Let simulated partners place orders and answer, until everything is quiet."""
    work = simulate_on(servers_of(data), orders, seed, mischief.value, rate=rate, without=without or ())
    say(asyncio.run(work), as_json=as_json, text=lambda books: json.dumps(books, indent=2, default=str))


def _told(report: DemoReport) -> Group:
    """Return the report for people."""
    parts: list[RenderableType] = [_orders(report), _records(report), _returns(report), _proof(report)]
    if report.open:
        parts.append(_open(report))
    if report.unexplained:
        parts.append(shown(f"Nobody can say what these orders wait for: {', '.join(report.unexplained)}", "red"))
    parts.extend(shown(document_of(each), "red") for each in report.differences)
    return Group(*parts)


def _orders(report: DemoReport) -> Table:
    table = Table("state", "orders", title="Orders by state")
    for state, number in sorted(report.states.items()):
        table.add_row(state, str(number))
    return table


def _records(report: DemoReport) -> Table:
    table = Table("what", "count", title="Records", show_header=False)
    for name in ("facts", "decisions", "messages", "parked", "released", "late", "refused", "duplicates", "sent_home"):
        table.add_row(name.replace("_", " "), str(getattr(report, name)))
    for code, number in sorted(report.dead_letters.items()):
        table.add_row(f"dead letters: {code}", str(number))
    return table


def _returns(report: DemoReport) -> Table:
    table = Table("what", "how much", title="Returns", show_header=False)
    table.add_row("refunds executed", str(report.refunds.executed))
    for currency, amount in report.refunds.minor_units.items():
        table.add_row("refunded", plain(Money(amount, currency)))
    for state, number in report.exchanges.items():
        table.add_row(f"exchanges {state}", str(number))
    return table


def _proof(report: DemoReport) -> Table:
    table = Table("promise", "", title="Proof", show_header=False)
    for name in ("kills", "lost", "doubled", "out_of_order"):
        table.add_row(name.replace("_", " "), str(getattr(report, name)))
    table.add_row("facts per second", str(report.facts_per_second))
    table.add_row("latency p50 / p99 (ms)", f"{report.latency['p50_ms']} / {report.latency['p99_ms']}")
    table.add_row("verified", "[green]yes[/green]" if report.verified else "[red]no[/red]")
    return table


def _open(report: DemoReport) -> Table:
    table = Table("order", "state", "owed", "by", "until (UTC)", title="Open orders, explained")
    for each in report.open:
        due = (each.due or "–")[:16].replace("T", " ")
        table.add_row(each.order, each.state, each.message, each.by, due)
    return table
