"""A new return: what comes back, what for, and a look at it before anything is sent."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Response

from hub.console.acts import Act
from hub.console.asking import Refused
from hub.console.fields import FieldIsWrong
from hub.console.forms import key_of, shown, waiting
from hub.console.languages import marked
from hub.console.pages.acting import send
from hub.console.returning import REASONS, Wish
from hub.console.trying import Trial, tried
from hub.console.visit import Form, Visit, Visiting

router: Final = APIRouter()
COMMAND: Final = "return.create"
NOTHING: Final = {
    "title": marked("No pieces are chosen"),
    "detail": marked("Say how many pieces of which line come back."),
}


@router.get("/orders/{order}/acts/return.create")
async def there(order: str, visit: Visiting) -> Response:
    """Lead to the page of a new return."""
    return visit.to(f"/orders/{order}/returns/new")


@router.get("/orders/{order}/returns/new")
async def begin(order: str, visit: Visiting) -> Response:
    """Ask what comes back."""
    found = await visit.api.get(f"/v1/orders/{order}")
    return await _page(visit, found, Wish.begun(), 1)


@router.post("/orders/{order}/returns/new")
async def go_on(order: str, visit: Visiting, form: Form) -> Response:
    """Take a step on or back, say what would happen, or have the return made."""
    wish = Wish(dict(form))
    found = await visit.api.get(f"/v1/orders/{order}")
    act = visit.house.acts[COMMAND][0]
    match wish.given.get("go"):
        case "draft" | "confirm" as go:
            return await _make(visit, found, act, wish, confirm=go == "confirm")
        case "back":
            return await _page(visit, found, wish, max(1, wish.step - 1))
        case "next":
            trial = await _try(visit, found, act, wish)
            step = wish.step if trial.problem else wish.step + 1
            return await _page(visit, found, wish, step, trial, status=trial.status)
    return await _page(visit, found, wish, wish.step, await _try(visit, found, act, wish))


async def _make(visit: Visit, order: Mapping[str, Any], act: Act, wish: Wish, *, confirm: bool) -> Response:
    try:
        reply = await send(visit, act, order, wish.body(act, order, confirm=confirm), wish.given, dry=False)
    except FieldIsWrong as error:
        return await _page(visit, order, wish, 1, _wrong(order, error), status=422)
    except Refused as error:
        trial = Trial(order, problem=shown(error).problem, status=error.status)
        return await _page(visit, order, wish, 3, trial, status=error.status)
    if reply.status == 202:
        return waiting(visit, reply)
    return visit.to(f"/returns/{reply.document['order']['returns'][-1]['rma_code']}", done="made")


async def _try(visit: Visit, order: Mapping[str, Any], act: Act, wish: Wish, **changed: str) -> Trial:
    """Ask what the return would do if it were confirmed now."""
    if not wish.pieces:
        return Trial(order, problem=NOTHING, status=422)
    try:
        body = wish.body(act, order, confirm=True, **changed)
    except FieldIsWrong as error:
        return _wrong(order, error)
    return await tried(visit, act, order, body)


def _wrong(order: Mapping[str, Any], error: FieldIsWrong) -> Trial:
    return Trial(order, problem=error.problem, status=422)


async def _page(
    visit: Visit, order: Mapping[str, Any], wish: Wish, step: int, trial: Trial | None = None, *, status: int = 200
) -> Response:
    act = visit.house.acts[COMMAND][0]
    if trial is None:
        trial = await _try(visit, order, act, wish) if wish.pieces else Trial(order)
    worth = await _worth(visit, order, act, wish) if trial.would else {}
    template = "return_plan.html" if visit.is_fragment() else "return_new.html"
    shown = {"order": order, "wish": wish, "step": step, "trial": trial, "worth": worth, "reasons": REASONS}
    key = key_of(wish.given, trial.problem)
    return visit.page(template, 200 if visit.is_fragment() else status, **shown, key=key)


async def _worth(visit: Visit, order: Mapping[str, Any], act: Act, wish: Wish) -> dict[str, Any]:
    """Return the refund that the goods are worth, with and without their share of the shipping fee.

    It is what the API would ask for if they needn't be received.
    """
    at_once = {"outcome": "refund", "receipt_required": ""}
    goods = await _try(visit, order, act, wish, **at_once, refund_shipping="")
    whole = await _try(visit, order, act, wish, **at_once)
    return {"goods": goods.made("refunds", "refund_id"), "whole": whole.made("refunds", "refund_id")}
