"""A refund that somebody asks for: pieces and fee, or goodwill, with what is suggested and what is left to give."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Response

from hub.console.acts import Act
from hub.console.asking import Refused
from hub.console.fields import FieldIsWrong, body_of, fields_of, without_none
from hub.console.forms import filled, key_of, shown, waiting
from hub.console.pages.acting import send
from hub.console.trying import Trial, tried
from hub.console.visit import Form, Visit, Visiting

router: Final = APIRouter()
COMMAND: Final = "refund.request"
TO_ASK: Final = "to see what it comes to"
"""Stands for the reason while only the amount is asked for."""


@router.get("/orders/{order}/acts/refund.request")
async def form(order: str, visit: Visiting) -> Response:
    """Ask for what money is given back."""
    found = await visit.api.get(f"/v1/orders/{order}")
    return await _page(visit, found, {"kind": "items", **filled(visit.request)})


@router.post("/orders/{order}/refunds/suggestion")
async def suggestion(order: str, visit: Visiting, form: Form) -> Response:
    """Say what the chosen pieces come to, and what would become of the amount that is asked for."""
    found = await visit.api.get(f"/v1/orders/{order}")
    return visit.page("refund_suggested.html", order=found, **await _worth(visit, found, dict(form)))


@router.post("/orders/{order}/acts/refund.request")
async def ask(order: str, visit: Visiting, form: Form) -> Response:
    """Ask for the refund, or say what it would come to."""
    given = dict(form)
    found = await visit.api.get(f"/v1/orders/{order}")
    if given.get("go") != "do":
        return await _page(visit, found, given)
    row = visit.house.acts[COMMAND][0]
    try:
        reply = await send(visit, row, found, _body(row, found, given), given, dry=False)
    except FieldIsWrong as error:
        return await _page(visit, found, given, error.problem, 422)
    except Refused as error:
        return await _page(visit, found, given, shown(error).problem, error.status)
    if reply.status == 202:
        return waiting(visit, reply)
    return visit.to(f"/orders/{order}", done=COMMAND)


def _body(row: Act, order: Mapping[str, Any], given: Mapping[str, str], **changed: str) -> dict[str, Any]:
    """Return the body of the act; goodwill names no pieces. Raises FieldIsWrong."""
    whole = without_none({**given, **changed})
    goodwill = whole.get("kind") == "goodwill"
    kept = {name: held for name, held in whole.items() if not (goodwill and name.startswith("lines."))}
    if goodwill:
        kept["shipping"] = ""
    return body_of(fields_of(row.schema, order), kept, order["currency"])


async def _page(
    visit: Visit,
    order: Mapping[str, Any],
    given: Mapping[str, str],
    problem: Mapping[str, Any] | None = None,
    status: int = 200,
) -> Response:
    template = "refund_part.html" if visit.is_fragment() else "refund_new.html"
    action = next((each for each in order["actions"] if each["command"] == COMMAND), None)
    worth = await _worth(visit, order, given)
    key = key_of(given, problem)
    shown = {"order": order, "given": given, "problem": problem, "action": action, "key": key}
    return visit.page(template, status, **shown, **worth)


async def _worth(visit: Visit, order: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Return the refund that the API suggests, its goods alone, and what would become of the one that is wanted."""
    row = visit.house.acts[COMMAND][0]
    pieces = any(name.endswith(".quantity") and held.strip("0 ") for name, held in given.items())
    items = given.get("kind") != "goodwill"
    wanted = Trial(order)
    if (items and pieces) or given.get("amount", "").strip():
        wanted = await _tried(visit, row, order, given)
    if not (items and pieces):
        return {"suggested": None, "goods": None, "wanted": wanted}
    suggested = await _tried(visit, row, order, given, amount="")
    goods = await _tried(visit, row, order, given, amount="", shipping="")
    found = [each.made("refunds", "refund_id") for each in (suggested, goods)]
    return {"suggested": found[0], "goods": found[1], "wanted": wanted}


async def _tried(visit: Visit, row: Act, order: Mapping[str, Any], given: Mapping[str, str], **changed: str) -> Trial:
    reason = given.get("reason", "").strip() or TO_ASK
    try:
        body = _body(row, order, given, reason=reason, **changed)
    except FieldIsWrong as error:
        return Trial(order, problem={**error.problem, "detail": error.text}, status=422)
    return await tried(visit, row, order, body)
