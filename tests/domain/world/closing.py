"""Closing: everybody does what is asked of him, step by step, until nothing is left to do."""

from collections.abc import Callable, Iterator

from contracts import commands as desk
from domain.deciding.decision import Decision, Outcome
from domain.deciding.received import Actor
from domain.orders import facts, requests
from domain.orders.facts import Command, Fact
from domain.orders.order import Order, PaymentState, RecallState, Refund, RefundState, ReturnState, Shipment, State
from domain.orders.requests import Request
from tests.domain.world.answers import ANSWERS_TO, way
from tests.domain.world.cast import BOSS
from tests.domain.world.hub import Hub

Tell = Callable[..., Decision[Order]]
CHECKER = Actor("checker", BOSS.scopes, BOSS.stores)
_ON_THE_WAY = ("released", "picking", "packed", "sent")
_DOUBTED = (State.RISK_REVIEW, State.RISK_FOLLOW_UP)


class Closing:
    """Good will on all sides: what is asked is answered, what waits for a person is done."""

    def __init__(self, hub: Hub, tell: Tell) -> None:
        self.hub = hub
        self.tell = tell

    def go(self, steps: int) -> None:
        """Let some steps be done."""
        for _ in range(steps):
            if not self.step():
                return

    def finish(self) -> None:
        """Let all be done, deadlines included."""
        for _ in range(600):
            if not (self.step() or self.desk() or self.wait()):
                return
        raise AssertionError("it never ends")

    def deliver(self) -> None:
        """Deliver the next message from one order to another."""
        order_id, fact = self.hub.internal.pop(0)
        self.tell(order_id, fact)

    def step(self) -> bool:
        """Let the next thing happen that the hub waits for from a partner or from itself."""
        if self.hub.internal:
            self.deliver()
            return True
        return any(self.moved(order_id, fact) for order_id, fact in self.answers())

    def moved(self, order_id: str, fact: Fact, actor: Actor | None = None) -> bool:
        """Say it, and tell whether it did anything."""
        return self.tell(order_id, fact, actor).outcome is Outcome.APPLIED

    def answers(self) -> Iterator[tuple[str, Fact]]:
        """Yield the good answer to everything that was asked and may still be open."""
        for order_id, request in self.hub.asked:
            order = self.hub.orders[order_id]
            if type(request) in ANSWERS_TO and is_open(order, request):
                yield order_id, ANSWERS_TO[type(request)](request, 0)[0]
        for order in list(self.hub.orders.values()):
            for shipment in order.shipments:
                if shipment.state in _ON_THE_WAY:
                    yield order.id, next_move(shipment)

    def desk(self) -> bool:
        """Let a person do the next thing that an order needs."""
        return any(
            self.moved(order.id, command, CHECKER)
            for order in list(self.hub.orders.values())
            if order.state is not None
            for command in needed(order)
        )

    def wait(self) -> bool:
        """Let the earliest deadline come."""
        kinds = {timer.kind for order in self.hub.orders.values() for timer in order.timers}
        for at, order_id, timer_id, kind in self.hub.due(kinds)[:1]:
            self.tell(order_id, facts.TimerDue(timer_id, kind, at), at=at)
            return True
        return False


def is_open(order: Order, request: Request) -> bool:
    """Tell whether an answer to this request could still be news."""
    payment = order.payment
    match request:
        case requests.AuthorizationRequested():
            awaited = payment.state is PaymentState.REQUESTED or payment.raising or payment.collecting
            return awaited and request.attempt == payment.attempt and not payment.cheque_received
        case requests.CaptureRequested() | requests.VoidRequested():
            beside = any(each.payment_id == request.payment_id and each.held for each in payment.others)
            in_use = payment.state is PaymentState.AUTHORISED and payment.payment_id == request.payment_id
            return in_use or beside
        case requests.ScoreRequested():
            return order.verdict is None
        case requests.AvailabilityRequested():
            return _is(order, request.shipment_id, "awaiting_availability", request.round)
        case requests.FlashRequested():
            return any(flash.id == request.flash_id and flash.state in ("sent", "accepted") for flash in order.flashes)
        case requests.RefundRequested():
            key = (request.refund_id, request.attempt)
            waits = (each for each in order.refunds if each.state is RefundState.APPROVED)
            return any((each.id, each.attempt) == key and each.failed_attempt < each.attempt for each in waits)
        case requests.RecallRequested():
            return any(each.id == request.request_id and each.state is RecallState.OPEN for each in order.recalls)
        case requests.ReturnAnnounced():
            waits_for = (ReturnState.AWAITING_RECEIPT, ReturnState.PARTIALLY_RECEIVED)
            return any(each.code == request.rma_code and each.state in waits_for for each in order.returns)
    return False


def _is(order: Order, shipment_id: str, states: str, round_: int | None = None) -> bool:
    return any(
        each.id == shipment_id and each.state in states.split() and round_ in (None, each.round)
        for each in order.shipments
    )


def next_move(shipment: Shipment) -> Fact:
    """Return what the warehouse or the carrier says next of a shipment."""
    if shipment.tracking_number is not None:
        return facts.CarrierDelivered(shipment.tracking_number, shipment_id=shipment.id)
    return way(shipment.id)[_ON_THE_WAY.index(str(shipment.state))]


_DIFFICULTIES = {"carrier", "returned_to_sender", "amount_mismatch", "capture_failed", "refund_failed"} | {
    *("refunded_twice", "unexpected_payment", "unexpected_refund", "payment_contradicted", "currency_mismatch"),
}


def needed(order: Order) -> Iterator[Command]:
    """Yield what a person may have to do so that the order goes on."""
    if order.lock is not None:
        yield desk.UnlockOrder(force=True)
    if order.state is State.DRAFT:
        yield facts.ApproveOrder(reason="as agreed")
        yield desk.VoidOrder()
    for hold in order.holds:
        yield desk.ReleaseHold(hold, reason="answered")
    for alert in order.alerts:
        if alert.blocking or alert.name in _DIFFICULTIES:
            yield desk.ClearAlert(alert.name, reason="looked at")
    if order.payment.cheque_received and not order.payment.cheque_checked:
        yield desk.CheckCheque(True, True, True, True)
    if order.payment.cheque_checked:
        yield from (desk.AuthorizeCheque(), desk.ValidateCheque())
    if order.state in _DOUBTED:
        yield facts.ApproveOrder(reason="known customer")
        yield facts.CancelOrder(reason="customer_choice")
    if any(shipment.recalled for shipment in order.shipments):
        yield desk.ModifyOrder()
    yield desk.RetryPayment(reason="once more")
    if order.payment.state != "captured":
        yield desk.WriteOffPayment(reason="not worth it")
    short = order.payment.state == "captured" and order.payment.captured < order.total
    if short or any(alert.name == "increase_refused" for alert in order.alerts):
        yield facts.CancelOrder(reason="customer_choice")
        yield desk.RecallOrder("cancel", reason="not paid")
    for returned in order.returns:
        yield facts.ValidateReturn(returned.code)
        yield facts.CloseReturnShort(returned.code)
        if returned.state is ReturnState.DRAFT:
            yield facts.CancelReturn(returned.code)
    for refund in order.refunds:
        yield from _for_refund(refund)


def _for_refund(refund: Refund) -> Iterator[Command]:
    if refund.state is RefundState.REQUESTED:
        yield facts.ApproveRefund(refund.id)
        yield facts.CancelRefund(refund.id)
    if refund.state is RefundState.APPROVED:
        yield desk.RefundDone(refund.id)
    if refund.state is RefundState.FAILED:
        yield desk.RetenderRefund(refund.id, "manual", reason="it failed")
