"""What operators' routes share: who may come in, why something is done, and under which key."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from domain import rights
from hub.api.acting import checked_key
from hub.api.context import Asking, need
from hub.api.described import PROBLEMS
from hub.api.models import Model
from hub.api.routing import Strict
from hub.api.scopes import KEEPS, LOOKS
from hub.desk.callers import Caller
from hub.desk.operations import Act

MOST: Final = 2**63 - 1


async def _operator(request: Request, caller: Asking) -> Caller:
    """Return the caller, who may operate; raises Problem."""
    await need(request, caller, rights.OPERATE)
    return caller


async def _keeper(request: Request, caller: Asking) -> Caller:
    """Return the caller, who may hold partners back; raises Problem."""
    await need(request, caller, *sorted(KEEPS))
    return caller


async def _onlooker(request: Request, caller: Asking) -> Caller:
    """Return the caller, who may look at what operators see; raises Problem."""
    await need(request, caller, *sorted(LOOKS))
    return caller


async def _auditor(request: Request, caller: Asking) -> Caller:
    """Return the caller, who may see what others did; raises Problem."""
    await need(request, caller, rights.AUDIT)
    return caller


Operator = Annotated[Caller, Depends(_operator)]
Keeper = Annotated[Caller, Depends(_keeper)]
"""Who holds partners back, and lets them go on."""
Onlooker = Annotated[Caller, Depends(_onlooker)]
Auditor = Annotated[Caller, Depends(_auditor)]
Number = Annotated[int, Path(ge=0, le=10_000)]
Id = Annotated[int, Path(ge=0, le=MOST)]
TopicName = Annotated[str, Path(alias="topic", min_length=1, max_length=249)]
Partition = Annotated[int | None, Query(ge=0, le=10_000)]


class Why(BaseModel):
    """Why it is done: it is written down with who did it."""

    model_config = ConfigDict(frozen=True)

    why: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]


class DoneModel(Model):
    """Whether anything was changed."""

    done: bool


def act_of(caller: Caller, key: str | None, why: str, *, dry_run: bool = False) -> Act:
    """Return an operator's act; raises Problem without a key."""
    return Act(why, caller.name, f"{caller.id} {checked_key(key)}", dry_run)


def routes() -> APIRouter:
    """Return a router of operators' routes."""
    return APIRouter(prefix="/v1/ops", route_class=Strict, tags=["operators"], responses=PROBLEMS)


def sees_all(caller: Caller) -> bool:
    """Tell whether the caller may read orders, and those of all stores."""
    return rights.READ in caller.scopes and caller.sees is None
