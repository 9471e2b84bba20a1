"""Acts on webhooks: made, changed, tried, paused, deleted; secrets drawn; events sent again."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from hub.console.asking import Refused
from hub.console.forms import filled, key_of, keyed, shown
from hub.console.visit import Form, Visit, Visiting

router: Final = APIRouter()
ACTS: Final = ("create", "change", "rotate", "example", "recover", "disable", "enable", "delete", "replay")
Given = Mapping[str, str]


@router.get("/webhook-acts/{do}")
async def ask(do: str, request: Request, visit: Visiting) -> Response:
    """Show the form of an act."""
    return await _form(visit, _known(do), filled(request))


@router.post("/webhook-acts/{do}")
async def act(do: str, visit: Visiting, form: Form) -> Response:
    """Do it; a secret that is drawn is shown this once."""
    given = {name: held.strip() for name, held in form}
    method, path, body = _asked(_known(do), given)
    headers = keyed(given, "once")
    try:
        done = (await visit.api.send(method, path, body, headers=headers)).document
    except Refused as error:
        return await _form(visit, do, given, shown(error))
    if do in ("create", "rotate"):
        template = "webhook_secret_part.html" if visit.is_fragment() else "webhook_secret.html"
        return visit.page(template, 201, made=done)
    return visit.to("/webhooks" if do == "delete" else f"/webhooks/{given.get('webhook', '')}", done=do)


def _known(do: str) -> str:
    if do not in ACTS:
        raise HTTPException(404)
    return do


def _asked(do: str, given: Given) -> tuple[str, str, Any]:
    """Return what the API is asked for an act."""
    one = f"/v1/webhooks/{given.get('webhook', '')}"
    switched = {"disable": {"enabled": False}, "enable": {"enabled": True}}
    if do == "create":
        return "POST", "/v1/webhooks", _wish(given)
    if do == "replay":
        return "POST", f"/v1/webhooks/attempts/{given.get('attempt', '')}/replay", {}
    if do == "delete":
        return "DELETE", one, None
    if do == "change" or do in switched:
        return "PATCH", one, switched.get(do) or _wish(given)
    return "POST", f"{one}/{do}", _body(do, given)


def _body(do: str, given: Given) -> dict[str, Any]:
    if do == "recover":
        return {"since": f"{given.get('since', '')}:00Z" if len(given.get("since", "")) == 16 else given.get("since")}
    return {"type": given["type"]} if given.get("type") else {}


def _wish(given: Given) -> dict[str, Any]:
    """Return an endpoint as a form describes it."""
    return {
        "url": given.get("url", ""),
        "types": given.get("types", "").replace(",", " ").split() or ["*"],
        "stores": given.get("stores", "").replace(",", " ").split() or ["*"],
        "payload": given.get("payload", "thin"),
        "ordered": given.get("ordered") == "yes",
    }


async def _form(visit: Visit, do: str, given: Given, error: Refused | None = None) -> Response:
    webhook = None
    if given.get("webhook"):
        webhook = await visit.api.get(f"/v1/webhooks/{given['webhook']}")
    problem, status = (None, 200) if error is None else (error.problem, error.status)
    template = "webhook_act_part.html" if visit.is_fragment() else "webhook_act.html"
    topics = (await visit.api.get("/v1/contracts"))["items"]
    types = next(each["types"] for each in topics if each["topic"] == "order.events")
    day = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    told = {"do": do, "given": given, "webhook": webhook, "problem": problem, "types": types, "day": day}
    return visit.page(template, status, **told, once=key_of(given, problem, "once"))
