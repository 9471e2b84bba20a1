"""Problems that callers were told over HTTP: kept for a week, for themselves and for who may see what was refused."""

from dataclasses import dataclass

from adapters.postgres import api_problems
from adapters.postgres.api_problems import StoredProblem as StoredProblem
from adapters.postgres.api_problems import ToldProblem
from hub.desk.callers import Caller
from hub.desk.errors import ProblemIsUnknown
from hub.desk.resources import Desk


@dataclass(frozen=True, slots=True)
class Told:
    """What a caller is told: the code and status of a problem, of which route, as declared, and its trace."""

    code: str
    status: int
    method: str
    route: str
    trace_id: str


async def keep(desk: Desk, caller: Caller, id_: str, told: Told) -> None:
    """Write down what a caller is told."""
    row = ToldProblem(id_, caller.id, told.code, told.status, told.method, told.route, told.trace_id)
    await api_problems.keep(desk.engine, row)


async def show(desk: Desk, caller: Caller, id_: str) -> StoredProblem:
    """Return a problem that the caller was told, or any if he sees what was refused; raises ProblemIsUnknown."""
    found = await api_problems.find(desk.engine, id_)
    if found is None or not (found.caller == caller.id or caller.audits):
        raise ProblemIsUnknown(id_)
    return found
