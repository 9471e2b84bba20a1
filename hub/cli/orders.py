"""`hub order show`: an order with its lines, shipments, money, what it waits for, and its timeline; how to find it."""

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

import typer
from msgspec import to_builtins
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from contracts import message
from contracts.status import OrderStatus, StatusVerdict, StatusWords
from contracts.values import asdict
from domain.deciding.money import Money, plain
from domain.orders.pieces import told as told_of
from domain.orders.view.actions import Action
from domain.orders.view.attention import Reason
from domain.orders.view.waiting import Waiting
from hub.cli import finding
from hub.cli.display import add, moment, moment_this_year, shown, titled
from hub.cli.opening import at_desk
from hub.cli.options import AsJson, Data
from hub.cli.output import document_of, say
from hub.desk import orders
from hub.desk.orders import Aside, OrderView
from hub.desk.standstill import Standstill
from hub.desk.timeline import Entry

app = typer.Typer(no_args_is_help=True, help="Orders.")
app.command("find")(finding.find)


@app.command("show")
def show(number: str, as_json: AsJson = False, data: Data = None) -> None:
    """Print an order by its number or id: state, lines, shipments, money, and its timeline: who, when, what, why."""
    view = at_desk(data, lambda desk: orders.show(desk, number))
    say(view, as_json=as_json, text=told, document=_document)


# -- for programs ----------------------------------------------------------------------------------------------------


def _document(view: OrderView) -> dict[str, object]:
    fields, status = document_of(view), view.status
    names = ("order_id", "number", "state", "means", "version", "shard")
    return {
        **{name: fields[name] for name in names},
        "order": None if status is None else _standing(status),
        **{name: value for name, value in fields.items() if name not in (*names, "status")},
        "parked": [{"type": cause.type, "source": cause.source, "id": cause.id} for cause in view.parked],
        "waiting": [_owed(each) for each in view.waiting],
    }


def _standing(status: OrderStatus) -> dict[str, object]:
    """Return the message's fields; a shipment's carrier stands behind its words here."""
    first = ("shipment_id", "state", "words")
    fields = {name: to_builtins(held, builtin_types=(datetime,)) for name, held in asdict(status).items()}
    shipments = [{name: each[name] for name in first} | each for each in fields["shipments"]]
    return {**fields, "shipments": shipments}


def _owed(each: Waiting) -> dict[str, object]:
    return {"message": each.message, "by": each.party, "since": each.since, "due": each.due_at}


# -- for people ------------------------------------------------------------------------------------------------------


def told(view: OrderView) -> Group:
    """Return an order, for people."""
    about = f"  {view.state}  (version {view.version}, id {view.order_id}, shard {view.shard})"
    parts: list[RenderableType] = [Text.assemble((f"Order {view.number or view.order_id}", "bold"), about)]
    if view.status is not None:
        parts.append(f"{(view.means or '').capitalize()}. Elsewhere: {_elsewhere(view.status.words)}")
        parts.extend(_about(view.status))
        parts.extend(shown(f"Line {each.line} bears: {each.personalisation}") for each in view.personalised)
    parts.extend(shown(f"Line {each.line}: {told_of(each)}, {each.left} left") for each in view.pieces if each.gone)
    parts.extend(map(_reason, view.attention))
    parts.extend(map(_waits, view.waiting))
    parts.extend(map(_kept, view.kept))
    if view.exchange_gate:
        parts.append(shown("Before it may be sent: " + "; ".join(view.exchange_gate), "yellow"))
    parts.append(_allowed(view.allowed))
    parts.append(timeline(view.timeline))
    if view.set_aside:
        parts.append(asides(view.set_aside))
    return Group(*parts)


def _reason(reason: Reason) -> Text:
    return Text.assemble((f"{reason.kind.capitalize()}: {reason.what}.", "red"), f" {reason.do}.")


def _waits(each: Waiting) -> Text:
    until = f" until {moment(each.due_at)} UTC" if each.due_at else ""
    return shown(f"Waits for {each.message} from {each.party}{until}", "yellow")


def _kept(each: Standstill) -> Text:
    return Text.assemble((f"{each.what.replace('_', ' ').capitalize()}: {each.because}.", "red"), f" {each.do}.")


_SYSTEMS: Final = MappingProxyType(
    {
        "osmose_fr": "Osmose",
        "peloton": "Peloton",
        "peloton_shipment": "Peloton's shipment",
        "elastic_path": "Elastic Path",
        "omc": "OMC",
        "travorium": "Travorium",
    }
)


def _elsewhere(words: StatusWords | None) -> str:
    known = {} if words is None else asdict(words)
    said = [f"{system} {known[name]}" for name, system in _SYSTEMS.items() if known.get(name)]
    return ", ".join(said) or "no word for it"


def _allowed(actions: Sequence[Action]) -> str:
    by_scope: dict[str, list[str]] = {}
    for action in actions:
        by_scope.setdefault(action.scope, []).append(action.command)
    lines = (f"  {scope}: {', '.join(commands)}" for scope, commands in by_scope.items())
    return "\n".join(("May be done now, by scope:", *lines)) if by_scope else "Nothing may be done now."


def _about(status: OrderStatus) -> list[RenderableType]:
    found: list[RenderableType] = [
        *([f"Placed {moment(status.placed_at)} UTC"] if status.placed_at else []),
        *([_doubt(status.verdict)] if status.verdict else []),
        f"Payment {status.payment}: {_money(status.total)} in all, "
        f"{_money(status.captured)} taken, {_money(status.refunded)} given back",
        _table("Lines", ("line", "sku", *_called(status), "quantity", "state"), status.lines),
    ]
    if status.shipments:
        heads = ("shipment_id", "state", "carrier", "tracking_number")
        found.append(_table("Shipments", heads, status.shipments))
    if status.returns:
        found.append(_table("Returns", ("rma_code", "state", "outcome"), status.returns))
    if status.refunds:
        found.append(_table("Refunds", ("refund_id", "state", "amount", "requested_at"), status.refunds))
    if status.holds:
        found.append(shown(f"On hold: {', '.join(status.holds)}", "red"))
    return found


def _called(status: OrderStatus) -> list[str]:
    """Return what the shop calls the articles by, as far as it does."""
    return [name for name in ("title", "variant") if any(getattr(line, name) for line in status.lines)]


def _doubt(verdict: StatusVerdict) -> Text:
    score = "" if verdict.score is None else f", score {verdict.score} of 100"
    why = f": {', '.join(verdict.reasons)}" if verdict.reasons else ""
    said = "clears" if verdict.clear else "doubts"
    return shown(f"The fraud service {said} the order{score}{why}", "" if verdict.clear else "red")


def _table(title: str, names: Sequence[str], rows: Sequence[message.Part]) -> Table:
    table = titled(title, *(name.replace("_", " ") for name in names))
    for row in rows:
        add(table, *(_cell(getattr(row, name)) for name in names))
    return table


def _cell(held: object) -> object:
    if isinstance(held, datetime):
        return f"{moment(held)} UTC"
    return _money(held) if isinstance(held, message.Money) else held


def _money(money: message.Money) -> str:
    return plain(Money(money.amount, money.currency))


def timeline(entries: Sequence[Entry]) -> Table:
    """Return a timeline, for people."""
    table = titled("Timeline", "seq", "when (UTC)", "what", "outcome", "who", "state", "rules")
    for entry in entries:
        moved = entry.state or "–"
        if entry.was != entry.state:
            moved = f"{entry.was or '–'} → {moved}"
        when = moment_this_year(entry.at)
        add(table, entry.seq, when, entry.what, entry.outcome, entry.who, moved, " ".join(entry.rules))
    return table


def asides(rows: Sequence[Aside]) -> Table:
    """Return what was set aside, for people."""
    table = titled("Set aside", "kind", "reason", "detail", "record", "closed as")
    for row in rows:
        place = f"{row.topic}/{row.partition}/{row.offset}" if row.topic else None
        add(table, row.kind, row.code, row.detail, place, row.closed_as)
    return table
