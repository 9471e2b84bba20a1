"""Topics: how far each is read, the records that lie there, and a window of them written once more."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from hub.console.asking import Refused
from hub.console.forms import shown
from hub.console.languages import marked
from hub.console.pages.operating import Operation, operation_form, send
from hub.console.pages.ops import tried
from hub.console.visit import Form, Visit, Visiting

router: Final = APIRouter()
FEW: Final = 25
WRONG_TIME: Final = marked("Write a date and a time, such as 2026-11-30 11:14.")
REPLAY: Final = Operation(
    "Write a window of {topic} again",
    "Write them again",
    (
        "The records of the window are written to the topic once more, each where it lay.",
        "What the hub knows already changes nothing; what it has not decided on is decided.",
        "Everybody who reads the topic gets them again.",
    ),
    risk=True,
)


@router.get("/ops/topics")
async def topics(visit: Visiting) -> Response:
    """Show the topics that the hub reads."""
    found, problem = await tried(visit, "/v1/ops/topics")
    return visit.page("ops_topics.html", topics=[] if found is None else found["items"], problem=problem)


@router.get("/ops/topics/{topic}")
async def topic(request: Request, topic: str, visit: Visiting, done: str = "") -> Response:
    """Show how far a topic is read, and records of one of its partitions; of a topic that is only written, these."""
    given = {name: held.strip() for name, held in request.query_params.items() if held.strip()}
    (found, problem), (records, fault) = await asyncio.gather(
        tried(visit, f"/v1/ops/topics/{topic}"), _records(visit, topic, given)
    )
    if found is None and records is None and fault is not None and fault["status"] == 404:
        raise Refused(404, fault)
    told = {"topic": topic, "found": found, "records": records, "given": given, "done": done}
    is_read = found is not None or (problem or {}).get("status") != 404
    return visit.page("ops_topic.html", **told, problem=problem if is_read else None, fault=fault)


async def _records(visit: Visit, topic: str, given: Mapping[str, str]) -> tuple[Any, Mapping[str, Any] | None]:
    query: dict[str, Any] = {"partition": given.get("partition", "0"), "limit": FEW}
    query |= {"offset": given["offset"]} if "offset" in given else {}
    if "at" in given:
        at = _moment(visit, given["at"])
        if at is None:
            return None, {"status": 422, "title": marked("The time can't be read"), "detail": WRONG_TIME}
        query["at"] = at
    return await tried(visit, f"/v1/ops/topics/{topic}/records", query)


@router.get("/ops/topics/{topic}/replay")
async def replay_form(request: Request, topic: str, visit: Visiting) -> Response:
    """Show the form by which a window of a topic is written again."""
    return _replay(visit, topic, dict(request.query_params))


@router.post("/ops/topics/{topic}/replay")
async def replay(topic: str, visit: Visiting, form: Form) -> Response:
    """Write a window again, or count what would be written where the form asks for that."""
    given = dict(form)
    body: dict[str, Any] = {"topic": topic, "why": given.get("why", "").strip() or "a look"}
    body |= {name: given[name].strip() for name in ("partition", "order", "limit") if given.get(name, "").strip()}
    body |= {name: int(body[name]) for name in ("partition", "limit") if str(body.get(name, "")).isdecimal()}
    body |= {name: _moment(visit, given.get(name, "")) for name in ("since", "until")}
    look = given.get("go") != "do"
    try:
        told = await send(visit, "/v1/ops/replay", body | {"dry_run": look}, given | ({"key": ""} if look else {}))
    except Refused as error:
        return _replay(visit, topic, given, shown(error))
    return (
        _replay(visit, topic, given, counted=told) if look else _replay(visit, topic, given | {"key": ""}, written=told)
    )


def _replay(
    visit: Visit, topic: str, given: Mapping[str, str], refused: Refused | None = None, **told: Any
) -> Response:
    more = {"counted": None, "written": None, "fields": "ops_replay_fields.html"} | told
    return operation_form(visit, REPLAY, {"topic": topic}, given, f"/ops/topics/{topic}", refused, **more)


def _moment(visit: Visit, text: str) -> str | None:
    """Return a time that was written down in the reader's zone, as the API takes it; None where it is none."""
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    zone = visit.house.language(visit.request, visit.session).zone
    return (time if time.tzinfo else time.replace(tzinfo=zone)).isoformat()
