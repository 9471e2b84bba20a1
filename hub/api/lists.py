"""Lists and the one search box: pages of what the listing has, in the stores that the caller may see."""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response

from domain import rights
from hub.api import list_models as lm
from hub.api.context import Asking, Context, Opened, need
from hub.api.described import PROBLEMS
from hub.api.pages import READERS
from hub.api.routing import Strict
from hub.desk import counts, order_lists, search, work_lists
from hub.desk.callers import Caller
from hub.desk.order_lists import OrderFilter
from hub.desk.paging import Page, Paging
from hub.desk.work_lists import FlashFilter, ReasonFilter, RefundFilter, ReturnFilter

router: Final = APIRouter(prefix="/v1", route_class=Strict, responses=PROBLEMS)


async def _paging(context: Context, caller: Caller, asked: lm.Paged) -> Paging:
    """Return the page that is asked for, once the listing has what the caller did before, if he says so."""
    if asked.after is not None:
        await context.acts.until_listed(caller, asked.after)
    return Paging(context.cursor_key, asked.limit, asked.cursor, asked.count)


def _told(request: Request, response: Response, page: Page[Any], kind: type[lm.FromRow]) -> dict[str, Any]:
    """Return the members of a page, and name the next one in the headers."""
    name_next(request, response, page.next_cursor)
    return {
        "items": [kind.of(row) for row in page.items],
        "next_cursor": page.next_cursor,
        "count": None if page.count is None else _count(page.count),
        "listing": lm.ListingModel.of(page.listing),
    }


def _count(count: Any) -> lm.CountModel:
    return lm.CountModel(value=count.value, capped=count.capped)


def name_next(request: Request, response: Response, cursor: str | None) -> None:
    """Name the next page in the headers, if there is one: the same list, from the cursor on."""
    if cursor is not None:
        kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("cursor", "after")]
        following = urlencode([*kept, ("cursor", cursor)])
        response.headers["Link"] = f'<{request.url.path}?{following}>; rel="next"'


def _values(asked: lm.Paged, *names: str) -> dict[str, Any]:
    """Return filters of these names as the desk takes them."""
    held = {name: getattr(asked, name) for name in names}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in held.items()}


_ORDER_FILTERS: Final[Sequence[str]] = tuple(OrderFilter.__dataclass_fields__)


@router.get("/orders", summary="Lists and search", tags=["orders"])
async def orders(
    request: Request, response: Response, caller: Asking, context: Opened, asked: Annotated[lm.OrderQuery, Query()]
) -> lm.FoundModel:
    """Return orders, never drafts: filtered, or by what people type into one box (`q`)."""
    await need(request, caller, *sorted(READERS))
    wanted, page = OrderFilter(**_values(asked, *_ORDER_FILTERS)), await _paging(context, caller, asked)
    if asked.q is None:
        listed = await order_lists.orders(context.desk, caller.sees, wanted, page, asked.sort)
        told = _told(request, response, listed, lm.ListedOrderModel)
        return lm.FoundModel(**told, understood=[], narrowed=False, only=None)
    found = await search.orders(context.desk, caller.sees, asked.q, wanted, page, asked.sort)
    meant = [lm.UnderstoodModel(kind=each.kind, value=each.value) for each in found.understood]
    told = _told(request, response, found.page, lm.ListedOrderModel)
    return lm.FoundModel(**told, understood=meant, narrowed=found.narrowed, only=found.only)


@router.get("/pending-orders", summary="Drafts", tags=["orders"])
async def pending(
    request: Request, response: Response, caller: Asking, context: Opened, asked: Annotated[lm.OfStore, Query()]
) -> lm.ListModel[lm.ListedOrderModel]:
    """Return the drafts, the last changed first."""
    await need(request, caller, *sorted(READERS))
    page = await order_lists.pending(
        context.desk, caller.sees, await _paging(context, caller, asked), tuple(asked.store)
    )
    return lm.ListModel[lm.ListedOrderModel](**_told(request, response, page, lm.ListedOrderModel))


@router.get("/fraud-review", summary="Doubted orders", tags=["orders"])
async def fraud_review(
    request: Request, response: Response, caller: Asking, context: Opened, asked: Annotated[lm.OfStore, Query()]
) -> lm.ListModel[lm.ListedOrderModel]:
    """Return the orders whose fraud verdict a person has to judge, those placed first before the others."""
    await need(request, caller, rights.REVIEW)
    page = await order_lists.fraud_review(
        context.desk, caller.sees, await _paging(context, caller, asked), tuple(asked.store)
    )
    return lm.ListModel[lm.ListedOrderModel](**_told(request, response, page, lm.ListedOrderModel))


@router.get("/customers/{customer}/orders", summary="A customer's orders", tags=["customers"])
async def of_customer(
    request: Request,
    response: Response,
    customer: Annotated[str, Path(max_length=200)],
    caller: Asking,
    context: Opened,
    asked: Annotated[lm.Paged, Query()],
) -> lm.ListModel[lm.ListedOrderModel]:
    """Return the orders of a customer, by his id, newest first."""
    await need(request, caller, *sorted(READERS))
    page = await order_lists.of_customer(context.desk, caller.sees, customer, await _paging(context, caller, asked))
    return lm.ListModel[lm.ListedOrderModel](**_told(request, response, page, lm.ListedOrderModel))


@router.get("/returns", summary="Returns", tags=["returns"])
async def returns(
    request: Request, response: Response, caller: Asking, context: Opened, asked: Annotated[lm.ReturnQuery, Query()]
) -> lm.ListModel[lm.ListedReturnModel]:
    """Return returns, the oldest request first."""
    await need(request, caller, *sorted(READERS | {rights.RECEIVE_RETURN}))
    wanted = ReturnFilter(**_values(asked, *ReturnFilter.__dataclass_fields__))
    page = await work_lists.returns(context.desk, caller.sees, wanted, await _paging(context, caller, asked))
    return lm.ListModel[lm.ListedReturnModel](**_told(request, response, page, lm.ListedReturnModel))


@router.get("/refunds", summary="Refunds", tags=["refunds"])
async def refunds(
    request: Request, response: Response, caller: Asking, context: Opened, asked: Annotated[lm.RefundQuery, Query()]
) -> lm.ListModel[lm.ListedRefundModel]:
    """Return refunds, the oldest request first."""
    await need(request, caller, *sorted(READERS))
    wanted = RefundFilter(**_values(asked, *RefundFilter.__dataclass_fields__))
    page = await work_lists.refunds(context.desk, caller.sees, wanted, await _paging(context, caller, asked))
    return lm.ListModel[lm.ListedRefundModel](**_told(request, response, page, lm.ListedRefundModel))


@router.get("/flash-reorders", summary="Flash reorders", tags=["flash-reorders"])
async def flash_reorders(
    request: Request, response: Response, caller: Asking, context: Opened, asked: Annotated[lm.FlashQuery, Query()]
) -> lm.ListModel[lm.ListedFlashModel]:
    """Return flash reorders, those asked for longest ago first."""
    await need(request, caller, *sorted(READERS))
    wanted = FlashFilter(**_values(asked, *FlashFilter.__dataclass_fields__))
    page = await work_lists.flash_reorders(context.desk, caller.sees, wanted, await _paging(context, caller, asked))
    return lm.ListModel[lm.ListedFlashModel](**_told(request, response, page, lm.ListedFlashModel))


@router.get("/attention", summary="What people should look at", tags=["attention"])
async def attention(
    request: Request, response: Response, caller: Asking, context: Opened, asked: Annotated[lm.ReasonQuery, Query()]
) -> lm.ListModel[lm.ListedReasonModel]:
    """Return the reasons why people should look at orders, by deadline; an order may have several.

    Orders in quarantine are among them, as reasons of the kind `quarantine`.
    """
    await need(request, caller, *sorted(READERS | {rights.OPERATE}))
    given = _values(asked, "kind", "what", "by", "store", "overdue", "blocking")
    wanted = ReasonFilter(**given, mine=caller.name if asked.mine else None)
    page = await work_lists.reasons(context.desk, caller.sees, wanted, await _paging(context, caller, asked))
    return lm.ListModel[lm.ListedReasonModel](**_told(request, response, page, lm.ListedReasonModel))


@router.get("/counts", summary="How much waits", tags=["attention"])
async def count(request: Request, caller: Asking, context: Opened) -> lm.CountsModel:
    """Return how much waits for people, each counted up to 1,000."""
    await need(request, caller, *sorted(READERS))
    found = await counts.read(context.desk, caller.sees)
    names = [name for name in lm.CountsModel.model_fields if name != "listing"]
    return lm.CountsModel(
        **{name: _count(getattr(found, name)) for name in names}, listing=lm.ListingModel.of(found.listing)
    )
