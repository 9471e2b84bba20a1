"""Problems that can be looked up: which are kept, how many of a caller and in all, and one by its id."""

import uuid
from datetime import datetime
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Path, Request

from hub.api.context import Asking, Opened, context_of, route_of, trace_of
from hub.api.described import only
from hub.api.models import Model, told
from hub.api.pace import Pace
from hub.api.problems import SORTS, Problem
from hub.api.routing import Strict
from hub.desk import problems
from hub.desk.callers import Caller
from hub.desk.problems import Told
from hub.errors import SERVER_ERRORS

router: Final = APIRouter(prefix="/v1", route_class=Strict, tags=["problems"], responses=only(401, 404, 422, 429, 503))
KEPT: Final = frozenset({400, 403, 409, 412, 422, 423, 428, 500, 503})
"""The statuses of problems that are kept: not what isn't there, can't be read, comes too fast, or is nobody's."""
LOG: Final = structlog.get_logger("api")


class ToldProblemModel(Model):
    """A problem that a caller was told: when, by which route, and what to do about it.

    What its `detail` said is not kept, since it may name people.
    """

    type: str
    title: str
    status: int
    code: str
    advice: str
    at: datetime
    caller: str
    method: str
    route: str
    trace_id: str


@router.get("/problems/{problem}", summary="A problem that you were told")
async def show(problem: Annotated[uuid.UUID, Path()], caller: Asking, context: Opened) -> ToldProblemModel:
    """Return a problem of the last week by its `instance`: your own, or with `audit.read` anybody's."""
    found = await problems.show(context.desk, caller, str(problem))
    sort = SORTS.get(found.code)
    title, advice = ("", "") if sort is None else (sort.title, sort.advice)
    return told(found, ToldProblemModel, type=f"/problems/{found.code}", title=title, advice=advice)


async def instance_of(request: Request, problem: Problem) -> str:
    """Keep a problem that a caller is told, and return where it can be looked up; a mere name where it isn't kept."""
    id_ = str(uuid.uuid4())
    caller: Caller | None = request.scope.get("hub", {}).get("caller")
    if caller is None or problem.status not in KEPT or problem.code in ("starting", "database_away"):
        return f"urn:uuid:{id_}"
    context = context_of(request)
    if not _may(context.problems, context.all_problems, caller):
        return f"urn:uuid:{id_}"
    shown = Told(problem.code, problem.status, request.method, route_of(request), trace_of(request))
    try:
        await problems.keep(context.desk, caller, id_, shown)
    except SERVER_ERRORS as error:  # the answer is worth more than that it can be looked up
        LOG.warning("api.problem_not_kept", reason=type(error).__name__, trace_id=trace_of(request))
        return f"urn:uuid:{id_}"
    return f"/v1/problems/{id_}"


def _may(own: Pace, all_: Pace, caller: Caller) -> bool:
    return not own.take(caller.id) and not all_.take("")
