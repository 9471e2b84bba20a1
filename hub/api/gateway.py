"""The payment gateway over HTTP: what is open or in doubt, and what comparing both books found last."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Query

from hub.api.context import Opened
from hub.api.list_models import FromRow
from hub.api.models import Model, MoneyModel, told
from hub.api.operating import Onlooker, routes
from hub.desk import gateway, stores

router: Final = routes()


class CallModel(FromRow):
    """A call to the provider: `attempts` is how often it was sent, `doubts` how often nobody knew its outcome."""

    request_id: str
    order_id: str
    kind: str
    payment_id: str | None
    amount: MoneyModel
    state: str
    attempts: int
    doubts: int
    provider_id: str | None
    next_at: datetime
    last_error: str | None
    received_at: datetime


class StateCountModel(Model):
    """How many calls are in a state, and since when the oldest was asked for."""

    state: str
    count: int
    oldest: datetime


class DifferenceModel(Model):
    """Where both books differ on a payment: `what` is captured, refunded, held or currency; sums in minor units."""

    payment_id: str
    order_id: str
    what: str
    provider: int | str | None
    hub: int | str | None


class ReconciliationModel(Model):
    """What `hub gateway reconcile` found the last time: how many differences, and the first hundred.

    `provider` and `hub` are the sums of both books by currency; differences `in_motion` are those while a call is open.
    """

    at: datetime
    payments: int
    differences: int
    in_motion: int
    first_differences: list[DifferenceModel]
    provider: dict[str, dict[str, int]]
    hub: dict[str, dict[str, int]]


class GatewayModel(Model):
    """What the gateway has in hand: the oldest calls first, all of them counted by state."""

    counts: list[StateCountModel]
    calls: list[CallModel]
    last_reconciliation: ReconciliationModel | None


@router.get("/gateway", summary="The payment gateway")
async def show_gateway(
    caller: Onlooker,
    context: Opened,
    unknown: Annotated[bool, Query(description="Only calls whose outcome is unknown, given up or unreadable.")] = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> GatewayModel:
    """Return the calls to the payment provider that are not answered yet, and what comparing both books found last."""
    found = await gateway.standing(context.desk, only_unknown=unknown, limit=limit, stores=caller.sees)
    last = None if found.last is None else _books(found.last)
    if last is not None:
        hidden = await stores.elsewhere(context.desk, [each.order_id for each in last.first_differences], caller.sees)
        shown = [each for each in last.first_differences if each.order_id not in hidden]
        last = last.model_copy(update={"first_differences": shown})
    return GatewayModel(
        counts=[told(each, StateCountModel) for each in found.counts],
        calls=[CallModel.of(each) for each in found.calls],
        last_reconciliation=last,
    )


def _books(row: Any) -> ReconciliationModel:
    first = [DifferenceModel(**each) for each in row.result["differences"]]
    sums = {name: row.result[name] for name in ("provider", "hub")}
    return told(row, ReconciliationModel, first_differences=first, **sums)
