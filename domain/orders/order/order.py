"""The order: one state, and beside it its lines, shipments, payment, returns, refunds, holds and alerts."""

from collections.abc import Mapping
from datetime import datetime

from domain.deciding.values import Value, field
from domain.orders.order.alerts import Alert
from domain.orders.order.contact import Contact
from domain.orders.order.exchanges import Exchange, Origin
from domain.orders.order.flash_reorders import Flash, Unfound
from domain.orders.order.fraud import Verdict
from domain.orders.order.lines import Line
from domain.orders.order.locks import Lock
from domain.orders.order.payment import Payment
from domain.orders.order.pending import ArmedTimer, ParkedFact
from domain.orders.order.recalls import Recall
from domain.orders.order.refunds import Refund
from domain.orders.order.returns import Return
from domain.orders.order.shipments import Shipment, ShipmentState
from domain.orders.order.state import RANK, State


class Order(Value):
    """An order; without a state it is a shell that holds facts which came before it.

    `version` counts the changes that a person can see; `as_of` is the latest append time applied: deadlines count
    from there. Amounts are minor units of `currency`.
    """

    id: str
    state: State | None = None
    version: int = 0
    number: str = ""
    store: str = ""
    channel: str = ""
    kind: str = "regular"
    currency: str = ""
    customer_id: str = ""
    locale: str = "en"
    contact: Contact | None = None
    payment_method: str = "card"
    carrier: str | None = None
    lines: tuple[Line, ...] = ()
    shipping_fee: int = 0
    shipments: tuple[Shipment, ...] = ()
    payment: Payment = field(default_factory=Payment)
    verdict: Verdict | None = None
    always_review: bool = False
    asked_customer: bool = False
    follow_ups: int = 0
    returns: tuple[Return, ...] = ()
    refunds: tuple[Refund, ...] = ()
    flashes: tuple[Flash, ...] = ()
    unfound: tuple[Unfound, ...] = ()
    origin: Origin | None = None
    unwanted: str | None = None
    """Why the return of this exchange order ended, where it was picked by then: it ends once its goods are stopped."""
    exchanges: tuple[Exchange, ...] = ()
    holds: tuple[str, ...] = ()
    alerts: tuple[Alert, ...] = ()
    recalls: tuple[Recall, ...] = ()
    lock: Lock | None = None
    assignee: str | None = None
    fee_base: int | None = None
    """The shipping fee at order time, where part of it was absorbed since (OSM-44)."""
    cancelled_for: str | None = None
    """Why the order was cancelled: money that comes in afterwards goes back for that (F-11)."""
    resent: int = 0
    copies: int = 0
    delivered_at: datetime | None = None
    parked: tuple[ParkedFact, ...] = ()
    timers: tuple[ArmedTimer, ...] = ()
    links: tuple[str, ...] = ()
    closing: bool = False
    """True once the time for returns is over: the order is completed as soon as nothing is open (O-35)."""
    as_of: datetime | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
    """Fields of a stored document that this version of the rules doesn't know; kept as they are."""

    @classmethod
    def shell(cls, order_id: str) -> "Order":
        """Return an order of which nothing is known yet."""
        return cls(order_id)

    @property
    def total(self) -> int:
        """Return what the customer pays for all, in minor units."""
        return sum(line.price for line in self.lines) + self.shipping_fee

    @property
    def rank(self) -> int:
        """Return how far the order is; a shell is before all."""
        return -1 if self.state is None else RANK[self.state]

    @property
    def live_shipments(self) -> tuple[Shipment, ...]:
        """Return the shipments that are to travel."""
        gone = (ShipmentState.CANCELLED, ShipmentState.NOT_REQUIRED)
        return tuple(shipment for shipment in self.shipments if shipment.state not in gone)

    @property
    def lowest(self) -> int:
        """Return the rank of the shipment that is least far, or -1 without any."""
        return min((shipment.rank for shipment in self.live_shipments), default=-1)

    def line(self, number: int) -> Line | None:
        """Return the line of this number."""
        return next((line for line in self.lines if line.line == number), None)

    def shipment_of(self, line: int) -> Shipment | None:
        """Return the shipment that carries this line."""
        return next((shipment for shipment in self.shipments if line in shipment.lines), None)
