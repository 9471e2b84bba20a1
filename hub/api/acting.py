"""Acting: a request becomes a command, and its answer a response; every row of the table has its route here."""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse

from contracts import judging
from contracts.commands import Command
from contracts.references import RMA, form
from contracts.wire import json_bytes
from domain import rights
from domain.orders import objections
from domain.orders.commands import BY_KIND
from domain.orders.commands import TABLE as COMMANDS
from domain.orders.order import Order
from hub.api import models as m
from hub.api import pages, scopes
from hub.api.acts import BODY, FLASH, REFUND, RETURN, TABLE, Row
from hub.api.bodies import document_of
from hub.api.context import Asking, Context, Opened, keep_pace, need, note_refusal, traced
from hub.api.described import PROBLEMS
from hub.api.orders import order_named, order_with
from hub.api.problems import Fault, Problem, told_as
from hub.api.routing import Strict
from hub.api.timelines import entries_since
from hub.console.acts import Act as Described
from hub.desk import acts, dry_runs, orders
from hub.desk.acts import Act, Answer
from hub.desk.callers import Caller
from hub.desk.names import spelling

router: Final = APIRouter(prefix="/v1", route_class=Strict, responses=PROBLEMS)
MOST_SECONDS: Final = 30.0
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="Fresh for each act; the same one where the act is repeated."),
]
Condition = Annotated[str | None, Header(alias="If-Match", description="The ETag of the order that was seen.")]
DryRun = Annotated[bool, Query(description="Only say what would be done. Needs neither key nor If-Match.")]
Prefer = Annotated[str | None, Header(description="`wait=20`: how many seconds an answer is waited for, 30 at most.")]


async def act(
    row: Row,
    request: Request,
    caller: Caller,
    context: Context,
    key: str | None,
    condition: str | None,
    wait: timedelta,
    *,
    dry_run: bool = False,
) -> Response:
    """Have a command carried out, and answer: 200 or 201, 202 while it waits, a problem where it is refused."""
    body, document = await document_of(request)
    row = row.chosen(document)
    order = await _order_of(row, request, caller, context, key, document)
    await _may(row, request, caller)
    if dry_run:
        return await _tried(row, request, caller, context, order, condition, document)
    keep_pace(context.acting, caller)
    key = checked_key(key)
    seen = _version(row, condition)
    command = _command(row, request, document, seen)
    print_ = acts.fingerprint(request.method, _said(request), condition or "", body)
    if not await context.acts.is_repeated(caller, key, print_):  # what was accepted is judged by how things stood then
        await _may_say(request, caller, order, command)
    asked = Act(caller, key, order.id, command, print_, traced(request))
    answer = await context.acts.do(asked, wait)
    try:
        return await respond(context, caller, answer, made=row.made)
    except Problem as problem:
        if problem.code == "stale_version" and seen is not None:
            entries = await entries_since(context, order.id, seen)
            problem.more = {**problem.more, "changes": [each.model_dump(mode="json") for each in entries]}
        raise


def checked_key(key: str | None) -> str:
    """Return an idempotency key; raises Problem where there is none, or no good one."""
    if not key or len(key) > 255 or not key.isprintable() or not key.isascii():
        raise Problem("idempotency_key_missing", "Idempotency-Key must be 1 to 255 printable ASCII characters")
    return key


async def _tried(
    row: Row,
    request: Request,
    caller: Caller,
    context: Context,
    order: Order,
    condition: str | None,
    document: dict[str, Any],
) -> Response:
    """Return what an act would do; raises Problem where it would be refused."""
    seen = None if condition is None else _version(row, condition)
    command = _command(row, request, document, seen)
    await _may_say(request, caller, order, command)
    found = dry_runs.try_out(context.settings, order, command, caller.actor, acts.SOURCE)
    if found.refusal is not None:
        raise Problem(told_as(found.refusal.code), found.refusal.detail, found.refusal.hint, more={"dry_run": True})
    before = m.MoneyModel(amount=order.total, currency=order.currency or found.after.currency)
    told = m.DryRunModel(
        caused=list(found.caused),
        asked=list(found.asked),
        total_before=before if pages.sees_money(caller) else None,
        order=pages.order_model(found.after, caller, datetime.now(UTC)),
    )
    return Response(told.model_dump_json(), media_type="application/json")


async def _order_of(
    row: Row, request: Request, caller: Caller, context: Context, key: str | None, document: dict[str, Any]
) -> Order:
    """Return the order that the address names; one that nobody has heard of where the act begins one."""
    if row.begins:
        return Order.shell(acts.new_order_id(caller, key or ""))
    if row.named_by in _KEEPERS:
        name = request.path_params[_KEEPERS[row.named_by]]
        return (await order_with(request, context, caller, row.named_by, name)).order()
    name = document.get("order") if row.named_by == BODY else request.path_params["order"]
    if not isinstance(name, str) or not 0 < len(name) <= 200 or "\x00" in name:
        raise Problem("data_invalid", "the order must be named", errors=[Fault("/order", "must be a number or an id")])
    return (await order_named(request, context, caller, name)).order()


_KEEPERS: Final = MappingProxyType({RETURN: "rma", REFUND: "refund", FLASH: "flash"})
"""Where in the address stands what may be named without its order."""


async def _may(row: Row, request: Request, caller: Caller) -> None:
    """Raise Problem where the caller has none of the scopes that such a command may need."""
    await need(request, caller, *sorted(scopes.of_act(row)))


async def _may_say(request: Request, caller: Caller, order: Order, command: Command) -> None:
    """Raise Problem where just this command needs a scope, or a store, that the caller lacks."""
    also = BY_KIND[type(command)].access.also
    store = order.store or getattr(command, "store", "")
    refusal = rights.no_right(objections.scope_of(order, command), also, store, caller.actor)
    if refusal is not None:
        await note_refusal(request, caller, "scope", refusal.detail)
        raise Problem("scope", refusal.detail, refusal.hint)


def _version(row: Row, condition: str | None) -> int | None:
    """Return the version that If-Match names; an edit needs one."""
    if condition is None:
        if row.edits:
            raise Problem("version_missing", "this changes what others see: send If-Match with the order's ETag")
        return None
    number = condition.strip().removeprefix("W/").strip('"')
    if not number.isdecimal() or len(number) > 18:
        raise Problem("malformed", 'If-Match must be one version, as ETag has it: "14"')
    return int(number)


def _command(row: Row, request: Request, document: dict[str, Any], seen: int | None) -> Command:
    """Return the command that a request means; raises Problem with every fault of its data."""
    given: dict[str, Any] = {name: request.path_params[part] for name, part in row.filled.items()}
    if row.named_by == RETURN:
        given["rma_code"] = form(RMA, request.path_params["rma"])
    given |= {name: held for name, held in getattr(request.state, "flags", {}).items() if held}
    whole = {name: held for name, held in document.items() if name != "expected_version"} | given
    try:
        read: Command = row.command.read(json_bytes(whole | ({} if seen is None else {"expected_version": seen})))
    except judging.Refused as error:
        faults = [Fault(pointer, text) for pointer, text in error.faults]
        raise Problem("data_invalid", f"the data of {row.command.name} breaks its contract", errors=faults) from error
    return read


def _said(request: Request) -> str:
    return f"{request.url.path}?{request.url.query}"


async def respond(context: Context, caller: Caller, answer: Answer, *, made: bool = False) -> Response:
    """Return the response to an answer; raises Problem where the command was refused."""
    replayed = {"Idempotency-Replayed": "true"} if answer.repeated else {}
    where = f"/v1/commands/{answer.command_id}"
    if answer.outcome is None:
        document = m.PendingModel(command_id=answer.command_id).model_dump(mode="json")
        return JSONResponse(document, 202, {"Location": where, **replayed})
    if answer.code is not None:
        raise await _refused(context, caller, answer, replayed)
    order = (await orders.named(context.desk, answer.order_id, caller.sees)).order()
    told = m.AcceptedModel(
        command_id=answer.command_id,
        version=answer.version,
        caused=list(answer.caused),
        order=pages.order_model(order, caller, datetime.now(UTC)),
    )
    headers = {"ETag": f'"{answer.version}"', **replayed}
    if made:
        headers["Location"] = f"/v1/orders/{spelling(answer.order_id)}"
    return Response(told.model_dump_json(), 201 if made else 200, headers, "application/json")


async def _refused(context: Context, caller: Caller, answer: Answer, headers: Mapping[str, str]) -> Problem:
    """Return the problem of a command that was refused, with what helps to decide again."""
    assert answer.code is not None
    code = told_as(answer.code)
    more: dict[str, Any] = {"command_id": answer.command_id}
    if code in ("stale_version", "locked_by"):
        row = await orders.named(context.desk, answer.order_id, caller.sees)
        order = row.order()
        if code == "locked_by" and order.lock is not None:
            more |= {"owner": order.lock.owner, "since": order.lock.since.isoformat()}
        if code == "stale_version":
            more["current"] = pages.order_model(order, caller, datetime.now(UTC)).model_dump(mode="json")
    return Problem(code, answer.detail or "", answer.hint, more=more, headers=headers)


def patience(prefer: str | None, usual: timedelta) -> timedelta:
    """Return how long an answer is waited for."""
    for part in (prefer or "").split(","):
        name, _, value = part.strip().partition("=")
        if name == "wait" and value.isdecimal() and len(value) < 6:
            return timedelta(seconds=min(float(value), MOST_SECONDS))
    return usual


@router.get("/commands/{command}", summary="What became of an act", tags=["commands"])
async def command(command: str, caller: Asking, context: Opened, prefer: Prefer = None) -> m.CommandModel:
    """Return what became of an act of the caller's own; `Prefer: wait=20` waits for it."""
    answer = await context.acts.look(caller, command, patience(prefer, timedelta()))
    if answer is None:
        raise Problem("not_found", "you have no act with this id; they are kept for a week")
    state = "waiting" if answer.outcome is None else "rejected" if answer.code else "accepted"
    return m.CommandModel(
        command_id=answer.command_id,
        type=answer.type,
        order_id=answer.order_id,
        state=state,
        version=answer.version if answer.accepted else None,
        code=answer.code,
        detail=answer.detail,
        hint=answer.hint,
        caused=list(answer.caused),
    )


def _endpoint(row: Row) -> Callable[..., Awaitable[Response]]:
    """Return the function behind an act's route."""

    async def endpoint(
        request: Request,
        caller: Asking,
        context: Opened,
        key: Key = None,
        condition: Condition = None,
        prefer: Prefer = None,
        dry_run: DryRun = False,
    ) -> Response:
        wait = patience(prefer, context.settings.api.wait)
        return await act(row, request, caller, context, key, condition, wait, dry_run=dry_run)

    async def forcible(
        request: Request,
        caller: Asking,
        context: Opened,
        force: Annotated[bool, Query()] = False,
        key: Key = None,
        condition: Condition = None,
        prefer: Prefer = None,
        dry_run: DryRun = False,
    ) -> Response:
        request.state.flags = {"force": force}
        return await endpoint(request, caller, context, key, condition, prefer, dry_run)

    return forcible if row.flags else endpoint


def _body_of(row: Row) -> dict[str, Any]:
    """Return the schema of an act's body: the command's own, without what stands in the address and in If-Match."""
    plain = _schema_of(row, row.command)
    if row.named_by == BODY:
        plain["properties"]["order"] = {"type": "string", "minLength": 1, "maxLength": 200, "title": "Order"}
        plain["required"] = [*plain.get("required", ()), "order"]
    if not row.variants:
        return plain
    plain["properties"] |= {member: {"const": False, "default": False} for member in row.variants}
    every = [plain, *(_variant(row, member) for member in row.variants)]
    return {"anyOf": every, "$defs": {name: held for each in every for name, held in each.pop("$defs", {}).items()}}


def _variant(row: Row, member: str) -> dict[str, Any]:
    schema = _schema_of(row, row.variants[member])
    schema["properties"][member] = {"const": True}
    schema["required"] = [*schema.get("required", ()), member]
    return schema


def _schema_of(row: Row, command: type[Command]) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(json.dumps(judging.model(command).model_json_schema(ref_template=REF)))
    hidden = {"expected_version", *row.filled, *row.flags}
    schema["properties"] = {n: each for n, each in schema.get("properties", {}).items() if n not in hidden}
    schema["required"] = [name for name in schema.get("required", ()) if name not in hidden]
    if not schema["required"]:
        del schema["required"]
    return schema


REF: Final = "#/components/schemas/{model}"


def _described(row: Row) -> Described:
    """Return an act as the console has to know it."""
    name, parts = row.command.name, tuple(part[1:-1] for part in row.path.split("/") if part.startswith("{"))
    label = _LABELS.get(name, name)
    return Described(name, label, row.method, row.path, _body_of(row), row.edits, parts, scopes.of_act(row))


def _add(row: Row, told: Described) -> None:
    parameters = [{"name": part, "in": "path", "required": True, "schema": {"type": "string"}} for part in told.parts]
    extra: dict[str, Any] = {"parameters": parameters}
    body = told.schema
    extra["requestBody"] = {
        "required": bool(body.get("required")),
        "content": {"application/json": {"schema": body}},
    }
    router.add_api_route(
        row.path,
        _endpoint(row),
        methods=[row.method],
        summary=row.summary,
        description=" ".join((row.command.__doc__ or "").split()),
        operation_id=row.operation_id,
        tags=[row.path.split("/")[1]],
        status_code=201 if row.made else 200,
        response_model=m.AcceptedModel if row.made else m.AcceptedModel | m.DryRunModel,
        responses={202: {"model": m.PendingModel, "description": "Accepted, not decided yet"}},
        openapi_extra=extra,
    )


_LABELS: Final = {each.name: each.label for each in COMMANDS}
DESCRIBED: Final[dict[str, list[Described]]] = {}
"""Every act by its command's name."""
for _row in TABLE:
    _told = _described(_row)
    _add(_row, _told)
    DESCRIBED.setdefault(_told.command, []).append(_told)
