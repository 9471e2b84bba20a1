"""`hub attention`: what people should look at: overdue answers, holds, alerts, and what the hub set apart."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from adapters.postgres import reads
from domain.deciding import codec
from domain.orders.view.attention import OVERDUE, reasons
from hub.display import add, shown, titled
from hub.settings import Settings
from hub.wiring import engine_of


@dataclass(frozen=True, slots=True)
class Wish:
    """Which orders to list: of one store, only those with overdue answers, so many at most."""

    store: str | None = None
    overdue: bool = False
    limit: int = 50


async def read(settings: Settings, wish: Wish) -> dict[str, Any]:
    """Return the orders that people should look at, longest unchanged first, and what else stands still."""
    engine = engine_of(settings)
    try:
        count = await reads.attention_count(engine, wish.store, overdue=wish.overdue)
        rows = await reads.attention_orders(engine, wish.store, overdue=wish.overdue, limit=wish.limit)
        return {
            "count": count,
            "orders": [_order(row, only_overdue=wish.overdue) for row in rows],
            "quarantined": await reads.quarantined(engine, wish.limit),
            "notes": await reads.notes(engine, wish.limit),
            "paused": [paused(row) for row in await reads.paused_partitions(engine)],
            "stopped": [_stopped(row) for row in await reads.shards(engine) if row["stopped"]],
            "deadlines_not_gone_off": await reads.behind(engine, settings.clock.ahead),
        }
    finally:
        await engine.dispose()


def paused(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a partition that is read no further: why, and what gets it going."""
    what = f"{row['topic']}/{row['partition']}"
    do = f"hub topics resume {row['topic']} --partition {row['partition']} --why …"
    return {"what": what, "because": row["paused"], "do": do}


def _stopped(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a shard that has stopped: why, and what gets it going."""
    return {"what": f"shard {row['k']}", "because": row["stopped"], "do": f"hub shard resume {row['k']} --why …"}


def _order(row: Mapping[str, Any], *, only_overdue: bool) -> dict[str, Any]:
    order = codec.order_from(row["document"])
    return {
        **{name: row[name] for name in ("order_id", "number", "store", "state", "updated_at")},
        "reasons": [asdict(reason) for reason in reasons(order) if reason.kind == OVERDUE or not only_overdue],
    }


def render(view: Mapping[str, Any]) -> Group:
    """Return it for people."""
    parts: list[Any] = []
    if view["orders"]:
        shown_now = len(view["orders"])
        of = "" if shown_now == view["count"] else f" of {view['count']} (see --limit)"
        parts.extend([_orders(view["orders"]), f"{shown_now} orders{of}"])
    if view["quarantined"]:
        parts.append(_quarantined(view["quarantined"]))
    if view["notes"]:
        parts.append(_notes(view["notes"]))
    if view["paused"] or view["stopped"]:
        parts.append(_standing_still([*view["stopped"], *view["paused"]]))
    late = view["deadlines_not_gone_off"]
    if late["count"]:
        since = f"{late['oldest']:%Y-%m-%d %H:%M} UTC"
        parts.append(shown(f"{late['count']} deadlines should have gone off since {since}: see hub shard list", "red"))
    return Group(*parts) if parts else Group("Nothing needs attention.")


def _orders(orders: list[Mapping[str, Any]]) -> Table:
    table = titled("", "order", "store", "state", "why", "for", "what to do")
    for order in orders:
        first = (order["number"] or order["order_id"], order["store"], order["state"] or "shell")
        for reason in order["reasons"]:
            add(table, *map(Text, map(str, first)), _why(reason), _how_long(reason), reason["do"])
            first = ("", "", "")
    return table


def _why(reason: Mapping[str, Any]) -> Text:
    if reason["kind"] == OVERDUE:
        return shown(f"overdue: {reason['what']} from {reason['by']}", "yellow")
    return shown(f"{reason['kind']}: {reason['what']}", "red" if reason["blocking"] else "")


def _how_long(reason: Mapping[str, Any]) -> str | None:
    """Return the time since it is overdue or so, in the largest unit that fits."""
    since = reason["due_at"] or reason["since"]
    if since is None:
        return None
    seconds = max(0, round((datetime.now(UTC) - since).total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _quarantined(rows: list[Mapping[str, Any]]) -> Table:
    table = titled("In quarantine", "order", "since (UTC)", "waiting", "because")
    for row in rows:
        add(table, row["number"] or row["order_id"], f"{row['since']:%m-%d %H:%M:%S}", row["waiting"], row["reason"])
    return table


def _standing_still(rows: list[Mapping[str, Any]]) -> Table:
    table = titled("Read no further", "what", "because", "when it is mended")
    for row in rows:
        add(table, row["what"], Text(row["because"]), Text(row["do"]))
    return table


def _notes(rows: list[Mapping[str, Any]]) -> Table:
    table = titled("Noted by the hub", "since (UTC)", "shard", "what", "order", "detail")
    for row in rows:
        add(table, f"{row['raised_at']:%m-%d %H:%M:%S}", row["shard"], row["kind"], row["order_id"], row["detail"])
    return table
