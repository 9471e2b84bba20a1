"""What is listed: the rows that an order leaves in each list."""

from datetime import datetime

from domain.deciding.values import Value
from domain.orders.view.terms import Term


class OrderRow(Value):
    """What lists show of an order, filter it by, and sort it by; amounts are in minor units of `currency`.

    `placed_at` is when the customer ordered; of a draft, and of an order older than that field, the latest time that is
    known. `owed` is the first message that it waits for. `attention` tells whether a person should look at it.
    """

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
    total: int
    currency: str
    payment: str
    pieces: int
    holds: tuple[str, ...]
    alerts: tuple[str, ...]
    attention: bool
    blocking: bool
    overdue: bool
    owed: str | None
    owed_by: str | None
    due_at: datetime | None
    locked_by: str | None
    assignee: str | None
    risk_score: int | None
    risk_reasons: tuple[str, ...]


class ReturnRow(Value):
    """A return; `warehouse` is the first one that its lines were sent from."""

    rma_code: str
    number: str
    store: str
    state: str
    outcome: str
    requested_at: datetime
    warehouse: str | None
    pieces: int
    received: int


class RefundRow(Value):
    """A refund; its amount is in minor units. Of one that names no `requested_at` it is the latest time known."""

    refund_id: str
    number: str
    store: str
    state: str
    amount: int
    currency: str
    tender: str
    reason: str
    requested_at: datetime
    requested_by: str | None
    rma_code: str | None


class FlashRow(Value):
    """A flash reorder; `since` is when the reorder desk was asked, or answered, or else the latest time known."""

    flash_id: str
    number: str
    store: str
    state: str
    since: datetime
    warehouse: str | None
    pieces: int
    found: int


class ReasonRow(Value):
    """A reason for which a person should look at the order; `i` counts the order's reasons from 0.

    `at` is what they are sorted by: the deadline, or since when it is so, or else the latest time that is known.
    """

    i: int
    number: str
    store: str
    kind: str
    what: str
    by: str
    do: str
    since: datetime | None
    due_at: datetime | None
    blocking: bool
    at: datetime
    assignee: str | None


class Rows(Value):
    """All rows of an order. `prints` tells two contents of each list apart, `digest` of all of them together."""

    order: OrderRow
    terms: tuple[Term, ...]
    returns: tuple[ReturnRow, ...]
    refunds: tuple[RefundRow, ...]
    flashes: tuple[FlashRow, ...]
    reasons: tuple[ReasonRow, ...]
    prints: tuple[int, ...] = ()
    digest: bytes = b""
