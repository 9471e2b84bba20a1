"""The returns desk: the box for RMA codes, the returns that are on their way, and a parcel that has come."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from domain import rights
from hub.console.asking import Refused
from hub.console.fields import FieldIsWrong
from hub.console.forms import key_of, shown, waiting
from hub.console.languages import marked
from hub.console.listing import Listing, asked
from hub.console.pages.acting import send
from hub.console.trying import Trial, tried
from hub.console.visit import Form, Visit, Visiting
from hub.desk.names import spelling

router: Final = APIRouter()
COMMAND: Final = "return.receive"
NOTHING: Final = {"title": marked("Nothing has come"), "detail": marked("Say how many pieces are in the parcel.")}
AWAITED: Final = ("awaiting_receipt", "partially_received")
ACTS: Final[Mapping[str, Sequence[tuple[str, str]]]] = MappingProxyType(
    {
        "draft": (("return.confirm", "check"), ("return.cancel", "x")),
        "awaiting_receipt": (("return.cancel", "x"),),
        "partially_received": (("return.close_short", "check"),),
        "received": (("return.validate", "check"), ("return.refuse", "circle-x")),
    }
)
"""What may be done with a return in each state beside receiving it, and its icon."""
_SWITCH: Final = ("return.switch_outcome", "refresh-cw")
_BOTH: Final = frozenset({rights.RECEIVE_RETURN, rights.CREATE_RETURN})
_NEEDS: Final = {
    "return.validate": _BOTH,
    "return.close_short": frozenset({rights.RECEIVE_RETURN}),
    "return.refuse": frozenset({rights.RECEIVE_RETURN}),
}


@router.get("/returns")
async def returns(request: Request, visit: Visiting) -> Response:
    """Show the returns that are on their way; a code that is typed opens its return."""
    code, unknown = request.query_params.get("rma", "").strip(), False
    if code:
        try:
            found = await visit.api.get(f"/v1/returns/{code}")
        except Refused as error:
            if error.status != 404:
                raise
            unknown = True
        else:
            return visit.to(f"/returns/{found['rma_code']}")
    query = [each for each in asked(request, state="awaiting_receipt") if each[0] != "rma"]
    listing = await Listing.read(visit, "/v1/returns", query)
    shown = {"listing": listing, "code": code, "reads": visit.may(*rights.READERS)}
    return visit.page("returns.html", 404 if unknown else 200, **shown, unknown=unknown)


@router.get("/returns/{rma}")
async def parcel(rma: str, visit: Visiting) -> Response:
    """Show a return: what was announced, what has come, and what is still to come."""
    found = await visit.api.get(f"/v1/returns/{rma}")
    given = {f"now.{each['line']}": str(each["rest"]) for each in _rows(found)}
    return await _page(visit, found, given)


@router.post("/returns/{rma}")
async def receive(rma: str, visit: Visiting, form: Form) -> Response:
    """Count what has come, and accept it where the form says so; or say what would happen."""
    given = {**dict(form), "part.rma": rma}
    found = await visit.api.get(f"/v1/returns/{rma}")
    if given.get("go") not in ("receive", "accept"):
        return await _page(visit, found, given)
    row = visit.house.acts[COMMAND][0]
    try:
        body = _body(found, given, accept=given["go"] == "accept")
        reply = await send(visit, row, found, body, given, dry=False)
    except Refused as error:
        return await _page(visit, found, given, problem=shown(error).problem, status=error.status)
    if reply.status == 202:
        return waiting(visit, reply)
    return visit.to(f"/returns/{found['rma_code']}", done=given["go"])


def _rows(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each line of a return, whatever reasons its pieces come back for."""
    rows = []
    for line in found["order_lines"]:
        parts = [each for each in found["lines"] if each["line"] == line["line"]]
        announced, received = (sum(each[name] for each in parts) for name in ("quantity", "received"))
        reasons = ", ".join(dict.fromkeys(each["reason"].replace("_", " ") for each in parts))
        told = {"announced": announced, "received": received, "rest": announced - received, "reasons": reasons}
        rows.append({**line, **told, "instead": parts[0]["exchange_sku"]})
    return rows


def _counted(found: Mapping[str, Any], given: Mapping[str, str]) -> dict[int, int]:
    """Return how many pieces came by line, as they were typed; raises Refused where one is no number."""
    counted = {}
    for each in _rows(found):
        typed = given.get(f"now.{each['line']}", "").strip() or "0"
        if not typed.isdecimal() or len(typed) > 6:
            wrong = FieldIsWrong(each["name"] or each["sku"], marked("write a whole number of pieces"))
            raise Refused(422, wrong.problem)
        counted[each["line"]] = int(typed)
    if not any(counted.values()):
        raise Refused(422, NOTHING)
    return counted


def _body(found: Mapping[str, Any], given: Mapping[str, str], *, accept: bool) -> dict[str, Any]:
    counted = _counted(found, given)
    return {"lines": [{"line": n, "quantity": came} for n, came in counted.items() if came], "validated": accept}


async def _page(
    visit: Visit,
    found: Mapping[str, Any],
    given: Mapping[str, str],
    *,
    problem: Mapping[str, Any] | None = None,
    status: int = 200,
) -> Response:
    receives = visit.may(rights.RECEIVE_RETURN) and found["state"] in AWAITED
    trial = await _tried(visit, found, given) if receives else Trial(found)
    exchange = await _exchange(visit, found)
    reads = visit.may(*rights.READERS)
    shown = {"found": found, "rows": _rows(found), "given": given, "trial": trial, "exchange": exchange}
    more = {"receives": receives, "acts": _acts(visit, found), "reads": reads, "problem": problem}
    more["told"] = None if problem else visit.request.query_params.get("done")
    template = "return_effects.html" if visit.is_fragment() else "return.html"
    key = key_of(given, problem)
    return visit.page(template, 200 if visit.is_fragment() else status, **shown, **more, key=key)


async def _tried(visit: Visit, found: Mapping[str, Any], given: Mapping[str, str]) -> Trial:
    """Ask what would happen if what was counted were accepted as well."""
    try:
        body = _body(found, given, accept=True)
    except Refused as error:
        return Trial(found, problem=error.problem, status=error.status)
    order = {"order_id": found["order_id"], "returns": [], "refunds": []}
    return await tried(visit, visit.house.acts[COMMAND][0], order, body, {"rma": found["rma_code"]})


async def _exchange(visit: Visit, found: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the order that waits for the return, once there is one; until then it is named by its id alone."""
    if found["exchange"] is None:
        return None
    try:
        order: Mapping[str, Any] = await visit.api.get(f"/v1/orders/{spelling(found['exchange'])}")
    except Refused as error:
        if error.status != 404:
            raise
        return {"order_id": found["exchange"], "number": None, "state": None}
    return order


def _acts(visit: Visit, found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the acts that the return's state allows, as far as the person's scopes reach."""
    acts = list(ACTS.get(found["state"], ()))
    acts += [_SWITCH] if acts and found["outcome"] == "exchange" else []
    return [each for each in acts if visit.may(*_NEEDS.get(each[0], {rights.CREATE_RETURN}))]
