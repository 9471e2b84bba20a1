"""What if: an operator tries other choices of the retailer on orders that there are."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from hub.api import pages
from hub.api.context import Opened
from hub.api.list_models import Word
from hub.api.models import ChangeModel, Model, Moment, told
from hub.api.operating import Operator, routes, sees_all
from hub.desk import what_if
from hub.desk.what_if import Difference

router: Final = routes()


class Tried(BaseModel):
    """Other choices, by their names in HUB_POLICY, and the orders to try them on: those named, or the newest.

    Durations are in ISO 8601, such as P2D.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: Annotated[dict[Annotated[str, Field(max_length=100)], Any], Field(min_length=1, max_length=50)]
    orders: Annotated[list[Word], Field(max_length=200)] = []
    placed_from: Moment | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 100


class DifferenceModel(Model):
    """An order that would stand otherwise.

    `seq` and `what` name the first entry of its timeline that would have ended otherwise (`would`, it `was`); null
    where only a deadline made the difference. `fields` are those of the order that differ.
    """

    order_id: str
    number: str
    seq: int | None
    what: str | None
    was: str | None
    would: str | None
    state: str | None
    would_be: str | None
    fields: list[ChangeModel]


class WhatIfModel(Model):
    """How many orders were decided again, how many can't be any more, and those that would stand otherwise."""

    looked_at: int
    left_out: int
    differ: int
    differences: list[DifferenceModel]


@router.post("/what-if", summary="Try other choices")
async def compare(said: Tried, caller: Operator, context: Opened) -> WhatIfModel:
    """Return how orders would stand had the retailer chosen otherwise; nothing is changed, and nobody asked anything.

    Partners say what they said; deadlines come when the other choices set them.
    """
    with context.works.taken():
        found = await what_if.compare(context.desk, said.policy, said.orders, said.placed_from, caller.sees, said.limit)
    whole = sees_all(caller)
    return WhatIfModel(
        looked_at=found.looked_at,
        left_out=found.left_out,
        differ=len(found.differences),
        differences=[_difference(each, whole=whole) for each in found.differences],
    )


def _difference(each: Difference, *, whole: bool) -> DifferenceModel:
    return told(each, DifferenceModel, fields=pages.changes(each.fields, whole=whole))
