"""Acting: a form for every command, what it would do, and what became of it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from hub.console import people
from hub.console.acts import Act
from hub.console.asking import Refused, Reply
from hub.console.editing import seen_of
from hub.console.fields import Field, FieldIsWrong, body_of, fields_of
from hub.console.forms import filled, key_of, keyed, shown, waiting
from hub.console.pages.order import PAGES, act_of
from hub.console.stale import Stale, compared, written
from hub.console.visit import Form, Visit, Visiting
from hub.desk.names import spelling

router: Final = APIRouter()


@router.get("/orders/{order}/acts/{command}")
async def form(request: Request, order: str, command: str, visit: Visiting) -> Response:
    """Show the form of a command."""
    if command in PAGES:
        return visit.to(f"/orders/{order}/{PAGES[command]}")
    found = await visit.api.get(f"/v1/orders/{order}")
    return _form(visit, found, _act(visit, command), filled(request))


@router.post("/orders/{order}/acts/{command}")
async def act(order: str, command: str, visit: Visiting, form: Form) -> Response:
    """Carry a command out, or say what it would do where the form asks for that."""
    given = dict(form)
    found = await visit.api.get(f"/v1/orders/{order}")
    row = _act(visit, command)
    if given.get("go") == "keep":
        anew = {"version": str(found["version"]), "seen": written(found), "key": key_of({})}
        return _form(visit, found, row, {**given, **anew})
    fields = fields_of(row.schema, found)
    dry = given.get("go") == "check"
    try:
        reply = await send(visit, row, found, body_of(fields, given, found["currency"]), given, dry=dry)
    except FieldIsWrong as error:
        return _form(visit, found, row, given, wrong={error.name: error.text}, status=422)
    except Refused as error:
        shown(error)
        if error.code == "stale_version":
            return await _stale(visit, row, given, error.problem)
        return _form(visit, found, row, given, problem=error.problem, status=error.status)
    if dry:
        return _form(visit, found, row, given, would=reply.document)
    if reply.status == 202:
        return waiting(visit, reply)
    return visit.to(_after(given, order), done=command, after=reply.document["command_id"])


@router.get("/acts/{command_id}")
async def answer(command_id: str, visit: Visiting) -> Response:
    """Show what became of an act that was not answered at once."""
    found = await visit.api.get(f"/v1/commands/{command_id}", Prefer="wait=10")
    return visit.page("act_answer.html", answer=found)


async def send(
    visit: Visit, row: Act, order: Mapping[str, Any], body: Mapping[str, Any], given: Mapping[str, str], *, dry: bool
) -> Reply:
    """Ask the API for an act, under the key of the form: pressed twice it is carried out once."""
    where = {name: given.get(f"part.{name}", "") for name in row.parts} | {"order": spelling(order["order_id"])}
    path = "/v1" + row.path.format(**where)
    headers = keyed(given)
    if row.edits and given.get("version"):
        headers["If-Match"] = f'"{given["version"]}"'
    query = {"dry_run": "true"} if dry else {}
    query |= {"force": "true"} if given.get("force") == "yes" else {}
    return await visit.api.send(row.method, path, body, query=query, headers=headers)


_BACK: Final = re.compile(r"/(returns/[\w-]+|refunds|fraud|flash|attention|team)")
"""Pages from which acts are begun, and to which they lead back."""


def _after(given: Mapping[str, str], order: str) -> str:
    """Return where an act leads: to the page that it was begun on, or to the order."""
    back = given.get("back", "")
    return back if _BACK.fullmatch(back) else f"/orders/{order}"


async def _stale(visit: Visit, row: Act, given: Mapping[str, str], problem: Mapping[str, Any]) -> Response:
    """Return the form with what has changed since somebody saw the order; he decides again."""
    now, entries = problem["current"], problem.get("changes") or []
    offered = any(each["command"] == row.command and each["allowed"] for each in now["actions"])
    about = {f"line.{name.split('.')[1]}" for name, held in given.items() if held and name.startswith("lines.")}
    how = compared(seen_of(given), now, about, entries, visit.session.caller.name, fits=offered)
    called = await people.names(visit, how.who)
    anew = {**given, "key": key_of({})}  # what is sent again is another act
    return _form(visit, now, row, anew, stale=how, called=called, status=412)


def _act(visit: Visit, command: str) -> Act:
    found = act_of(visit, command)
    if found is None:
        raise HTTPException(404)
    return found


def _form(
    visit: Visit,
    order: Mapping[str, Any],
    row: Act,
    given: Mapping[str, str],
    *,
    wrong: Mapping[str, str] | None = None,
    problem: Mapping[str, Any] | None = None,
    would: Mapping[str, Any] | None = None,
    stale: Stale | None = None,
    called: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    fields = fields_of(row.schema, order)
    action = next((each for each in order["actions"] if each["command"] == row.command), None)
    faults = dict(wrong or {}) | _faults(problem, fields)
    return visit.page(
        "act.html" if not visit.is_fragment() else "act_part.html",
        status,
        order=order,
        act=row,
        action=action,
        fields=fields,
        parts=_parts(row, order),
        given=given,
        faults=faults,
        problem=problem,
        would=would,
        key=key_of(given, problem),
        stale=stale,
        called=called or {},
        seen=given.get("seen") or written(order),
    )


def _faults(problem: Mapping[str, Any] | None, fields: tuple[Field, ...]) -> dict[str, str]:
    """Return what is wrong by the names of the fields, as far as it is about one."""
    named = {each.name for each in fields}
    found = {}
    for each in (problem or {}).get("errors") or ():
        name = str(each["pointer"]).strip("/").replace("/", ".")
        found[name.split(".")[0] if name not in named else name] = each["detail"]
    return found


_NAMED: Final[Mapping[str, tuple[str, str]]] = {
    "refund": ("refunds", "refund_id"),
    "rma": ("returns", "rma_code"),
    "flash": ("flash_reorders", "flash_id"),
    "shipment": ("shipments", "shipment_id"),
    "alert": ("alerts", "name"),
}


def _parts(row: Act, order: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what of the order an act may be about, by the names in its path."""
    found = {name: [each[key] for each in order[where]] for name, (where, key) in _NAMED.items() if name in row.parts}
    return found | ({"hold": list(order["holds"])} if "hold" in row.parts else {})
