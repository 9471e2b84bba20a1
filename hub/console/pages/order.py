"""One order: what it is, what it waits for, what may be done, and what happened to it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from domain import rights
from hub.console import people
from hub.console.acts import Act
from hub.console.visit import Visit, Visiting
from hub.desk.names import spelt

router: Final = APIRouter()
KINDS: Final = ("state", "people", "partners", "money", "messages")
FIRST: Final = (
    "order.approve",
    "flash.create",
    "order.release_hold",
    "order.resume",
    "refund.approve",
    "payment.retry",
)
"""Acts that may stand before the others, if the first reason for attention asks for them."""
USUAL: Final = ("order.edit", "order.hold", "order.cancel")
PAGES: Final[Mapping[str, str]] = {"order.edit": "edit", "order.modify": "edit", "order.submit": "draft"}
"""Acts that have a page of their own below the order's: a form of fields would offer less than they take."""


@router.get("/orders/{order}")
async def order(
    order: str,
    visit: Visiting,
    kind: Annotated[str | None, Query(max_length=20)] = None,
    every: Annotated[bool, Query(alias="all")] = False,
    done: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Show an order whole; `done` is the command that was just carried out, which is said."""
    include = ["related", "notes", *(["asides"] if visit.may(rights.OPERATE) else [])]
    found, entries = await asyncio.gather(
        visit.api.get(f"/v1/orders/{order}", [("include", each) for each in include]),
        _entries(visit, order, kind, quiet=not every),
    )
    acts = offered(visit, found)
    called = await people.names(visit, [(found["lock"] or {}).get("owner")])
    told_ = {"called": called, "order": found, "entries": entries, "kind": kind, "kinds": KINDS, "all": every}
    label = next((row.label for row in visit.house.acts.get(done or "", ())), None)
    return visit.page("order.html", **told_, done=label, acts=acts, usual=usual(found, acts))


@router.get("/orders/{order}/print")
async def printed(order: str, visit: Visiting) -> Response:
    """Show an order as a document: what was agreed on, sent, taken back and noted."""
    found = await visit.api.get(f"/v1/orders/{order}", [("include", "related"), ("include", "notes")])
    return visit.page("order_print.html", order=found)


@router.get("/orders/{order}/timeline")
async def timeline(
    order: str,
    visit: Visiting,
    kind: Annotated[str | None, Query(max_length=20)] = None,
    cursor: Annotated[str | None, Query(max_length=20)] = None,
    every: Annotated[bool, Query(alias="all")] = False,
) -> Response:
    """Show what happened to an order; from a cursor on, if one is given."""
    entries = await _entries(visit, order, kind, quiet=not every, cursor=cursor)
    found = {"order_id": spelt(order), "number": spelt(order)}
    template = "order_entries.html" if visit.is_fragment() else "order_timeline.html"
    return visit.page(template, order=found, entries=entries, kind=kind, kinds=KINDS, all=every)


@router.get("/orders/{order}/timeline/{seq}")
async def entry(order: str, seq: int, visit: Visiting) -> Response:
    """Show one entry with its record, its messages, and what it changed."""
    found = await visit.api.get(f"/v1/orders/{order}/timeline/{seq}")
    return visit.page("order_entry.html", order_id=spelt(order), entry=found)


async def _entries(visit: Visit, order: str, kind: str | None, *, quiet: bool, cursor: str | None = None) -> Any:
    query = [("quiet", str(quiet).lower()), ("limit", "50")]
    query += [("kind", kind)] if kind in KINDS else []
    query += [("cursor", cursor)] if cursor else []
    return await visit.api.get(f"/v1/orders/{order}/timeline", query)


def offered(visit: Visit, order: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the acts that the person may see: those that need a scope that he lacks are left out."""
    return [
        {**action, "act": act.command, "page": PAGES.get(act.command)}
        for action in order["actions"]
        if (act := act_of(visit, action["command"])) is not None
        and (action["allowed"] or not str(action["why_not"]).startswith("it needs the scope"))
    ]


def act_of(visit: Visit, command: str) -> Act | None:
    """Return the route of a command that names the order, if it has one."""
    rows: Sequence[Act] = visit.house.acts.get(command, ())
    return next((each for each in rows if each.of_order), rows[0] if rows else None)


def usual(order: Mapping[str, Any], acts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the acts that have buttons of their own: what the first reason for attention asks for, then the usual."""
    advice = " ".join(each["do"] for each in order["attention"][:1])
    wanted = [each for each in FIRST if each in advice]
    by_name = {each["command"]: each for each in acts}
    return [by_name[each] for each in dict.fromkeys((*wanted, *USUAL)) if each in by_name]
