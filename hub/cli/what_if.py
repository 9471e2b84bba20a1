"""`hub what-if`: how orders would stand had the retailer chosen otherwise; it only reads."""

import json
import math
import os
import resource
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Final

import typer
from rich.console import Group, RenderableType
from rich.table import Table

from domain.deciding.money import Money, plain
from hub.app import PARENT
from hub.cli.display import add, shown, titled
from hub.cli.opening import at_desk
from hub.cli.options import AsJson, Data, utc
from hub.cli.output import document_of, err, say
from hub.desk import what_if as desk_what_if
from hub.desk.what_if import Asked, Difference, Progress, WhatIf
from hub.errors import NotUsable, WorkIsTooMuch

EVERY_SECONDS: Final = 0.5
"""How often it is told how far it is."""
SHOWN: Final = 20
"""Orders that people are shown one by one."""
_UNBOUNDED: Final = 2**62


def what_if(
    policy: Annotated[
        list[str] | None, typer.Option("--policy", help="Another choice: name=value, as in HUB_POLICY; repeatable.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option("--from", help="Only orders placed from this time on (UTC).")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="Only orders placed before this time (UTC).")] = None,
    orders: Annotated[
        list[str] | None, typer.Option("--order", help="This order, by number or id; repeatable.")
    ] = None,
    store: Annotated[list[str] | None, typer.Option("--store", help="Only this store; repeatable.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000_000, help="How many orders at most.")] = 1_000,
    listed: Annotated[int, typer.Option("--listed", min=0, max=100_000, help="How many are told one by one.")] = 500,
    seconds: Annotated[int, typer.Option("--seconds", min=0, help="End after so many seconds of computing.")] = 0,
    megabytes: Annotated[int, typer.Option("--megabytes", min=0, help="End where it takes more memory.")] = 0,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Decide orders again by other choices of the retailer, and print how they would stand; nothing is changed."""
    chosen = dict(map(desk_what_if.choice_of, policy or ()))
    if not chosen:
        raise NotUsable("name a choice by --policy name=value, such as --policy availability_answer=PT4H")
    bound(seconds, megabytes)
    window = (None if since is None else utc(since), None if until is None else utc(until))
    asked = Asked(chosen, tuple(orders or ()), *window, limit, _UNBOUNDED, listed)
    stores = None if store is None else frozenset(store)
    try:
        found = at_desk(data, lambda desk: desk_what_if.compare(desk, asked, stores, _teller(as_json=as_json)))
    except MemoryError:
        raise WorkIsTooMuch("memory", "--megabytes") from None
    say(found, as_json=as_json, text=_told, document=document_of)


def bound(seconds: int, megabytes: int) -> None:
    """Bound what this process may take from now on; 0: as much as it wants."""
    if seconds:
        used = resource.getrusage(resource.RUSAGE_SELF)
        end = seconds + math.ceil(used.ru_utime + used.ru_stime)
        signal.signal(signal.SIGXCPU, _out_of_time)
        resource.setrlimit(resource.RLIMIT_CPU, (end, end + 5))
    if megabytes:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, hard))


def _out_of_time(*caught: object) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))  # it is told once, and has the rest to end in order
    raise WorkIsTooMuch("time", "--seconds")


def _teller(*, as_json: bool) -> Callable[[Progress], None]:
    """Return what tells how far it is, twice a second at most: a line for people, or a JSON object a line."""
    parent, told = os.environ.get(PARENT), 0.0

    def tell(progress: Progress) -> None:
        nonlocal told
        if parent is not None and str(os.getppid()) != parent:  # who asked is gone
            raise KeyboardInterrupt
        now = time.monotonic()
        if now - told < EVERY_SECONDS and progress.looked_at < progress.of:
            return
        told = now
        if as_json:
            typer.echo(json.dumps(asdict(progress)), err=True)
        else:
            line = f"{progress.looked_at} of {progress.of} orders, {progress.differ} would stand otherwise"
            err.print(line, end="\r" if err.is_terminal and progress.looked_at < progress.of else "\n", highlight=False)

    return tell


# -- for people ------------------------------------------------------------------------------------------------------


def _told(found: WhatIf) -> Group:
    same = found.looked_at - found.differ - found.unknown
    said = f"{found.looked_at} orders were decided again: {same} would stand as they do, {found.differ} otherwise"
    parts: list[RenderableType] = [f"{said}; of {found.unknown} nobody knows how they would have gone on."]
    if found.left_out:
        parts.append(shown(f"{found.left_out} were left out: too long, or decided by older rules.", "yellow"))
    parts.extend(table for table in (_outcomes(found), _money(found), _times(found), _unknown(found)) if table.rows)
    if found.differences:
        parts.append(_orders(found.differences[:SHOWN]))
    if found.differ + found.unknown > SHOWN:
        parts.append(f"{SHOWN} of {found.differ + found.unknown} orders; --json has {len(found.differences)} of them.")
    return Group(*parts)


def _outcomes(found: WhatIf) -> Table:
    table = titled("Outcomes", "state", "would be", "orders")
    for each in found.outcomes:
        add(table, each.state, each.would_be, each.orders)
    return table


def _money(found: WhatIf) -> Table:
    table = titled("Money", "currency", "orders", "charged", "would be", "refunded", "would be")
    for each in found.money:
        amounts = (each.charged, each.would_be_charged, each.refunded, each.would_be_refunded)
        add(table, each.currency, each.orders, *(plain(Money(amount, each.currency)) for amount in amounts))
    return table


def _times(found: WhatIf) -> Table:
    table = titled("Time", "", "", "earlier", "later", "median", "largest")
    for each in found.times:
        spans = (_span(each.median_seconds), _span(each.largest_seconds))
        add(table, each.what, each.name.replace("_", " "), each.earlier, each.later, *spans)
    return table


def _span(seconds: float) -> str:
    return f"{'+' if seconds > 0 else '-'}{timedelta(seconds=round(abs(seconds)))}"


def _unknown(found: WhatIf) -> Table:
    table = titled("Unknown from a question that nobody was asked, or too late", "question", "to", "orders")
    for each in found.unanswered:
        add(table, each.what, each.party, each.orders)
    return table


def _orders(found: Sequence[Difference]) -> Table:
    table = titled("Orders", "order", "state", "would be", "first other decision", "was", "would")
    for each in found:
        after = each.would_be
        if each.unknown is not None:
            after = f"{each.unknown.state}, then unknown ({each.unknown.what})"
        what = None if each.what is None else f"{each.seq} {each.what.removesuffix('.v1')}"
        add(table, each.number or each.order_id, each.state, after, what, each.was, each.would)
    return table
