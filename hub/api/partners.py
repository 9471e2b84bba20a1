"""Partners over HTTP: events in, each with a verdict; and the keys by which partners sign in."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import uuid4

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from domain import rights
from hub.api.acting import Key
from hub.api.cloud_events import SEVERAL, events_of
from hub.api.context import Asking, Opened, context_of, guessing_costs, need
from hub.api.described import PROBLEMS
from hub.api.models import Model, told
from hub.api.operating import act_of
from hub.api.problems import Problem
from hub.api.routing import Strict
from hub.desk import partner_events, partner_keys
from hub.desk.callers import NobodySignedIn
from hub.desk.partner_keys import PartnerKey

router: Final = APIRouter(prefix="/v1", route_class=Strict, responses=PROBLEMS)


class VerdictModel(Model):
    """What became of an event: accepted, duplicate (the hub has it already), or rejected with the reason."""

    id: str | None
    verdict: str
    code: str | None
    detail: str | None


class VerdictsModel(Model):
    """A verdict for each event, in their order."""

    results: list[VerdictModel]


class KeyModel(Model):
    """A partner's key, without the key itself."""

    id: str
    source: str
    topics: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


class NewKeyModel(KeyModel):
    """A new key; `key` is told by its making alone, and to its repetition until the key is used: null then."""

    key: str | None


class KeysModel(Model):
    """Every key, the newest first."""

    items: list[KeyModel]


class KeyWanted(BaseModel):
    """A key to make: as which source it writes, to which topics, for how many days, if not for good, and why."""

    model_config = ConfigDict(frozen=True)

    source: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
    topics: Annotated[list[str], Field(min_length=1, max_length=20)]
    days: Annotated[int | None, Field(ge=1, le=3650)] = None
    why: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")] = ""


async def partner_of(request: Request) -> PartnerKey:
    """Return the partner who asks; raises NobodySignedIn, or Problem where he asks too often."""
    context = context_of(request)
    with guessing_costs(request) as secret:
        found = None if secret is None else await partner_keys.find(context.desk, secret)
        if found is None:
            raise NobodySignedIn
    if seconds := context.requests.take(f"partner|{found.id}"):
        after = str(max(1, round(seconds)))
        raise Problem("rate", "too many requests with this key", headers={"Retry-After": after})
    return found


@router.post("/events", summary="Send events", tags=["partners"], openapi_extra=SEVERAL, response_model=VerdictsModel)
async def send(request: Request, context: Opened, partner: Annotated[PartnerKey, Depends(partner_of)]) -> VerdictsModel:
    """Take CloudEvents of a partner: one in binary or structured mode, or a batch of 100 at most.

    An accepted event is in Kafka; when no answer came, send it again with the same id, it counts once.
    """
    events = await events_of(request)
    found = await partner_events.take(context.desk, context.acts.intake, partner, events)
    return VerdictsModel(
        results=[VerdictModel(id=each.id, verdict=each.verdict, code=each.code, detail=each.detail) for each in found]
    )


@router.get("/partner-keys", summary="Partners' keys", tags=["partners"])
async def keys(request: Request, caller: Asking, context: Opened) -> KeysModel:
    """Return every key of partners, without the keys themselves."""
    await need(request, caller, rights.MANAGE_PARTNERS)
    return KeysModel(items=[told(each, KeyModel) for each in await partner_keys.listed(context.desk)])


@router.post("/partner-keys", summary="Make a key", tags=["partners"], status_code=201)
async def make(
    request: Request, response: Response, wanted: KeyWanted, caller: Asking, context: Opened, key: Key = None
) -> NewKeyModel:
    """Make a key for a partner; two of a source are good at the same time, for changing over.

    It is told this once. Where the answer was lost, the same Idempotency-Key has it told again until it is used.
    """
    await need(request, caller, rights.MANAGE_PARTNERS)
    life = None if wanted.days is None else timedelta(days=wanted.days)
    act = act_of(caller, key, wanted.why)
    made, secret = await partner_keys.create(context.desk, act, wanted.source, wanted.topics, caller.id, life)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Location"] = f"/v1/partner-keys/{made.id}"
    return told(made, NewKeyModel, key=secret)


@router.delete("/partner-keys/{key}", summary="End a key", tags=["partners"], status_code=204)
async def revoke(
    request: Request,
    caller: Asking,
    context: Opened,
    named: Annotated[str, Path(alias="key")],
    why: Annotated[str, Query(max_length=500, pattern=r"^[^\x00]*$")] = "",
    once: Key = None,
) -> None:
    """End a key at once; who did it is written down, and why where it is said."""
    await need(request, caller, rights.MANAGE_PARTNERS)
    if not await partner_keys.revoke(context.desk, act_of(caller, once or str(uuid4()), why), named):
        raise Problem("not_found", "there is no such key, or it is ended already")
