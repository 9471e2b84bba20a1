"""Editing an order: its page takes the lock, tries what is written, and saves all of it at once."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from hub.console import editing, editor, stale
from hub.console.asking import Refused
from hub.console.editor import Given, Order
from hub.console.fields import FieldIsWrong
from hub.console.forms import shown, waiting
from hub.console.languages import marked
from hub.console.visit import Form, Visit, Visiting

router: Final = APIRouter()
ELSEWHERE: Final = frozenset({"cross-site", "same-site"})


@router.get("/orders/{order}/edit")
async def edit(request: Request, order: str, visit: Visiting) -> Response:
    """Open an order to edit it; that takes its lock, unless another site's link has led here."""
    found = await visit.api.get(f"/v1/orders/{order}")
    if found["state"] == "draft":
        return visit.to(f"{editor.at(found)}/draft")
    return await opened(request, visit, found)


async def opened(request: Request, visit: Visit, found: Order) -> Response:
    """Return the page of an order with its lock taken, or to be read only where that can't be."""
    problem: Mapping[str, Any] | None = editor.told("unasked", marked("You have not begun to edit it"))
    if request.headers.get("sec-fetch-site") not in ELSEWHERE:
        found, problem = await editor.take(visit, found)
    return await editor.page(visit, found, editor.fresh(found), held=problem is None, problem=problem)


@router.post("/orders/{order}/edit")
async def write(order: str, visit: Visiting, form: Form) -> Response:
    """Do what a button of the page is for."""
    given = dict(form)
    found = await visit.api.get(f"/v1/orders/{order}")
    wish, _, which = given.get("go", "save").partition("-")
    return await WISHES.get(wish, save)(visit, found, given, which)


@router.post("/orders/{order}/edit/check")
async def check(order: str, visit: Visiting, form: Form) -> Response:
    """Say beside the form what saving would come to."""
    given = dict(form)
    found = await visit.api.get(f"/v1/orders/{order}")
    return visit.page("edit_outcome.html", order=found, **await editor.tried(visit, found, given))


@router.post("/orders/{order}/edit/end")
async def end(order: str, visit: Visiting, form: Form) -> Response:
    """End the lock of a page that was closed, unless the order has been opened again since."""
    found = await visit.api.get(f"/v1/orders/{order}")
    await editor.let_go(visit, found, dict(form).get("mark", ""))
    return Response(status_code=204)


async def save(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Save the edit, which ends the lock."""
    try:
        edit = editing.edit(given, editing.seen_of(given), found["currency"])
    except FieldIsWrong as error:
        return await editor.page(visit, found, given, status=422, faults={error.name: error.text})
    if edit.is_empty:
        return await leave(visit, found, given, "now")
    try:
        reply = await editor.send(visit, found, given, edit)
    except Refused as error:
        return await refused(visit, found, given, edit, error)
    await editor.over(visit, found)
    if reply.status == 202:
        return waiting(visit, reply)
    return visit.to(editor.at(found), done="order.edit")


async def refused(visit: Visit, found: Order, given: Given, edit: editing.Edit, error: Refused) -> Response:
    """Return the page with why nothing was saved; what was written stays there."""
    if shown(error).code == "stale_version":
        now, how = await editor.compared(visit, error.problem, given)
        return await editor.page(visit, now, given, status=412, stale=how)
    faults = editor.faults_of(error.problem, edit)
    return await editor.page(visit, found, given, status=error.status, problem=error.problem, faults=faults)


async def look(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Show what saving would come to, on the page itself."""
    return await editor.page(visit, found, given, **await editor.tried(visit, found, given))


async def more(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Show one more row for a line, or one more box."""
    name = which if which in ("adds", "boxes") else "adds"
    held = given.get(name, "1")
    count = int(held) + 1 if held.isdecimal() and len(held) < 4 else 2
    return await look(visit, found, {**given, name: str(count)}, which)


async def reset(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Give a line its price back."""
    return await look(visit, found, {**given, f"line.{which}.off": ""}, which)


async def leave(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Leave without saving, which ends the lock; with changes only once that is said twice."""
    if which != "now" and editing.changes(given, editing.seen_of(given)):
        return await editor.page(visit, found, given, asks="leave")
    await editor.let_go(visit, found)
    return visit.to(editor.at(found))


async def keep(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Read the order anew, and keep what was changed; the lock is taken again."""
    found, problem = await editor.take(visit, found)
    if problem is not None:
        return await editor.page(visit, found, given, problem=problem, status=409)
    kept = editor.rebased(found, given)
    return await editor.page(visit, found, kept, **await editor.tried(visit, found, kept))


async def known(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Show the addresses of the customer's other orders."""
    return await editor.page(visit, found, given, known=await editor.addresses(visit, found))


async def use(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Fill in the address of another order of the customer's."""
    stem, _, other = which.partition(".")
    taken: Mapping[str, Any] = next(
        (each["address"] for each in await editor.addresses(visit, found) if each["order_id"] == other), {}
    )
    written = {f"{stem}.{part}": str(taken.get(part) or "") for part in editing.ADDRESS} if taken else {}
    return await look(visit, found, {**given, **written}, which)


async def again(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Read the order anew, and keep nothing."""
    return visit.to(f"{editor.at(found)}/{'draft' if found['state'] == 'draft' else 'edit'}")


async def go_on(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Go on from what the browser has kept, with the lock that the page has just taken."""
    seen, now = editing.seen_of(given), stale.snapshot(found)
    mark = visit.wishes.editing.get(found["order_id"], "")
    if all(seen.get(name, "") == held for name, held in now.items()):
        kept = {**editor.rebased(found, given), "mark": mark}
        return await editor.page(visit, found, kept, **await editor.tried(visit, found, kept))
    path, since = f"/v1{editor.at(found)}/changes", given.get("version", "0")
    told = await visit.api.get(path, [("since", since if since.isdecimal() else "0")])
    problem = {"current": found, "changes": told["items"]}
    _, how = await editor.compared(visit, problem, given)
    return await editor.page(visit, found, {**given, "mark": mark}, stale=how)


Wish = Callable[[Visit, Order, Given, str], Awaitable[Response]]
WISHES: Final[Mapping[str, Wish]] = {
    "save": save,
    "check": look,
    "more": more,
    "reset": reset,
    "leave": leave,
    "keep": keep,
    "reload": again,
    "known": known,
    "use": use,
    "go_on": go_on,
}
"""What the buttons of the page are for, by the first word of their values; what follows says of what."""
