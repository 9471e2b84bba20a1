"""The order: one state, and beside it its lines, shipments, payment, returns, refunds, holds and alerts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from domain.deciding.values import Value, field
from domain.orders.order.alerts import Alert
from domain.orders.order.contact import Contact
from domain.orders.order.exchanges import Exchange, Origin, Replaced
from domain.orders.order.flash_reorders import Flash, Unfound
from domain.orders.order.fraud import Verdict
from domain.orders.order.lines import Line
from domain.orders.order.locks import Lock
from domain.orders.order.payment import Payment
from domain.orders.order.pending import ArmedTimer, ParkedFact
from domain.orders.order.recalls import Recall
from domain.orders.order.refunds import Refund
from domain.orders.order.returns import Return
from domain.orders.order.shipments import SHIPMENTS, Shipment
from domain.orders.order.state import RANK, State

LONGEST_NUMBER: Final = 200
"""Characters of an order's number."""
_NEEDLESS: Final = SHIPMENTS["needless"]


class Order(Value):
    """An order.

    An order without a state is a shell: it only holds facts that came before the order was placed. `version` counts the
    changes that people can see. `as_of` is the latest append time that was applied; deadlines start from it. Amounts
    are in minor units of `currency`.
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
    """Why the return of this exchange order ended after picking began. The order ends once its goods are stopped."""
    exchanges: tuple[Exchange, ...] = ()
    replaced: tuple[Replaced, ...] = ()
    holds: tuple[str, ...] = ()
    alerts: tuple[Alert, ...] = ()
    recalls: tuple[Recall, ...] = ()
    lock: Lock | None = None
    assignee: str | None = None
    fee_base: int | None = None
    """The shipping fee at order time, set once part of the fee was waived (OSM-44)."""
    cancelled_for: str | None = None
    """Why the order was cancelled. It is also the reason of refunds for money that comes in afterwards (F-11)."""
    resent: int = 0
    copies: int = 0
    delivered_at: datetime | None = None
    parked: tuple[ParkedFact, ...] = ()
    timers: tuple[ArmedTimer, ...] = ()
    links: tuple[str, ...] = ()
    placed_by: str = ""
    """The source of the fact that the order began with; missing in older documents, as `placed_as` is."""
    placed_as: str = ""
    """Tells two contents of that fact apart."""
    held_back: bool = False
    """Whether neither money nor a verdict is asked for until a person has looked at the order's number (O-61)."""
    closing: bool = False
    """True once the time for returns is over. The order is completed as soon as nothing is open (O-35)."""
    as_of: datetime | None = None
    placed_at: datetime | None = None
    """When the customer ordered, as the shop says, or when the hub heard of it."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """Fields of the stored document that this version of the rules doesn't know. They are kept unchanged."""

    @classmethod
    def shell(cls, order_id: str) -> "Order":
        """Return an order that is not placed yet."""
        return cls(order_id)

    @property
    def total(self) -> int:
        """Return what the customer pays, in minor units."""
        return sum([line.price for line in self.lines]) + self.shipping_fee

    @property
    def rank(self) -> int:
        """Return the rank of the order's state, or -1 for a shell."""
        return -1 if self.state is None else RANK[self.state]

    @property
    def live_shipments(self) -> tuple[Shipment, ...]:
        """Return the shipments that have been sent or will be."""
        return tuple([shipment for shipment in self.shipments if shipment.state not in _NEEDLESS])

    @property
    def lowest(self) -> int:
        """Return the lowest rank of the live shipments, or -1 if there are none."""
        return min((shipment.rank for shipment in self.live_shipments), default=-1)

    def number_of(self, mark: str, count: int) -> str:
        """Return the number of an order that comes of this one: `N-1-X1`, of a long number what there is room for."""
        suffix = f"-{mark}{count}"
        return self.number[: LONGEST_NUMBER - len(suffix)] + suffix

    def is_alerted(self, *names: str) -> bool:
        """Tell whether an alert of one of these names stands."""
        for alert in self.alerts:  # noqa: SIM110 - asked for every fact, mostly of no alert at all
            if alert.name in names:
                return True
        return False

    def line(self, number: int) -> Line | None:
        """Return the line with this number, if any."""
        return next((line for line in self.lines if line.line == number), None)

    def shipment(self, shipment_id: str) -> Shipment | None:
        """Return the shipment with this id, if any."""
        return next((shipment for shipment in self.shipments if shipment.id == shipment_id), None)

    def shipment_of(self, line: int) -> Shipment | None:
        """Return the shipment of this line, if any."""
        return next((shipment for shipment in self.shipments if line in shipment.lines), None)
