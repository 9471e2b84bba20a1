"""Views: saved filters of lists, of one's own or shared with a store."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.api import list_models as lm
from hub.api.context import Asking, Opened, need
from hub.api.described import PROBLEMS
from hub.api.models import Model, told
from hub.api.pages import READERS
from hub.api.problems import Fault, Problem
from hub.api.routing import Strict
from hub.desk import views
from hub.desk.views import View, Wish

router: Final = APIRouter(prefix="/v1/views", route_class=Strict, tags=["views"], responses=PROBLEMS)
Id = Annotated[str, Path(alias="view", pattern=r"^[A-Za-z0-9_-]{1,64}$", description="An id that the owner chooses.")]
List = Literal["orders", "pending-orders", "fraud-review", "returns", "refunds", "flash-reorders", "attention"]
_QUERIES: Final[Mapping[str, type[lm.Paged]]] = MappingProxyType(
    {
        "orders": lm.OrderQuery,
        "pending-orders": lm.OfStore,
        "fraud-review": lm.OfStore,
        "returns": lm.ReturnQuery,
        "refunds": lm.RefundQuery,
        "flash-reorders": lm.FlashQuery,
        "attention": lm.ReasonQuery,
    }
)
"""What each list is asked by."""
_OF_A_PAGE: Final = ("cursor", "after", "limit", "count")


class ViewWanted(BaseModel):
    """A filter to save: of which list, and its query as it stands in the list's address behind the question mark.

    With `store`, everybody who sees that store sees the view.
    """

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]*$")]
    list: List
    query: Annotated[str, Field(max_length=2000, pattern=r"^[^\x00-\x1f]*$")] = ""
    store: lm.Word | None = None


class ViewModel(Model):
    """A saved filter; `mine`: the caller may change it."""

    id: str
    name: str
    list: str
    query: str
    store: str | None
    mine: bool
    owner: str
    changed_at: datetime


class ViewsModel(Model):
    """Saved filters, by name."""

    items: list[ViewModel]


def _told(view: View, caller: Asking) -> ViewModel:
    return told(view, ViewModel, mine=view.owner == caller.id, owner=view.owner_name)


def _checked(wanted: ViewWanted) -> str:
    """Return the query as it is kept; raises Problem where the list couldn't be asked by it."""
    pairs = parse_qsl(wanted.query.removeprefix("?"), keep_blank_values=True)
    given: dict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        given[name].append(value)
    if named := sorted({*given} & {*_OF_A_PAGE}):
        faults = [Fault("/query", f"{each} is of one page: leave it out") for each in named]
        raise Problem("data_invalid", "a view is kept without what is of one page", errors=faults)
    kind = _QUERIES[wanted.list]
    many = {name for name, field in kind.model_fields.items() if field.annotation == list[lm.Word]}
    asked: dict[str, Any] = {n: held if n in many or len(held) > 1 else held[0] for n, held in given.items()}
    try:
        kind.model_validate(asked)
    except ValidationError as error:
        faults = [Fault("/query", f"{'.'.join(map(str, each['loc']))}: {each['msg']}") for each in error.errors()]
        raise Problem("data_invalid", f"{wanted.list} can't be asked by this query", errors=faults) from error
    return urlencode(pairs)


@router.get("", summary="Saved filters")
async def listed(
    request: Request,
    caller: Asking,
    context: Opened,
    of: Annotated[List | None, Query(alias="list")] = None,
) -> ViewsModel:
    """Return your own views, and those that are shared with a store of yours."""
    await need(request, caller, *sorted(READERS))
    return ViewsModel(items=[_told(each, caller) for each in await views.seen(context.desk, caller, of)])


@router.get("/{view}", summary="A saved filter")
async def show(request: Request, view: Id, caller: Asking, context: Opened) -> ViewModel:
    """Return a view of yours, or one that is shared with a store of yours."""
    await need(request, caller, *sorted(READERS))
    return _told(await views.show(context.desk, caller, view), caller)


@router.put("/{view}", summary="Save a filter", responses={201: {"model": ViewModel, "description": "It is new"}})
async def put(
    request: Request, response: Response, view: Id, wanted: ViewWanted, caller: Asking, context: Opened
) -> ViewModel:
    """Save a filter under an id of your choice, or change your own; sending it again changes nothing."""
    await need(request, caller, *sorted(READERS))
    wish = Wish(wanted.name, wanted.list, _checked(wanted), wanted.store)
    kept, new = await views.put(context.desk, caller, view, wish)
    response.status_code = 201 if new else 200
    return _told(kept, caller)


@router.delete("/{view}", summary="Delete a saved filter", status_code=204)
async def drop(request: Request, view: Id, caller: Asking, context: Opened) -> None:
    """Delete a view of yours."""
    await need(request, caller, *sorted(READERS))
    await views.drop(context.desk, caller, view)
