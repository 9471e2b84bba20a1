"""People over HTTP: what those are called whose acts are shown, and a name erased."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import Field

from domain import rights
from hub.api.acting import Key
from hub.api.context import Asking, Opened, need
from hub.api.described import PROBLEMS
from hub.api.list_models import Word
from hub.api.models import Model, told
from hub.api.operating import DoneModel, Operator, Why, act_of
from hub.api.pages import READERS
from hub.api.routing import Strict
from hub.desk import people

router: Final = APIRouter(prefix="/v1", route_class=Strict, tags=["people"], responses=PROBLEMS)
SEE: Final = READERS | {rights.OPERATE, rights.AUDIT}
"""The scopes whose holders are shown people's acts."""


class PersonModel(Model):
    """A person: the id that acts bear, what he is called, and when he was seen last, to the hour."""

    id: str
    name: str
    seen_at: datetime


class PeopleModel(Model):
    """People, by their ids; those whose name is not known are left out."""

    items: list[PersonModel]


class Erasure(Why):
    """Whose name is erased."""

    id: Word


@router.get("/people", summary="What people are called")
async def named(
    request: Request,
    caller: Asking,
    context: Opened,
    id: Annotated[list[Word], Field(min_length=1, max_length=100), Query(description="May be repeated.")],  # noqa: A002
) -> PeopleModel:
    """Return what people are called, by the ids that timelines, locks, notes and the audit name."""
    await need(request, caller, *sorted(SEE))
    return PeopleModel(items=[told(each, PersonModel) for each in await people.named(context.desk, sorted({*id}))])


@router.post("/ops/people/erase", summary="Erase a person's name", tags=["operators"])
async def erase(wanted: Erasure, caller: Operator, context: Opened, key: Key = None) -> DoneModel:
    """Erase what somebody is called; his id stays with his acts. Who signs in again is noted again."""
    return DoneModel(done=await people.erase(context.desk, act_of(caller, key, wanted.why), wanted.id))
