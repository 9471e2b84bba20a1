"""Drafts: an order taken down on the phone, saved as one goes, then placed, parked, handed over or dropped."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from hub.console import editing, editor, placing
from hub.console.asking import Refused
from hub.console.editor import Given, Order
from hub.console.fields import FieldIsWrong
from hub.console.forms import key_of, shown, waiting
from hub.console.languages import marked
from hub.console.pages import edit as edits
from hub.console.visit import Form, Visit, Visiting

router: Final = APIRouter()
PENDING: Final = "/pending"
BACK: Final = frozenset({"/team"})
"""Other pages from which calls are handed over, and to which that leads back."""


@router.get("/orders/{order}/draft")
async def draft(request: Request, order: str, visit: Visiting) -> Response:
    """Take up a draft, which takes its lock."""
    found = await visit.api.get(f"/v1/orders/{order}")
    if found["state"] != "draft":
        return visit.to(editor.at(found))
    return await edits.opened(request, visit, found)


@router.post("/orders/{order}/draft")
async def write(order: str, visit: Visiting, form: Form) -> Response:
    """Save what is written, and do what a button of the page is for."""
    given = dict(form)
    found = await visit.api.get(f"/v1/orders/{order}")
    if found["state"] != "draft":
        return visit.to(editor.at(found))
    wish, _, which = given.get("go", "save").partition("-")
    if wish in edits.WISHES and wish not in ("save", "leave"):
        return await edits.WISHES[wish](visit, found, given, which)
    if wish == "void":
        return await void(visit, found, given, which)
    kept = await saved(visit, found, given)
    if isinstance(kept, Response):
        return kept
    written = {name: held for name, held in given.items() if not name.startswith(("add.", "box."))}
    return await WISHES.get(wish, show)(visit, kept, {**written, **editor.fresh(kept), "adds": "1"}, which)


async def saved(visit: Visit, found: Order, given: Given) -> Order | Response:
    """Return the draft with what is written saved, or the page that says why it isn't."""
    try:
        edit = editing.edit(given, editing.seen_of(given), found["currency"])
    except FieldIsWrong as error:
        return await _not_saved(visit, found, given, {error.name: error.text}, None)
    if edit.is_empty:
        return {**found, "mark": given.get("mark", "")}
    try:
        reply = await editor.send(visit, found, given, edit)
    except Refused as error:
        if given.get("go") == "auto":
            return await _not_saved(visit, found, given, {}, shown(error).problem)
        return await edits.refused(visit, found, given, edit, error)
    if reply.status == 202:
        return waiting(visit, reply)
    return {**reply.document["order"], "mark": given.get("mark", "")}


async def _not_saved(
    visit: Visit, found: Order, given: Given, faults: Mapping[str, str], problem: Mapping[str, Any] | None
) -> Response:
    """Return why nothing was saved: beside the page that goes on being written, or on the page itself."""
    if given.get("go") == "auto":
        return visit.page("edit_outcome.html", order=found, would=None, objection=problem, faults=faults)
    return await editor.page(visit, found, given, status=422, faults=faults)


async def show(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Show the draft as it is saved; rows that were written have become lines."""
    return await editor.page(visit, found, given, saved=True)


async def auto(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Tell the page that goes on being written what it has become."""
    return visit.page(
        "draft_saved.html", order=found, given=given, key=key_of({}), would=None, objection=None, faults={}
    )


async def place(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Place the order, once that is said twice."""
    if which != "now":
        return await editor.page(visit, found, given, asks="place", saved=True)
    body = placing.sale(found, given.get("payment_method") or "card")
    return await _done(visit, found, given, "/submit", body, editor.at(found))


async def approve(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Let a free order go ahead, for a reason."""
    reason = given.get("reason", "").strip()
    body = {"reason": reason} if reason else {}
    return await _done(visit, found, given, "/approve", body, editor.at(found))


async def park(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Keep the draft for later; its lock ends."""
    return await _done(visit, found, given, "/park", {}, PENDING)


async def transfer(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Hand the draft over to another agent; its lock ends."""
    user = given.get("user", "").strip()
    if not user:
        faults = {"user": marked("say who takes the call")}
        return await editor.page(visit, found, given, status=422, faults=faults)
    if found["lock"] is None:
        found, problem = await editor.take(visit, found)
        if problem is not None:
            return await editor.page(visit, found, given, status=409, problem=problem)
    then = given["back"] if given.get("back") in BACK else PENDING
    return await _done(visit, found, given, "/transfer", {"user": user}, then)


async def void(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Drop the draft, once that is said twice."""
    if which != "now":
        return await editor.page(visit, found, given, asks="void")
    return await _done(visit, found, given, "/void", {"call": True}, PENDING)


async def leave(visit: Visit, found: Order, given: Given, which: str) -> Response:
    """Leave the draft as it is saved; its lock ends."""
    await editor.let_go(visit, found)
    return visit.to(PENDING)


async def _done(visit: Visit, found: Order, given: Given, path: str, body: Any, then: str) -> Response:
    """Have the draft's end carried out, and go on from there."""
    headers = {"Idempotency-Key": f"{key_of(given)}{path}", "If-Match": f'"{found["version"]}"'}
    try:
        reply = await visit.api.send("POST", f"/v1{editor.at(found)}{path}", body, headers=headers)
    except Refused as error:
        return await editor.page(visit, found, given, status=error.status, problem=shown(error).problem)
    await editor.over(visit, found)
    if reply.status == 202:
        return waiting(visit, reply)
    told = {"done": "call.transfer", "after": reply.document["command_id"]} if then in BACK else {}
    return visit.to(then, **told)


Wish = Callable[[Visit, Order, Given, str], Awaitable[Response]]
WISHES: Final[Mapping[str, Wish]] = {
    "save": show,
    "auto": auto,
    "place": place,
    "approve": approve,
    "park": park,
    "transfer": transfer,
    "leave": leave,
}
"""What the buttons of a draft's page are for, once what is written is saved."""
