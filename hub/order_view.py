"""`hub order show`: an order with its lines, shipments, money, what it waits for, and its timeline."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from adapters.postgres import reads
from contracts.partitioning import home
from contracts.wire import unpack
from domain.deciding import codec
from domain.deciding.money import Money, plain
from domain.orders.returns.exchanges import unmet
from domain.orders.view import projection
from domain.orders.view.actions import allowed
from domain.orders.view.attention import reasons
from domain.orders.view.system_words import meaning_of
from domain.orders.view.waiting import waiting
from hub.display import add, shown, titled
from hub.errors import OrderIsUnknown
from hub.settings import Settings
from hub.wiring import engine_of


async def read(settings: Settings, number: str) -> dict[str, Any]:
    """Return everything about one order; raises OrderIsUnknown."""
    engine = engine_of(settings)
    try:
        row = await reads.find_order(engine, number)
        if row is None:
            raise OrderIsUnknown(number)
        timeline = await reads.timeline(engine, row["order_id"])
        asides = await reads.asides(engine, row["order_id"])
    finally:
        await engine.dispose()
    order = codec.order_from(row["document"])
    return {
        "order_id": row["order_id"],
        "number": row["number"],
        "state": row["state"] or "shell: only facts that came before the order are known",
        "means": None if order.state is None else meaning_of(order.state),
        "version": row["version"],
        "shard": home(row["order_id"], settings.shards),
        "order": projection.status_of(order) if order.state is not None else None,
        "personalised": [
            {"line": line.line, "personalisation": line.personalisation} for line in order.lines if line.personalisation
        ],
        "parked": [_cause(parked.received.cause) for parked in order.parked],
        "waiting": [
            {"message": each.message, "by": each.party, "since": each.since, "due": each.due_at}
            for each in waiting(order)
        ],
        "attention": [asdict(reason) for reason in reasons(order)],
        "allowed": [asdict(each) for each in allowed(order)],
        "exchange_gate": list(unmet(order)) if order.kind == "exchange" else [],
        "timeline": [_entry(entry) for entry in timeline],
        "set_aside": asides,
    }


def _cause(cause: Any) -> dict[str, Any]:
    return {"type": cause.type, "source": cause.source, "id": cause.id}


def _entry(row: Mapping[str, Any]) -> dict[str, Any]:
    types = [(message.header("ce_type") or b"").decode() for message in unpack(row["messages"])]
    return {
        "seq": row["seq"],
        "at": row["occurred_at"],
        "what": row["type"],
        "outcome": row["outcome"] if row["refers_to"] is None else f"{row['outcome']} (parked as {row['refers_to']})",
        "who": row["actor"] or row["source"],
        "why": f"{row['source']} {row['event_id']} at {row['topic']}/{row['partition']}/{row['offset']}",
        "state": row["status_after"],
        "was": row["status_before"],
        "rules": row["transitions"],
        "told": types,
    }


def render(view: Mapping[str, Any]) -> Group:
    """Return an order for people."""
    about = f"  {view['state']}  (version {view['version']}, id {view['order_id']}, shard {view['shard']})"
    parts: list[Any] = [Text.assemble((f"Order {view['number'] or view['order_id']}", "bold"), about)]
    if view["order"] is not None:
        parts.append(f"{view['means'].capitalize()}. Elsewhere: {_elsewhere(view['order']['words'])}")
        parts.extend(_state(view["order"]))
        parts.extend(shown(f"Line {each['line']} bears: {each['personalisation']}") for each in view["personalised"])
    parts.extend(map(_reason, view["attention"]))
    for each in view["waiting"]:
        until = f" until {each['due']:%Y-%m-%d %H:%M:%S} UTC" if each["due"] else ""
        parts.append(shown(f"Waits for {each['message']} from {each['by']}{until}", "yellow"))
    if view["exchange_gate"]:
        parts.append(shown("Before it may be sent: " + "; ".join(view["exchange_gate"]), "yellow"))
    parts.append(_allowed(view["allowed"]))
    parts.append(_timeline(view["timeline"]))
    if view["set_aside"]:
        parts.append(_asides(view["set_aside"]))
    return Group(*parts)


def _reason(reason: Mapping[str, Any]) -> Text:
    return Text.assemble((f"{reason['kind'].capitalize()}: {reason['what']}.", "red"), f" {reason['do']}.")


_SYSTEMS = {
    "osmose_fr": "Osmose",
    "peloton": "Peloton",
    "peloton_shipment": "Peloton's shipment",
    "elastic_path": "Elastic Path",
    "omc": "OMC",
    "travorium": "Travorium",
}


def _elsewhere(words: Mapping[str, str]) -> str:
    said = [f"{system} {words[name]}" for name, system in _SYSTEMS.items() if name in words]
    return ", ".join(said) or "no word for it"


def _allowed(actions: list[Mapping[str, str]]) -> str:
    by_scope: dict[str, list[str]] = {}
    for action in actions:
        by_scope.setdefault(action["scope"], []).append(action["command"])
    lines = (f"  {scope}: {', '.join(commands)}" for scope, commands in by_scope.items())
    return "\n".join(("May be done now, by scope:", *lines)) if by_scope else "Nothing may be done now."


def _state(status: Mapping[str, Any]) -> list[Any]:
    lines = titled("Lines", "line", "sku", "quantity", "state")
    for line in status["lines"]:
        add(lines, line["line"], line["sku"], line["quantity"], line["state"])
    found: list[Any] = [
        f"Payment {status['payment']}: {_money(status['total'])} in all, "
        f"{_money(status['captured'])} taken, {_money(status['refunded'])} given back",
        lines,
    ]
    for name, keys in (
        ("shipments", ("shipment_id", "state", "carrier", "tracking_number")),
        ("returns", ("rma_code", "state", "outcome")),
        ("refunds", ("refund_id", "state", "amount")),
    ):
        if status[name]:
            table = titled(name.capitalize(), *(key.replace("_", " ") for key in keys))
            for row in status[name]:
                add(table, *(_money(row[key]) if key == "amount" else row.get(key) for key in keys))
            found.append(table)
    if status["holds"]:
        found.append(shown(f"On hold: {', '.join(status['holds'])}", "red"))
    return found


def _money(money: Any) -> str:
    if isinstance(money, Mapping):
        return plain(Money(money["amount"], money["currency"]))
    return plain(Money(money.amount, money.currency))


def _timeline(entries: list[Mapping[str, Any]]) -> Table:
    table = titled("Timeline", "seq", "when (UTC)", "what", "outcome", "who", "state", "rules")
    for entry in entries:
        moved = entry["state"] or "–"
        if entry["was"] != entry["state"]:
            moved = f"{entry['was'] or '–'} → {moved}"
        when = f"{entry['at']:%m-%d %H:%M:%S}"
        rules = " ".join(entry["rules"])
        add(table, entry["seq"], when, entry["what"], entry["outcome"], entry["who"], moved, rules)
    return table


def _asides(rows: list[Mapping[str, Any]]) -> Table:
    table = titled("Set aside", "kind", "reason", "detail", "record", "closed as")
    for row in rows:
        place = f"{row['topic']}/{row['partition']}/{row['offset']}" if row["topic"] else None
        add(table, row["kind"], row["code"], row["detail"], place, row["closed_as"])
    return table
