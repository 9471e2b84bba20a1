"""The order as the hub keeps it: one state, and beside it shipments, payment, returns, refunds, holds and alerts."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from domain.deciding.received import Received
from domain.deciding.values import Value, field
from domain.deciding.words import Word, cover
from domain.orders.facts import Address, Customer, FulfilledLine, ReceivedLine, ReportedLine


class State(Word):
    """The one state of an order, and its rank: how far the order is."""

    rank: int

    def __new__(cls, word: str, rank: int = -1) -> "State":
        """Return the member that is this word; -1 is what a shell has, and no rank of a state."""
        member = str.__new__(cls, word)
        member._value_, member.rank = word, rank
        return member

    DRAFT = "draft", 0
    PAYMENT_PENDING = "payment_pending", 10
    RISK_REVIEW = "risk_review", 20
    RISK_FOLLOW_UP = "risk_follow_up", 21
    APPROVED = "approved", 30
    AVAILABILITY_REQUESTED = "availability_requested", 40
    PROCESSING = "processing", 45
    CONFIRMED = "confirmed", 50
    PICKING = "picking", 60
    SHIPPING = "shipping", 70
    SENT = "sent", 80
    DELIVERED = "delivered", 90
    COMPLETED = "completed", 95
    CANCELLED = "cancelled", 99
    VOIDED = "voided", 99


RANK: Final[Mapping[State, int]] = MappingProxyType({state: state.rank for state in State})
"""How far an order is; it moves forward only."""
_RANKED: Final = tuple(state for state in State if state.rank >= 0)
cover(
    State, _RANKED, f"{__name__}.State, its ranks,", "write beside its word how far the order is, as its neighbours do"
)
ENDED: Final = frozenset({State.CANCELLED, State.VOIDED})
FREE: Final = frozenset({"support", "zero", "exchange"})
"""The kinds of orders that cost nothing."""


class LineState(Word):
    """What is known of a line's pieces."""

    REQUESTED = "requested"
    AVAILABLE = "available"
    ANOMALY = "anomaly"
    RESTOCKING = "restocking"
    UNAVAILABLE = "unavailable"
    RESERVED = "reserved"
    SHIPPED = "shipped"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class ShipmentState(Word):
    """How far a shipment is, in the order in which it moves on."""

    PLANNED = "planned"
    AWAITING_AVAILABILITY = "awaiting_availability"
    RESERVED = "reserved"
    RELEASED = "released"
    PICKING = "picking"
    PACKED = "packed"
    SENT = "sent"
    DELIVERED = "delivered"
    NOT_REQUIRED = "not_required"
    CANCELLED = "cancelled"


SHIPMENT_RANK: Final[Mapping[ShipmentState, int]] = MappingProxyType({s: n for n, s in enumerate(ShipmentState)})


class PaymentState(Word):
    """How far the money is."""

    NOT_REQUIRED = "not_required"
    REQUESTED = "requested"
    REFUSED = "refused"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    VOIDED = "voided"


class ReturnState(Word):
    """How far a return is."""

    DRAFT = "draft"
    AWAITING_RECEIPT = "awaiting_receipt"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    VALIDATED = "validated"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    EXPIRED = "expired"


class RefundState(Word):
    """How far a refund is."""

    REQUESTED = "requested"
    APPROVED = "approved"
    EXECUTED = "executed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ExchangeState(Word):
    """How far an exchange is, as the returned order sees it."""

    PENDING = "pending"
    RELEASED = "released"
    DONE = "done"
    CANCELLED = "cancelled"


class RecallState(Word):
    """How far a recall of a shipment is."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


class FlashState(Word):
    """How far a flash reorder is."""

    DRAFT = "draft"
    SENT = "sent"
    ACCEPTED = "accepted"
    FULFILLED = "fulfilled"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class OwnAddress(Value):
    """Where one shipment goes when it isn't where the others go."""

    shipment_id: str
    address: Address


class Contact(Value):
    """All that is personal in an order, kept apart so that it can be erased; no rule looks into it."""

    customer: Customer
    shipping_address: Address | None = None
    billing_address: Address | None = None
    own_addresses: tuple[OwnAddress, ...] = ()

    def address_of(self, shipment_id: str) -> Address | None:
        """Return where a shipment goes."""
        own = (each.address for each in self.own_addresses if each.shipment_id == shipment_id)
        return next(own, self.shipping_address)


class Counted(Value):
    """A quantity with its price, and its price at order time where that differs."""

    quantity: int
    price: int
    base: int | None = None


class Line(Value):
    """A line as it stands; `price` is what the customer pays for all its pieces, in minor units.

    `base` is the price at order time, where it was changed since (OSM-51, A-43); `personalisation` is what the customer
    had engraved or printed, which nobody changes (EP-17).
    """

    line: int
    sku: str
    quantity: int
    price: int
    model: str | None = None
    kind: str = "shippable"
    state: LineState = LineState.REQUESTED
    stock: int | None = None
    base: int | None = None
    personalisation: str | None = None
    before: Counted | None = None
    """What the line was before its quantity was changed: further changes count from there, so that no cent is lost."""

    @property
    def full_price(self) -> int:
        """Return the price at order time, in minor units."""
        return self.price if self.base is None else self.base


class Scan(Value):
    """What the carrier said last of a parcel."""

    at: datetime
    id: str
    kind: str
    location: str | None = None


class Shipment(Value):
    """Lines that go together; `round` counts how often the warehouse was asked for them.

    `ask_again` is set when the lines are not what the warehouse was asked for, `recalled` when it stopped them and
    nobody has said yet how they go on; facts from before `stopped_at` are those of the stopped goods.
    """

    id: str
    lines: tuple[int, ...]
    state: ShipmentState = ShipmentState.PLANNED
    warehouse: str | None = None
    round: int = 0
    answered_at: datetime | None = None
    answer: tuple[ReportedLine, ...] = ()
    carrier: str | None = None
    tracking_number: str | None = None
    labelled_at: datetime | None = None
    parcel_id: str | None = None
    scan: Scan | None = None
    returned_to_sender: bool = False
    ask_again: bool = False
    recalled: bool = False
    stopped_at: datetime | None = None

    @property
    def rank(self) -> int:
        """Return how far the shipment is."""
        return SHIPMENT_RANK[self.state]


class Payment(Value):
    """The money of the order in minor units: what was reserved, taken and set free, and what is asked.

    `asked` is the amount of the last request to reserve; `raises` counts the tries to raise a reserved amount to a
    grown total, `raising` says that one is under way. `cheque_amount` is the total that a cheque was compared with.
    """

    state: PaymentState = PaymentState.NOT_REQUIRED
    attempt: int = 0
    payment_id: str | None = None
    authorised: int = 0
    captured: int = 0
    voided: int = 0
    capture_asked: bool = False
    void_asked: bool = False
    cheque_received: bool = False
    cheque_checked: bool = False
    cheque_amount: int = 0
    expires_at: datetime | None = None
    asked: int = 0
    refused_at: datetime | None = None
    """When the last cheque bounced."""
    to_capture: int = 0
    """What was asked to be taken, in minor units."""
    raising: bool = False
    raises: int = 0


class Verdict(Value):
    """The fraud service's last word, with the time and id that order it among its others."""

    clear: bool
    at: datetime
    id: str


class ReturnedLine(Value):
    """Pieces of one line that should come back, and those that have."""

    line: int
    quantity: int
    received: int = 0
    reason: str = "unwanted"
    exchange_sku: str | None = None
    comment: str | None = None


class Receipt(Value):
    """One arrival of returned pieces; it tells a repeated message from a second parcel."""

    at: datetime
    lines: tuple[ReceivedLine, ...]


class Return(Value):
    """An authorised return."""

    code: str
    outcome: str
    lines: tuple[ReturnedLine, ...]
    requested_at: datetime
    state: ReturnState = ReturnState.DRAFT
    receipt_required: bool = True
    refund_shipping: bool = False
    accepted: bool = False
    settled: bool = False
    receipts: tuple[Receipt, ...] = ()


class RefundedPieces(Value):
    """Pieces of one line for which money is given back."""

    line: int
    quantity: int


class Refund(Value):
    """Money to give back, in minor units; `goods` of it for items, the rest for shipping."""

    id: str
    amount: int
    origin: str
    state: RefundState = RefundState.REQUESTED
    rma_code: str | None = None
    reason: str = "return"
    tender: str = "original"
    attempt: int = 0
    failed_attempt: int = 0
    came_back: bool = False
    reversed_at: datetime | None = None
    spent: int = 0
    """Attempts up to this one can't pay out any more: their money came back."""
    fee_goods: int = 0
    """The value of the goods for which a share of the shipping fee is in the amount."""
    pieces: tuple[RefundedPieces, ...] = ()
    """The pieces paid back without a return (F-01)."""
    requested_by: str | None = None
    capped: bool = False
    """Whether less money was left than the goods suggest."""


class FlashLine(Value):
    """Pieces asked of the reorder desk, and those it found."""

    line: int
    quantity: int
    found: int = 0


class Finding(Value):
    """One answer of the reorder desk; it tells a repeated message from a second find."""

    at: datetime
    lines: tuple[FulfilledLine, ...]


class Flash(Value):
    """A repeat request for missing pieces, and how it ended."""

    id: str
    lines: tuple[FlashLine, ...]
    state: FlashState = FlashState.DRAFT
    findings: tuple[Finding, ...] = ()
    end: str | None = None
    """How the search ended: found, refused, substitute_proposed, split, removed or cancelled."""


class Unfound(Value):
    """An item that the reorder desk could not find in a warehouse: it is not asked for there again by itself."""

    sku: str
    warehouse: str | None = None


class Exchange(Value):
    """An exchange order as its origin knows it; `answers` are the outcomes that it has reported."""

    rma_code: str
    order_id: str
    state: ExchangeState = ExchangeState.PENDING
    answers: tuple[str, ...] = ()


class Origin(Value):
    """For an exchange or zero order: the order that it follows, and the return that an exchange order belongs to."""

    order_id: str
    number: str
    rma_code: str = ""


class Lock(Value):
    """The exclusive right of one agent to edit the order (K-01)."""

    owner: str
    since: datetime


class Recall(Value):
    """A question to the warehouse to stop a shipment: for what, and which command asked (none: the hub itself)."""

    id: str
    shipment_id: str
    intent: str
    reason: str
    whole: bool = True
    state: RecallState = RecallState.OPEN
    command_id: str | None = None
    client: str | None = None
    settled: bool = False

    @property
    def by_a_person(self) -> bool:
        """Tell whether a command asked, not the hub itself."""
        return self.command_id is not None


class Alert(Value):
    """Something a person should look at; a blocking one stops the hub's own next steps."""

    name: str
    blocking: bool = False
    since: datetime | None = None


class Armed(Value):
    """A deadline that the order has set; one that has fired stays listed until what it waited for is settled."""

    id: str
    kind: str
    subject: str
    since: datetime
    due_at: datetime
    fired: bool = False


class Parked(Value):
    """A fact that came before what it builds on."""

    received: Received


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
    parked: tuple[Parked, ...] = ()
    timers: tuple[Armed, ...] = ()
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
