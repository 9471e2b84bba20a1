"""A customer's history over HTTP: what whoever judges a doubted order wants to know of the customer's other orders."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request

from domain import rights
from hub.api.context import Asking, Opened, need
from hub.api.described import PROBLEMS
from hub.api.list_models import FromRow, ListingModel
from hub.api.models import Model, MoneyModel
from hub.api.orders import Name, order_named
from hub.api.routing import Strict
from hub.desk import customer_history

router: Final = APIRouter(prefix="/v1", route_class=Strict, tags=["orders"], responses=PROBLEMS)


class OtherOrderModel(FromRow):
    """Another order of the customer; `matched` says by what: `customer_id`, `email`, `phone`.

    `cancelled_for` is why it was cancelled, `fraud_proven` for instance; `returns` counts its returns.
    """

    order_id: str
    number: str
    store: str
    state: str
    placed_at: datetime
    total: MoneyModel
    payment: str
    refunded: MoneyModel
    returns: int
    cancelled_for: str | None
    risk_score: int | None
    risk_reasons: list[str]
    matched: list[str]


class CustomerHistoryModel(Model):
    """A customer's other orders, newest first; `more`: there are others that are not told of."""

    items: list[OtherOrderModel]
    more: bool
    listing: ListingModel


@router.get("/orders/{order}/customer-history", summary="The customer's other orders")
async def show(
    request: Request,
    order: Name,
    caller: Asking,
    context: Opened,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CustomerHistoryModel:
    """Return the other orders with the same customer id, e-mail address or telephone number, in your stores."""
    await need(request, caller, rights.REVIEW)
    row = await order_named(request, context, caller, order)
    found = await customer_history.of(context.desk, row.order(), caller.sees, limit)
    return CustomerHistoryModel(
        items=[OtherOrderModel.of(each) for each in found.orders],
        more=found.more,
        listing=ListingModel.of(found.listing),
    )
