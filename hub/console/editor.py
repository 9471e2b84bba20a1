"""The editor: an order that somebody has open to edit, with its lock, what he has written, and what it comes to."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from fastapi import Response

from hub.console import editing, people, stale
from hub.console.asking import Refused, Reply
from hub.console.editing import Edit
from hub.console.fields import FieldIsWrong
from hub.console.forms import key_of, keyed, shown
from hub.console.languages import marked
from hub.console.visit import Visit
from hub.desk.names import spelling
from hub.desk.sessions import Wishes

OPEN: Final = 20
"""Orders that one session may have open to edit, as far as closing a tab ends their locks."""
OTHERS: Final = 8
"""Orders of a customer whose addresses are offered."""
ROWS: Final = 200
"""Lines that one edit may add."""
Order = Mapping[str, Any]
Given = Mapping[str, str]


def at(order: Order) -> str:
    """Return the path of an order, of its page as of the API's routes."""
    return f"/orders/{spelling(order['order_id'])}"


async def take(visit: Visit, order: Order) -> tuple[Order, Mapping[str, Any] | None]:
    """Take the lock of an order; return the order as it is then, or the problem why there is none.

    The page gets a mark of its own: only the page that was opened last ends the lock when it is closed.
    """
    mark = str(uuid4())
    try:
        reply = await visit.api.send("POST", f"/v1{at(order)}/lock", {}, headers={"Idempotency-Key": mark})
    except Refused as error:
        return order, shown(error).problem
    if reply.status == 202:
        return order, told("waiting", marked("The hub has not answered yet"), marked("Try again in a moment."))
    await _mark(visit, order, mark)
    return {**reply.document["order"], "mark": mark}, None


def told(code: str, title: str, detail: str = "") -> dict[str, Any]:
    """Return what a page says in a problem's place."""
    return {"code": code, "title": title, "detail": detail, "hint": None}


async def _mark(visit: Visit, order: Order, mark: str | None) -> None:
    def with_mark(wishes: Wishes) -> Wishes:
        kept = {name: held for name, held in wishes.editing.items() if name != order["order_id"]}
        kept = dict(list(kept.items())[-OPEN + 1 :]) | ({} if mark is None else {order["order_id"]: mark})
        return replace(wishes, editing=kept)

    await visit.wish(with_mark)


async def let_go(visit: Visit, order: Order, mark: str | None = None) -> None:
    """End the person's lock; with a mark, only if no page has been opened for the order since the one that bears it."""
    if mark is not None and visit.wishes.editing.get(order["order_id"]) != mark:
        return
    await _mark(visit, order, None)
    if order["lock"] is None or not order["lock"]["mine"]:
        return
    with suppress(Refused):
        path = f"/v1{at(order)}/lock"
        await visit.api.send("DELETE", path, {}, headers={"Idempotency-Key": f"end-{mark or uuid4()}"})


async def over(visit: Visit, order: Order) -> None:
    """Forget that the order is open: its lock has ended with what was saved."""
    await _mark(visit, order, None)


def fresh(order: Order) -> dict[str, str]:
    """Return what a page of an order is filled with."""
    return {**stale.snapshot(order), "seen": stale.written(order), **_of(order)}


def rebased(order: Order, given: Given) -> dict[str, str]:
    """Return what a page is filled with that keeps what was changed, on the order as it is now."""
    changed = editing.changes(given, editing.seen_of(given))
    rows = {name: given[name] for name in ("adds", "boxes") if name in given}
    return (
        fresh(order)
        | {name: held for name, held in given.items() if name.startswith(("add.", "box."))}
        | changed
        | rows
    )


def _of(order: Order) -> dict[str, str]:
    return {"version": str(order["version"]), "mark": order.get("mark", "")}


async def send(visit: Visit, order: Order, given: Given, edit: Edit) -> Reply:
    """Save an edit, under the key of the page; raises Refused."""
    headers = {**keyed(given), "If-Match": f'"{given.get("version", "")}"'}
    return await visit.api.send("POST", f"/v1{at(order)}/edit", edit.body, headers=headers)


async def tried(visit: Visit, order: Order, given: Given) -> dict[str, Any]:
    """Return what saving would come to, or why it would be refused."""
    nothing: dict[str, Any] = {"would": None, "objection": None, "faults": {}}
    try:
        edit = editing.edit(given, editing.seen_of(given), order["currency"])
    except FieldIsWrong as error:
        return nothing | {"faults": {error.name: error.text}}
    if edit.is_empty:
        return nothing
    path, headers = f"/v1{at(order)}/edit", {"If-Match": f'"{given.get("version", "")}"'}
    try:
        reply = await visit.api.send("POST", path, edit.body, query={"dry_run": "true"}, headers=headers)
    except Refused as error:
        return nothing | {"objection": shown(error).problem, "faults": faults_of(error.problem, edit)}
    return nothing | {"would": reply.document}


def faults_of(problem: Mapping[str, Any], edit: Edit) -> dict[str, str]:
    """Return what is wrong by the names of the page's fields."""
    return {edit.field_of(str(each["pointer"])): each["detail"] for each in problem.get("errors") or ()}


async def compared(visit: Visit, problem: Mapping[str, Any], given: Given) -> tuple[Order, stale.Stale]:
    """Return an order that has changed meanwhile, and how it differs from what a page showed."""
    order, seen = problem["current"], editing.seen_of(given)
    entries = problem.get("changes") or []
    return order, stale.compared(seen, order, editing.changes(given, seen), entries, visit.session.caller.name)


async def addresses(visit: Visit, order: Order) -> list[dict[str, Any]]:
    """Return where the customer's other orders went, each address once, of the newest orders that are known."""
    customer = ((order["contact"] or {}).get("customer") or {}).get("id")
    if not customer:
        return []
    told = await visit.api.get(f"/v1/customers/{customer}/orders", {"limit": OTHERS})
    others = [each["order_id"] for each in told["items"] if each["order_id"] != order["order_id"]]
    found: dict[str, dict[str, Any]] = {}
    for other in others:
        whole = await visit.api.get(f"/v1/orders/{spelling(other)}")
        address = (whole["contact"] or {}).get("shipping_address")
        if address:
            told = {"order_id": other, "number": whole["number"], "address": address}
            found.setdefault(json.dumps(address, sort_keys=True), told)
    return list(found.values())


async def page(
    visit: Visit, order: Order, given: Given, *, status: int = 200, held: bool = True, **more: Any
) -> Response:
    """Return the page of an order that somebody edits, filled with what he has written; `held`: he may write on."""
    told: dict[str, Any] = {
        "problem": None, "faults": {}, "stale": None, "would": None, "objection": None, "asks": "", "saved": False,
        "known": [],
    } | more  # fmt: skip
    entries = [] if told["stale"] is None else told["stale"].entries
    lock = order["lock"] or {}
    called = await people.names(visit, [lock.get("owner"), *(each["who"] for each in entries)])
    draft = order["state"] == "draft"
    may = {each["command"]: each["allowed"] or _greyed(each, held=held) for each in order["actions"]}
    return visit.page(
        "edit_part.html" if visit.is_fragment() else "edit.html",
        status,
        order=order,
        given=given,
        seen=editing.seen_of(given),
        key=key_of(given, told["problem"] or {}),
        lines=editing.live(order),
        boxes=editing.boxes(order),
        letters=editing.BOXES[: _count(given, "boxes", len(editing.BOXES))],
        rows=_count(given, "adds", ROWS),
        may=may,
        draft=draft,
        called=called,
        held=held,
        **told,
    )


EDITS: Final = frozenset({"order.modify", "order.price.change", "order.address.change", "order.split"})


def _greyed(action: Mapping[str, Any], *, held: bool) -> bool:
    """Tell whether an edit is shown greyed: only another agent's lock forbids it."""
    return not held and action["command"] in EDITS and action["why_not"] == "somebody else is editing the order"


def _count(given: Given, name: str, most: int) -> int:
    held = given.get(name, "1")
    return min(int(held), most) if held.isdecimal() and len(held) < 4 and int(held) else 1
