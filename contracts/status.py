"""order.status: how an order stands; it holds no personal data."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.checks import Identifies
from contracts.message import Code, Count, Id, LineNumber, Message, Moment, Money, Part


class ShipmentWords(Part):
    """What the systems around the hub call a shipment's state; a system without a word for it is left out."""

    osmose_fr: Code | None = None
    osmose_en: Code | None = None
    peloton: Code | None = None
    elastic_path: Code | None = None


class StatusWords(Part):
    """What the systems around the hub call the order's status; Travorium's word follows the money."""

    osmose_fr: Code | None = None
    osmose_en: Code | None = None
    peloton: Code | None = None
    peloton_shipment: Code | None = None
    elastic_path: Code | None = None
    omc: Code | None = None
    travorium: Code | None = None


class StatusLine(Part):
    """A line as it stands."""

    line: LineNumber
    sku: Id
    quantity: Count
    state: Code
    title: Code | None = None
    variant: Code | None = None


class StatusShipment(Part):
    """A shipment as it stands."""

    shipment_id: Annotated[Id, Identifies]
    state: Code
    carrier: Id | None = None
    tracking_number: Id | None = None
    words: ShipmentWords | None = None


class StatusReturn(Part):
    """A return as it stands."""

    rma_code: Annotated[Id, Identifies]
    state: Code
    outcome: Code


class StatusRefund(Part):
    """A refund as it stands."""

    refund_id: Annotated[Id, Identifies]
    state: Code
    amount: Money
    requested_at: Moment | None = None


class StatusVerdict(Part):
    """What the fraud service thinks of the order: `score` is 0 to 100, 100 the riskiest."""

    clear: bool
    score: Annotated[int, Field(ge=0, le=100)] | None = None
    reasons: tuple[Code, ...] = ()


class Waiting(Part):
    """A message that is owed: what, by whom, and until when."""

    message: Code
    party: Code
    due_at: Moment | None = None


class OrderStatus(Message, kw_only=True):
    """The order as it stands: what a CSR tool subscribes to."""

    name: ClassVar[str] = "order.status"

    number: Id
    version: Annotated[int, Field(ge=0)]
    kind: Code
    store: Id
    channel: Code
    status: Code
    words: StatusWords | None = None
    holds: tuple[Code, ...] = ()
    alerts: tuple[Code, ...] = ()
    flags: tuple[Code, ...] = ()
    payment: Code
    total: Money
    captured: Money
    refunded: Money
    lines: tuple[StatusLine, ...]
    shipments: tuple[StatusShipment, ...] = ()
    returns: tuple[StatusReturn, ...] = ()
    refunds: tuple[StatusRefund, ...] = ()
    links: tuple[Id, ...] = ()
    locked_by: Code | None = None
    assignee: Code | None = None
    waiting: tuple[Waiting, ...] = ()
    placed_at: Moment | None = None
    verdict: StatusVerdict | None = None
