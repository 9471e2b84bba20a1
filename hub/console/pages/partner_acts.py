"""Acts on partners: paused and resumed, and their keys made, changed and ended."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from hub.console.asking import Refused
from hub.console.forms import filled, key_of, keyed, shown
from hub.console.visit import Form, Visit, Visiting
from hub.desk.names import spelling

router: Final = APIRouter()
ACTS: Final = ("pause", "resume", "key", "rotate", "revoke")


@router.get("/ops/partner-acts/{do}")
async def ask(do: str, request: Request, visit: Visiting) -> Response:
    """Show the form of an act."""
    return await _form(visit, _known(do), filled(request))


@router.post("/ops/partner-acts/{do}")
async def act(do: str, visit: Visiting, form: Form) -> Response:
    """Do it; a key that is made is shown this once."""
    given = {name: held.strip() for name, held in form}
    topics = [held for name, held in form if name == "topics"]
    headers = keyed(given, "once")
    source, why = given.get("source", ""), given.get("why", "")
    try:
        if _known(do) in ("pause", "resume"):
            await visit.api.send("POST", f"/v1/ops/partners/{do}", {"source": source, "why": why}, headers=headers)
        elif do == "revoke":
            path = f"/v1/partner-keys/{given.get('key', '')}"
            await visit.api.send("DELETE", path, query={"why": why}, headers=headers)
        else:
            wanted = {"source": source, "topics": topics, "why": why} | _days(given)
            made = await visit.api.send("POST", "/v1/partner-keys", wanted, headers=headers)
            template = "partner_key_part.html" if visit.is_fragment() else "partner_key.html"
            return visit.page(template, 201, made=made.document, old=given.get("key", ""))
    except Refused as error:
        return await _form(visit, do, given, topics, shown(error))
    return visit.to(f"/ops/partners/{spelling(source)}")


def _known(do: str) -> str:
    if do not in ACTS:
        raise HTTPException(404)
    return do


def _days(given: Mapping[str, str]) -> dict[str, Any]:
    """Return for how many days a key is wanted, as it was written; none is for good."""
    held = given.get("days", "")
    return {"days": int(held) if held.isdecimal() else held} if held else {}


async def _form(
    visit: Visit, do: str, given: Mapping[str, str], topics: list[str] | None = None, error: Refused | None = None
) -> Response:
    found = await visit.api.get("/v1/contracts")
    writable = [each["topic"] for each in found["items"] if each["over_http"]]
    problem, status = (None, 200) if error is None else (error.problem, error.status)
    template = "partner_act_part.html" if visit.is_fragment() else "partner_act.html"
    chosen = topics if topics is not None else [each for each in given.get("topics", "").split(",") if each]
    told = {"do": do, "given": given, "topics": writable, "chosen": chosen, "problem": problem}
    return visit.page(template, status, **told, once=key_of(given, problem, "once"))
