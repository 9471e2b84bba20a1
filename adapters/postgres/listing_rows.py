"""The rows of the listing, as people and tools read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """An order in a list; `total` is in minor units, `owed` the first message that it waits for."""

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
    total: int
    currency: str
    payment: str
    pieces: int
    holds: Sequence[str]
    alerts: Sequence[str]
    attention: bool
    blocking: bool
    overdue: bool
    owed: str | None
    owed_by: str | None
    due_at: datetime | None
    locked_by: str | None
    assignee: str | None
    risk_score: int | None
    risk_reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class ListedReturn:
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


@dataclass(frozen=True, slots=True)
class ListedRefund:
    """A refund in a list; `amount` is in minor units."""

    order_id: str
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


@dataclass(frozen=True, slots=True)
class ListedFlash:
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


@dataclass(frozen=True, slots=True)
class ListedReason:
    """A reason why a person should look at an order; `at` is its deadline, or since when it is so.

    Of an order in quarantine that was never decided on nobody knows number and store.
    """

    order_id: str
    i: int
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
