"""Many at once: refunds approved or taken back together, each as a command of its own; one refusal stops no other."""

from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from contracts import commands as c
from domain import rights
from hub.api.acting import Key, checked_key
from hub.api.acts import REFUND
from hub.api.codes import code_of
from hub.api.context import Asking, Context, Opened, in_turn, need, traced
from hub.api.described import PROBLEMS
from hub.api.list_models import Word
from hub.api.models import Model
from hub.api.orders import order_named, order_with
from hub.api.problems import Problem, told_as
from hub.api.routing import Strict
from hub.desk import acts
from hub.desk.acts import Act, KeyIsReused
from hub.desk.callers import Caller
from hub.desk.errors import ListingIsNotBuilt, NumberIsAmbiguous
from hub.desk.orders import StoredOrder
from hub.together import each_of

router: Final = APIRouter(prefix="/v1", route_class=Strict, tags=["refunds"], responses=PROBLEMS)
MOST: Final = 100
TOGETHER: Final = 10
"""Commands of one request that are under way at the same time."""


class OneRefund(BaseModel):
    """A refund, and the order that it is of, by number or id; without one the order is looked for in the listing."""

    model_config = ConfigDict(frozen=True)

    order: Word | None = None
    refund_id: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,200}$")]


class Refunds(BaseModel):
    """Refunds to decide on, 100 at most."""

    model_config = ConfigDict(frozen=True)

    refunds: Annotated[list[OneRefund], Field(min_length=1, max_length=MOST)]
    reason: Annotated[str | None, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")] = None


class ResultModel(Model):
    """What became of one of them: `accepted`, `rejected` with the code, or `waiting` for its answer."""

    order: str | None
    refund_id: str
    command_id: str | None
    state: str
    code: str | None
    detail: str | None


class ResultsModel(Model):
    """A result for each, in their order."""

    results: list[ResultModel]


@router.post("/refunds/approve", summary="Approve many refunds")
async def approve(request: Request, said: Refunds, caller: Asking, context: Opened, key: Key = None) -> ResultsModel:
    """Approve refunds, each by a command of its own; who asked for one can't approve it where two persons must."""
    return await _each(request, said, caller, context, key, c.ApproveRefund)


@router.post("/refunds/cancel", summary="Take many refunds back")
async def cancel(request: Request, said: Refunds, caller: Asking, context: Opened, key: Key = None) -> ResultsModel:
    """Take refunds back before they are approved."""
    return await _each(request, said, caller, context, key, c.CancelRefund)


async def _each(
    request: Request,
    said: Refunds,
    caller: Caller,
    context: Context,
    key: str | None,
    kind: type[c.ApproveRefund | c.CancelRefund],
) -> ResultsModel:
    await need(request, caller, rights.APPROVE_REFUND)
    whole = checked_key(key)

    async def one(each: OneRefund) -> ResultModel:
        await in_turn(context.acting, caller)
        try:
            return await _one(request, each, said.reason, caller, context, whole, kind)
        except (NumberIsAmbiguous, ListingIsNotBuilt, KeyIsReused) as error:  # what is wrong with one of them alone
            return _result(each, None, "rejected", code_of(error), str(error))
        except Problem as problem:
            if problem.status >= 500:
                raise
            return _result(each, None, "rejected", problem.code, problem.detail)

    return ResultsModel(results=await each_of(said.refunds, one, TOGETHER))


async def _one(
    request: Request,
    each: OneRefund,
    reason: str | None,
    caller: Caller,
    context: Context,
    key: str,
    kind: type[c.ApproveRefund | c.CancelRefund],
) -> ResultModel:
    row = await _order_of(request, each, caller, context)
    command = kind(each.refund_id, reason=reason)
    own = f"{key} {each.refund_id}"
    print_ = acts.fingerprint("POST", f"{kind.name} {row.order_id}", "", command.encoded())
    asked = Act(caller, own, row.order_id, command, print_, traced(request))
    answer = await context.acts.do(asked, context.settings.api.wait)
    if answer.outcome is None:
        return _result(each, answer.command_id, "waiting")
    if answer.code is None:
        return _result(each, answer.command_id, "accepted")
    return _result(each, answer.command_id, "rejected", told_as(answer.code), answer.detail)


async def _order_of(request: Request, each: OneRefund, caller: Caller, context: Context) -> StoredOrder:
    if each.order is not None:
        return await order_named(request, context, caller, each.order)
    return await order_with(request, context, caller, REFUND, each.refund_id)


def _result(
    each: OneRefund, command_id: str | None, state: str, code: str | None = None, detail: str | None = None
) -> ResultModel:
    return ResultModel(
        order=each.order, refund_id=each.refund_id, command_id=command_id, state=state, code=code, detail=detail
    )
