"""`hub attention`: what people should look at: overdue answers, holds, alerts, and what the hub set apart."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from domain.orders.view.attention import OVERDUE, Reason
from hub.cli.display import add, moment_this_year, shown, titled
from hub.cli.opening import at_desk
from hub.cli.options import AsJson, Data
from hub.cli.output import say
from hub.desk import attention as desk_attention
from hub.desk.attention import Attention, Note, OrderToSee, Quarantined, Query, Standstill


def attention(
    store: Annotated[str | None, typer.Option("--store", help="Only the orders of this store.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only orders to which somebody owes an answer.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many orders at most.")] = 50,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Print everything that waits for a person: orders, and whatever else goes no further by itself; and what to do."""
    view = at_desk(data, lambda desk: desk_attention.read(desk, Query(store, overdue, limit)))
    say(view, as_json=as_json, text=told)


def told(view: Attention) -> Group:
    """Return what needs attention, for people."""
    parts: list[RenderableType] = []
    if view.orders:
        of = "" if len(view.orders) == view.count else f" of {view.count} (see --limit)"
        parts.extend([_orders(view.orders), f"{len(view.orders)} orders{of}"])
    if view.quarantined:
        parts.append(_quarantined(view.quarantined))
    if view.notes:
        parts.append(_notes(view.notes))
    parts.extend(_standing_still(title, rows) for title, rows in _still(view) if rows)
    late = view.deadlines_not_gone_off
    if late.count:
        since = f"{late.oldest:%Y-%m-%d %H:%M} UTC"
        parts.append(shown(f"{late.count} deadlines should have gone off since {since}: see hub shard list", "red"))
    return Group(*parts) if parts else Group("Nothing needs attention.")


def _orders(orders: Sequence[OrderToSee]) -> Table:
    table = titled("", "order", "store", "state", "why", "for", "what to do")
    for order in orders:
        first = (order.number or order.order_id, order.store, order.state or "shell")
        for reason in order.reasons:
            add(table, *map(Text, map(str, first)), _why(reason), _how_long(reason), reason.do)
            first = ("", "", "")
    return table


def _why(reason: Reason) -> Text:
    if reason.kind == OVERDUE:
        return shown(f"overdue: {reason.what} from {reason.by}", "yellow")
    return shown(f"{reason.kind}: {reason.what}", "red" if reason.blocking else "")


def _how_long(reason: Reason) -> str | None:
    """Return the time since it is overdue or so, in the largest unit that fits."""
    since = reason.due_at or reason.since
    if since is None:
        return None
    seconds = max(0, round((datetime.now(UTC) - since).total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _quarantined(rows: Sequence[Quarantined]) -> Table:
    table = titled("In quarantine", "order", "since (UTC)", "waiting", "because", "what to do")
    for row in rows:
        add(table, row.number or row.order_id, moment_this_year(row.since), row.waiting, row.reason, row.do)
    return table


def _still(view: Attention) -> Iterator[tuple[str, Sequence[Standstill]]]:
    yield "Read no further", [*view.stopped, *view.paused]
    yield "Nobody works on it", view.unattended
    yield "Kept back", view.partners
    yield "No order known", view.waiting
    yield "Calls to the payment provider", view.calls
    yield "Failed", view.failed


def _standing_still(title: str, rows: Sequence[Standstill]) -> Table:
    table = titled(title, "what", "because", "when it is mended")
    for row in rows:
        add(table, row.what, Text(row.because), Text(row.do))
    return table


def _notes(rows: Sequence[Note]) -> Table:
    table = titled("Noted by the hub", "since (UTC)", "shard", "what", "order", "detail", "what to do")
    for row in rows:
        add(table, moment_this_year(row.raised_at), row.shard, row.kind, row.order_id, row.detail, row.do)
    return table
