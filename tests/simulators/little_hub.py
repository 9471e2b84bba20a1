"""A hub in little: just enough of one for the partners to have somebody to talk to."""

from collections.abc import Callable
from dataclasses import dataclass, field

from contracts import availability, carriers, commands, events, flash_reorders, fraud, payments, shop, topics, warehouse
from contracts.availability import AskedLine, LineAvailability
from contracts.decoding import Decoded
from contracts.message import Cause, Message, Money
from contracts.topics import Topic
from simulators.chance import Chance

Said = tuple[Topic, str, Message]
CAUSE = Cause(source="/hub", id="1", type="x", topic="x", partition=0, offset=0)


def head(version: int, status: str | None = None) -> events.EventHead:
    """What an event carries before its own fields."""
    return events.EventHead(version=version, cause=CAUSE, status=status)


@dataclass
class Order:
    """What the little hub remembers of an order."""

    id: str
    placed: shop.OrderPlaced
    state: str = "placed"
    payment_id: str | None = None
    verdict: str | None = None
    round: int = 0
    returned: int = 0
    expected: int = 0
    to_capture: bool = False
    captured: bool = False
    gone: set[str] = field(default_factory=set)
    """Payments that a bank let go, perhaps before their authorisation was heard of."""
    asked_for: set[str] = field(default_factory=set)
    """Payments of which a capture was asked."""

    @property
    def total(self) -> Money:
        """Return what the order costs."""
        amount = sum(line.quantity * line.unit_price - line.discount for line in self.placed.lines)
        return Money(amount=amount + self.placed.shipping_fee, currency=self.placed.currency)

    @property
    def asked(self) -> tuple[AskedLine, ...]:
        """Return the lines as they are asked for."""
        return tuple(AskedLine(line=line.line, sku=line.sku, quantity=line.quantity) for line in self.placed.lines)


@dataclass
class LittleHub:
    """Answers decoded messages; knows every event once."""

    token: str
    orders: dict[str, Order] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    early: dict[str, list[tuple[Decoded, str | None]]] = field(default_factory=dict)
    tracking: dict[str, str] = field(default_factory=dict)
    unresolved: dict[str, list[Decoded]] = field(default_factory=dict)

    def hear(self, decoded: Decoded, token: str | None = None) -> list[Said]:
        """Return what the hub says about a message."""
        identity = (decoded.envelope.source, decoded.envelope.id)
        if identity in self.seen:
            return []
        self.seen.add(identity)
        order_id = decoded.subject
        if order_id is None:
            reference = decoded.envelope.subject or ""
            if reference not in self.tracking:
                self.unresolved.setdefault(reference, []).append(decoded)
                return []
            order_id = self.tracking[reference]
        return self._tell(order_id, decoded, token)

    def _tell(self, order_id: str, decoded: Decoded, token: str | None) -> list[Said]:
        message = decoded.message
        if isinstance(message, commands.Command):
            return self._command(order_id, decoded, message, token)
        if isinstance(message, shop.OrderPlaced):
            self.orders.setdefault(order_id, Order(order_id, message))
        order = self.orders.get(order_id)
        if order is None:
            self.early.setdefault(order_id, []).append((decoded, token))
            return []
        said = self._facts(order, message)
        for waiting, with_token in self.early.pop(order_id, []):
            said += self._tell(order_id, waiting, with_token)
        return said

    def _facts(self, order: Order, message: Message) -> list[Said]:
        handlers: dict[type[Message], Callable[[Order, Message], list[Said]]] = {
            shop.OrderPlaced: self._placed,
            payments.PaymentAuthorized: self._authorized,
            payments.PaymentRefused: self._refused,
            payments.PaymentVoided: self._let_go,
            payments.PaymentCaptured: self._captured,
            fraud.FraudScored: self._scored,
            availability.AvailabilityReported: self._reported,
            flash_reorders.FlashFulfilled: lambda order, _: self._ask(order),
            flash_reorders.FlashRefused: self._flash_refused,
            warehouse.ShipmentHandedOver: self._handed_over,
            carriers.CarrierDelivered: self._delivered,
            shop.ReturnRequested: self._return,
            warehouse.ReturnReceived: self._received,
            payments.RefundFailed: self._refund_failed,
            payments.RefundExecuted: self._refunded,
        }
        handler = handlers.get(type(message))
        return handler(order, message) if handler is not None else []

    def _placed(self, order: Order, _: Message) -> list[Said]:
        created = events.OrderCreated(
            head=head(1), kind="regular", store=order.placed.store, channel="website", total=order.total
        )
        score = fraud.ScoreRequested(
            request_id=self._id(order, "score"),
            number=order.placed.number,
            customer_id=order.placed.customer.id,
            amount=order.total,
            channel="website",
            country="FR",
        )
        return [
            (topics.ORDER_EVENTS, order.id, created),
            self._authorize(order, 1),
            (topics.FRAUD_REQUESTS, order.id, score),
        ]

    def _authorize(self, order: Order, attempt: int) -> Said:
        request = payments.AuthorizationRequested(
            request_id=self._id(order, "authorization", attempt),
            number=order.placed.number,
            customer_id=order.placed.customer.id,
            amount=order.total,
            method=shop.PaymentMethod.CARD,
            attempt=attempt,
        )
        return (topics.PAYMENT_REQUESTS, order.id, request)

    def _refused(self, order: Order, message: Message) -> list[Said]:
        assert isinstance(message, payments.PaymentRefused)
        if message.request_id == self._id(order, "capture", order.payment_id):
            return self._lapsed(order) if message.reason == "authorization_expired" else []
        if message.operation != payments.Operation.AUTHORIZATION:
            return []  # the bank's own word, that the money is gone, is there or comes
        for attempt in (1, 2):
            if message.request_id == self._id(order, "authorization", attempt):
                return [self._authorize(order, attempt + 1)]
        order.state = "cancelled"
        return []

    def _authorized(self, order: Order, message: Message) -> list[Said]:
        assert isinstance(message, payments.PaymentAuthorized)
        if order.payment_id is not None:
            return []
        if message.payment_id in order.gone:
            return [self._authorize(order, 2)]
        order.payment_id = message.payment_id
        return [*self._settle(order), *self._capture(order)]

    def _let_go(self, order: Order, message: Message) -> list[Said]:
        assert isinstance(message, payments.PaymentVoided)
        order.gone.add(message.payment_id)
        if order.payment_id != message.payment_id or order.state == "cancelled":
            return []
        order.payment_id = None
        return [self._authorize(order, 2)]

    def _lapsed(self, order: Order) -> list[Said]:
        order.payment_id = None
        return [self._authorize(order, 2)]

    def _captured(self, order: Order, _: Message) -> list[Said]:
        order.captured = True
        return self._refunds(order)

    def _scored(self, order: Order, message: Message) -> list[Said]:
        assert isinstance(message, fraud.FraudScored)
        if order.verdict is not None:
            return []
        order.verdict = message.verdict
        return self._settle(order)

    def _settle(self, order: Order) -> list[Said]:
        if order.payment_id is None or order.verdict is None or order.state != "placed":
            return []
        if order.verdict != "clear":
            review = events.OrderRiskReview(head=head(2, "risk_review"), verdict=order.verdict)
            return [(topics.ORDER_EVENTS, order.id, review)]
        return self._ask(order)

    def _ask(self, order: Order) -> list[Said]:
        if order.state in {"released", "delivered", "returned", "refunded", "cancelled"}:
            return []
        order.round += 1
        order.state = "asked"
        request = availability.AvailabilityRequested(
            request_id=self._id(order, "availability", order.round),
            shipment_id=self._id(order, "shipment"),
            number=order.placed.number,
            round=order.round,
            lines=order.asked,
        )
        return [(topics.AVAILABILITY_REQUESTS, order.id, request)]

    def _reported(self, order: Order, message: Message) -> list[Said]:
        assert isinstance(message, availability.AvailabilityReported)
        if message.request_id != self._id(order, "availability", order.round) or order.state != "asked":
            return []
        if all(line.status == LineAvailability.AVAILABLE for line in message.lines):
            order.state = "released"
            release = warehouse.ShipmentRelease(
                request_id=self._id(order, "release"),
                shipment_id=message.shipment_id,
                number=order.placed.number,
                carrier=order.placed.carrier,
                address=shop.DeliveryAddress.of(order.placed.shipping_address),
                lines=order.asked,
            )
            return [(topics.WAREHOUSE_REQUESTS, order.id, release)]
        order.state = "processing"
        said: list[Said] = [(topics.ORDER_EVENTS, order.id, events.OrderProcessing(head=head(3)))]
        if any(line.stock for line in message.lines if line.status != LineAvailability.AVAILABLE):
            flash_id = self._id(order, "flash", order.round)
            request = flash_reorders.FlashRequested(
                request_id=flash_id, flash_id=flash_id, number=order.placed.number, lines=order.asked
            )
            said.append((topics.FLASH_REORDER_REQUESTS, order.id, request))
            said.append((topics.ORDER_EVENTS, order.id, events.FlashSent(head=head(3), flash_id=flash_id)))
        return said

    def _flash_refused(self, order: Order, message: Message) -> list[Said]:
        assert isinstance(message, flash_reorders.FlashRefused)
        changed = events.FlashChanged(head=head(4), flash_id=message.flash_id, state="refused")
        return [(topics.ORDER_EVENTS, order.id, changed)]

    def _handed_over(self, order: Order, message: Message) -> list[Said]:
        assert isinstance(message, warehouse.ShipmentHandedOver)
        reference = f"ref:{message.tracking_number}"
        holder = self.tracking.setdefault(reference, order.id)  # a reused number stays with its first order
        order.to_capture = True
        said = self._capture(order)
        for decoded in self.unresolved.pop(reference, []):
            said += self._tell(holder, decoded, None)
        return said

    def _capture(self, order: Order) -> list[Said]:
        payment_id = order.payment_id
        if not order.to_capture or payment_id is None or payment_id in order.asked_for:
            return []
        order.asked_for.add(payment_id)
        capture = payments.CaptureRequested(
            request_id=self._id(order, "capture", payment_id), payment_id=payment_id, amount=order.total
        )
        return [(topics.PAYMENT_REQUESTS, order.id, capture)]

    def _delivered(self, order: Order, _: Message) -> list[Said]:
        if order.state != "released":
            return []
        order.state, order.to_capture = "delivered", True
        return [*self._capture(order), (topics.ORDER_EVENTS, order.id, events.OrderDelivered(head=head(9)))]

    def _return(self, order: Order, message: Message) -> list[Said]:
        assert isinstance(message, shop.ReturnRequested)
        order.state, order.expected = "returned", sum(line.quantity for line in message.lines)
        lines = tuple(AskedLine(line=line.line, sku="any", quantity=line.quantity) for line in message.lines)
        announced = warehouse.ReturnAnnounced(
            request_id=self._id(order, "return"),
            rma_code=f"RMA-{order.id[:8]}",
            number=order.placed.number,
            lines=lines,
        )
        return [(topics.WAREHOUSE_REQUESTS, order.id, announced)]

    def _received(self, order: Order, message: Message) -> list[Said]:
        assert isinstance(message, warehouse.ReturnReceived)
        order.returned += sum(line.quantity for line in message.lines)
        return self._refunds(order)

    def _refunds(self, order: Order) -> list[Said]:
        back = order.expected > 0 and order.returned == order.expected
        return [self._refund(order, 1)] if back and order.captured else []

    def _refund(self, order: Order, attempt: int) -> Said:
        request = payments.RefundRequested(
            request_id=self._id(order, "refund", attempt),
            refund_id=self._id(order, "refund"),
            payment_id=order.payment_id or "none",
            amount=Money(amount=100, currency=order.placed.currency),
            attempt=attempt,
            reason="return",
        )
        return (topics.PAYMENT_REQUESTS, order.id, request)

    def _refund_failed(self, order: Order, message: Message) -> list[Said]:
        assert isinstance(message, payments.RefundFailed)
        again = message.retryable and message.request_id == self._id(order, "refund", 1)
        return [self._refund(order, 2)] if again else []

    def _refunded(self, order: Order, _: Message) -> list[Said]:
        order.state = "refunded"
        return []

    def _command(self, order_id: str, decoded: Decoded, command: commands.Command, token: str | None) -> list[Said]:
        order = self.orders.get(order_id)
        if token != self.token or order is None or command.expected_version is not None:
            code = "scope" if token != self.token else "unknown_order" if order is None else "stale_version"
            rejected = events.CommandRejected(
                head=head(0),
                command_id=decoded.envelope.id,
                client=decoded.envelope.source,
                code=code,
                detail="Not you, not this, or not any more.",
            )
            return [(topics.ORDER_EVENTS, order_id, rejected)]
        accepted = events.CommandAccepted(head=head(4), command_id=decoded.envelope.id, client=decoded.envelope.source)
        said: list[Said] = [(topics.ORDER_EVENTS, order_id, accepted)]
        if isinstance(command, commands.ApproveOrder):
            said += self._ask(order)
        if isinstance(command, commands.CancelOrder):
            order.state = "cancelled"
            said.append((topics.ORDER_EVENTS, order_id, events.OrderCancelled(head=head(5), reason="cancel")))
        return said

    @staticmethod
    def _id(order: Order, *parts: object) -> str:
        return Chance(0, "hub").id(order.id, *parts)
