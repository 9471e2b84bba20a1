"""`hub order find`: orders by whatever people know of them."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.table import Table

from domain.deciding.money import Money, plain
from hub.cli.display import add, moment, shown, titled
from hub.cli.listing import current
from hub.cli.opening import at_desk
from hub.cli.options import AsJson, Data
from hub.cli.output import say
from hub.desk import search
from hub.desk.listing import State
from hub.desk.order_lists import ListedOrder, OrderFilter
from hub.desk.paging import Paging
from hub.desk.search import Found


def find(
    query: Annotated[str, typer.Argument(help="A number, a name, name and postcode, e-mail, phone, tracking number …")],
    store: Annotated[list[str] | None, typer.Option("--store", help="Only this store; repeatable.")] = None,
    state: Annotated[list[str] | None, typer.Option("--state", help="Only this state; repeatable.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="How many orders at most.")] = 20,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Find orders by what is known of them, newest first; `email:`, `name:`, `tail:` and so on say what it is."""
    wanted = OrderFilter(store=tuple(store or ()), state=tuple(state or ()))
    page = Paging(b"", limit, count=True)  # no cursor of it leaves this process
    found = at_desk(data, lambda desk: search.orders(desk, None, query, wanted, page))
    say(found, as_json=as_json, text=_told, document=_document)


def _document(found: Found) -> dict[str, object]:
    page = found.page
    told = {"understood": found.understood, "narrowed": found.narrowed, "only": found.only}
    return {"items": page.items, "count": page.count, **told, "listing": page.listing}


def _told(found: Found) -> Group:
    page = found.page
    parts: list[RenderableType] = []
    if found.understood:
        parts.append(shown("Asked for " + ", or ".join(f"{each.kind} {each.value}" for each in found.understood)))
    parts.append(_orders(page.items) if page.items else "No order matches.")
    if page.count is not None and page.count.value > len(page.items):
        parts.append(f"{len(page.items)} of {'over ' if page.count.capped else ''}{page.count.value} orders")
    if found.narrowed:
        parts.append("So many begin with this that only some were looked at: add a postcode, or the rest of the name.")
    if page.listing.state is not State.CURRENT:
        parts.append(shown(current(page.listing), "yellow"))
    return Group(*parts)


def _orders(orders: Sequence[ListedOrder]) -> Table:
    table = titled("", "order", "store", "state", "placed (UTC)", "name", "postcode", "total", "payment")
    for each in orders:
        total = plain(Money(each.total, each.currency))
        cells = (moment(each.placed_at), each.customer_name, each.billing_postcode, total, each.payment)
        add(table, each.number, each.store, each.state, *cells)
    return table
