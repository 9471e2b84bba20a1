"""What the API's lists are asked by, and what their rows tell."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from hub.api.models import Model, Moment, MoneyModel, told

Row = TypeVar("Row")
Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Words = Annotated[list[Word], Field(max_length=50)]
Age = Annotated[
    Annotated[timedelta, Field(ge=timedelta(), le=timedelta(days=36_525))] | None,
    Field(description="An ISO 8601 duration, such as P3D; 100 years at most."),
]


def _no_text(given: object) -> object:
    """Let a parameter that is there and empty count as if it were not."""
    return None if given == "" else given


class Cursored(BaseModel):
    """What every list is asked by, whatever its pages hold; an unknown filter is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cursor: Annotated[Annotated[str, Field(max_length=2000)] | None, BeforeValidator(_no_text)] = None
    after: Annotated[
        Annotated[str, Field(max_length=40)] | None,
        BeforeValidator(_no_text),
        Field(description="The command_id of your act: waits, 1 s at most, until the list shows it."),
    ] = None


class Paged(Cursored):
    """What a list of rows is asked by."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    count: Annotated[bool, Field(description="Count the rows, up to 1,000.")] = False


class OfStore(Paged):
    """A list that can be narrowed to stores."""

    store: Words = []


class OrderQuery(OfStore):
    """Orders: those of one filter are alternatives, and every filter must be met."""

    q: Annotated[
        Annotated[str, Field(max_length=200)] | None, BeforeValidator(_no_text), Field(description="What people type.")
    ] = None
    state: Words = []
    hold: Words = []
    alert: Words = []
    kind: Words = []
    channel: Words = []
    payment: Words = []
    locked_by: Words = []
    assignee: Words = []
    overdue: bool = False
    attention: bool = False
    placed_from: Moment | None = None
    placed_to: Moment | None = None
    age_over: Age = None
    sort: Annotated[str, Field(pattern=r"^-?(placed|due|updated|number|name|total|state|store)$")] = "placed"


class ReturnQuery(OfStore):
    """Returns."""

    rma: Words = []
    state: Words = []
    warehouse: Words = []
    age_over: Age = None


class RefundQuery(OfStore):
    """Refunds; `over` in minor units."""

    state: Words = []
    tender: Words = []
    requested_by: Words = []
    over: Annotated[int | None, Field(ge=0, le=10**15)] = None


class FlashQuery(OfStore):
    """Flash reorders."""

    state: Words = []
    warehouse: Words = []
    age_over: Age = None


class ReasonQuery(OfStore):
    """Reasons why people should look at orders; `mine`: of orders that were given to the caller."""

    kind: Words = []
    what: Words = []
    by: Words = []
    overdue: bool = False
    blocking: bool = False
    mine: bool = False


class TeamQuery(Cursored):
    """Stores by name; a `store` may be repeated."""

    limit: Annotated[int, Field(ge=1, le=20)] = 10
    store: Words = []


class FromRow(Model):
    """A row of a list, made of the desk's; amounts become money."""

    @classmethod
    def of(cls, row: Any) -> Self:
        """Return the row as it is told."""
        found = {name: getattr(row, name) for name in row.__dataclass_fields__}
        for name in ("total", "amount", "refunded"):
            if name in found:
                found[name] = MoneyModel(amount=found[name], currency=found["currency"])
        return cls(**{name: list(held) if isinstance(held, tuple) else held for name, held in found.items()})


class ListedOrderModel(FromRow):
    """An order in a list; `owed` is the first message that it waits for, by whom and until when."""

    order_id: str
    version: int
    number: str
    store: str
    state: str
    kind: str
    channel: str
    placed_at: datetime
    updated_at: datetime
    customer_name: str
    billing_postcode: str
    total: MoneyModel
    payment: str
    pieces: int
    holds: list[str]
    alerts: list[str]
    attention: bool
    blocking: bool
    overdue: bool
    owed: str | None
    owed_by: str | None
    due_at: datetime | None
    locked_by: str | None
    assignee: str | None
    risk_score: int | None
    risk_reasons: list[str]


class ListedReturnModel(FromRow):
    """A return in a list."""

    order_id: str
    rma_code: str
    number: str
    store: str
    state: str
    outcome: str
    requested_at: datetime
    warehouse: str | None
    pieces: int
    received: int


class ListedRefundModel(FromRow):
    """A refund in a list."""

    order_id: str
    refund_id: str
    number: str
    store: str
    state: str
    amount: MoneyModel
    tender: str
    reason: str
    requested_at: datetime
    requested_by: str | None
    rma_code: str | None


class ListedFlashModel(FromRow):
    """A flash reorder in a list."""

    order_id: str
    flash_id: str
    number: str
    store: str
    state: str
    since: datetime
    warehouse: str | None
    pieces: int
    found: int


class ListedReasonModel(FromRow):
    """Why a person should look at an order, and what to do; `at` is the deadline, or since when it is so.

    `quarantine`: a rule failed on the order; where it was never decided on, nobody knows its number and store.
    """

    order_id: str
    number: str | None
    store: str | None
    kind: str
    what: str
    by: str
    do: str
    since: datetime | None
    due_at: datetime | None
    blocking: bool
    at: datetime
    assignee: str | None


class CountModel(Model):
    """How many rows there are; where it is capped, at least so many."""

    value: int
    capped: bool


class ListingModel(Model):
    """How current a list is: `building` lists may lack orders, and say how far they are."""

    state: str
    behind_seconds: float
    percent: int | None

    @classmethod
    def of(cls, standing: Any) -> Self:
        """Return how current the listing is, as it is told."""
        return told(standing, cls, behind_seconds=round(standing.behind_seconds, 1))


class ListModel(Model, Generic[Row]):
    """A page of a list: its rows, where the next one begins, and how current it is."""

    items: list[Row]
    next_cursor: str | None
    count: CountModel | None
    listing: ListingModel


class UnderstoodModel(Model):
    """What was typed, as it was understood."""

    kind: str
    value: str


class FoundModel(ListModel[ListedOrderModel]):
    """Orders; with `q`, what it was taken for, and the number of the one order that it names, if it names one."""

    understood: list[UnderstoodModel]
    narrowed: bool
    only: str | None


class CountsModel(Model):
    """How much waits for people, by where they find it."""

    attention: CountModel
    blocking: CountModel
    pending: CountModel
    fraud_review: CountModel
    returns: CountModel
    refunds: CountModel
    flash_reorders: CountModel
    listing: ListingModel
