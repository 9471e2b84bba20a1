"""Webhooks over HTTP: endpoints of the caller's own, their secrets, attempts, and what is sent again."""

import uuid
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ValidationError

from domain.rights import MANAGE_WEBHOOKS, READERS
from hub.api import webhook_models as m
from hub.api.acting import Key, checked_key
from hub.api.bodies import document_of
from hub.api.context import Asking, Context, Opened, keep_pace, need
from hub.api.described import PROBLEMS
from hub.api.problems import Fault, Problem
from hub.api.routing import Strict
from hub.api.timelines import Place
from hub.desk import acts, webhooks
from hub.desk.callers import Caller
from hub.desk.webhooks import Attempt, Delivery, Endpoint, Keyed, Shown


def _unkept(response: Response) -> None:
    """Have nobody keep an answer: some tell a secret."""
    response.headers["Cache-Control"] = "private, no-store"


router: Final = APIRouter(
    prefix="/v1", route_class=Strict, tags=["webhooks"], responses=PROBLEMS, dependencies=[Depends(_unkept)]
)
Name = Annotated[str, Path(alias="webhook", pattern=r"^[A-Za-z0-9_-]{1,100}$", description="The webhook's id.")]
Wish = TypeVar("Wish", bound=BaseModel)


def _takes(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """Return how OpenAPI tells of a body; it is read by the API's own rules."""
    schema = model.model_json_schema()
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


async def _wish(request: Request, model: type[Wish]) -> tuple[bytes, Wish]:
    """Return a request's body, and what it wishes; raises Problem with every fault."""
    body, _ = await document_of(request)
    try:
        return body, model.model_validate_json(body or b"{}")
    except ValidationError as error:
        faults = [Fault("".join(f"/{part}" for part in each["loc"]), each["msg"]) for each in error.errors()]
        raise Problem("data_invalid", "the body is not as declared", errors=faults) from error


async def _act(request: Request, caller: Caller, context: Context) -> None:
    """Raise Problem where the caller may not act, or acts too often."""
    await need(request, caller, MANAGE_WEBHOOKS)
    keep_pace(context.acting, caller)


async def _may_read(request: Request, caller: Caller, payload: str | None) -> None:
    """Raise Problem where events are wanted whole by who may not read orders."""
    if payload == "full":
        await need(request, caller, *sorted(READERS))


def _keyed(request: Request, caller: Caller, key: str | None, body: bytes) -> Keyed:
    """Return an act under its key; raises Problem where there is none."""
    return Keyed(caller, checked_key(key), acts.fingerprint(request.method, request.url.path, "", body))


def _told(endpoint: Endpoint) -> dict[str, Any]:
    told = {name: getattr(endpoint, name, None) for name in m.WebhookModel.model_fields}
    return told | {"previous_secret_until": endpoint.previous_until, "rests_until": endpoint.rest_until}


def _with_secret(shown: Shown) -> m.WebhookSecretModel:
    return m.WebhookSecretModel(**_told(shown.endpoint), secret=shown.secret)


def _delivery(found: Delivery) -> m.DeliveryModel:
    told = {name: getattr(found, name, None) for name in m.DeliveryModel.model_fields}
    return m.DeliveryModel(**told | {"message_id": webhooks.message_id(found.event_id)})


def _attempt(found: Attempt) -> m.AttemptModel:
    told = {name: getattr(found, name, None) for name in m.AttemptModel.model_fields}
    return m.AttemptModel(**told | {"message_id": webhooks.message_id(found.event_id)})


@router.get("/webhooks", summary="My webhooks")
async def own(request: Request, caller: Asking, context: Opened) -> m.WebhooksModel:
    """Return the caller's webhooks, the oldest first."""
    await need(request, caller, MANAGE_WEBHOOKS)
    found = await webhooks.own(context.desk, caller)
    return m.WebhooksModel(items=[m.WebhookModel(**_told(each)) for each in found])


@router.post("/webhooks", summary="Make a webhook", status_code=201, openapi_extra=_takes(m.WebhookWish))
async def make(
    request: Request, response: Response, caller: Asking, context: Opened, key: Key = None
) -> m.WebhookSecretModel:
    """Make a webhook, and tell its secret this once. An Idempotency-Key makes it one, however often it is sent.

    Events as a whole (`payload: full`) are for who may read orders.
    """
    await _act(request, caller, context)
    body, wish = await _wish(request, m.WebhookWish)
    await _may_read(request, caller, wish.payload)
    act = _keyed(request, caller, key or str(uuid.uuid4()), body)
    shown = await webhooks.make(context.desk, act, wish.model_dump())
    response.headers["Location"] = f"/v1/webhooks/{shown.endpoint.id}"
    return _with_secret(shown)


@router.get("/webhooks/{webhook}", summary="One webhook")
async def one(request: Request, name: Name, caller: Asking, context: Opened) -> m.WebhookModel:
    """Return a webhook of the caller's own, without its secret."""
    await need(request, caller, MANAGE_WEBHOOKS)
    return m.WebhookModel(**_told(await webhooks.one(context.desk, caller, name)))


@router.patch("/webhooks/{webhook}", summary="Change a webhook", openapi_extra=_takes(m.WebhookChange))
async def change(request: Request, name: Name, caller: Asking, context: Opened) -> m.WebhookModel:
    """Change a webhook, or let it rest (`enabled: false`) and go on.

    What a webhook is told goes by the rights of its owner when he last changed it.
    """
    await _act(request, caller, context)
    _, wish = await _wish(request, m.WebhookChange)
    await _may_read(request, caller, wish.payload)
    told = wish.model_dump(exclude_unset=True, exclude={"enabled"})
    return m.WebhookModel(**_told(await webhooks.change(context.desk, caller, name, told, wish.enabled)))


@router.delete("/webhooks/{webhook}", summary="Delete a webhook", status_code=204)
async def remove(request: Request, name: Name, caller: Asking, context: Opened) -> None:
    """Delete a webhook, its deliveries and their attempts."""
    await _act(request, caller, context)
    await webhooks.remove(context.desk, caller, name)


@router.post("/webhooks/{webhook}/rotate", summary="Draw a new secret")
async def rotate(
    request: Request, name: Name, caller: Asking, context: Opened, key: Key = None
) -> m.WebhookSecretModel:
    """Draw a new secret, and tell it this once; for 24 hours the one before signs as well."""
    await _act(request, caller, context)
    act = _keyed(request, caller, key, (await document_of(request))[0])
    return _with_secret(await webhooks.rotate(context.desk, act, name))


@router.post(
    "/webhooks/{webhook}/example",
    summary="Send an example",
    status_code=202,
    openapi_extra=_takes(m.ExampleWish, required=False),
)
async def example(request: Request, name: Name, caller: Asking, context: Opened, key: Key = None) -> m.DeliveryModel:
    """Send an example of an event, marked as one (`data.example`)."""
    await _act(request, caller, context)
    body, wish = await _wish(request, m.ExampleWish)
    act = _keyed(request, caller, key, body)
    return _delivery(await webhooks.send_example(context.desk, act, name, wish.type))


@router.post("/webhooks/{webhook}/recover", summary="Send again what failed", openapi_extra=_takes(m.RecoveryWish))
async def recover(request: Request, name: Name, caller: Asking, context: Opened, key: Key = None) -> m.RecoveredModel:
    """Send everything again that has failed since a moment, of the last 14 days."""
    await _act(request, caller, context)
    body, wish = await _wish(request, m.RecoveryWish)
    act = _keyed(request, caller, key, body)
    return m.RecoveredModel(recovered=await webhooks.recover(context.desk, act, name, wish.since))


@router.get("/webhooks/{webhook}/attempts", summary="Attempts")
async def attempts(
    request: Request,
    name: Name,
    caller: Asking,
    context: Opened,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Place = None,
) -> m.AttemptsModel:
    """Return the tries of the last 14 days, newest first; those about stores that are not the caller's are left out."""
    await need(request, caller, MANAGE_WEBHOOKS)
    before = None if cursor is None else int(cursor)
    found, more = await webhooks.attempts(context.desk, caller, name, before, limit)
    return m.AttemptsModel(items=[_attempt(each) for each in found], next_cursor=None if more is None else str(more))


@router.post("/webhooks/attempts/{attempt}/replay", summary="Send one again", status_code=202)
async def replay(
    request: Request,
    caller: Asking,
    context: Opened,
    attempt: Annotated[int, Path(ge=1, le=2**53)],
    key: Key = None,
) -> m.DeliveryModel:
    """Send what an attempt was about again, under the same `webhook-id`."""
    await _act(request, caller, context)
    act = _keyed(request, caller, key, (await document_of(request))[0])
    return _delivery(await webhooks.replay(context.desk, act, attempt))
