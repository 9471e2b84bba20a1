"""Actions: what a person may do with an order now, by its state, its holds and his scopes (EP-07, OMC-36)."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from domain.deciding.machine import Machine
from domain.deciding.received import Actor
from domain.deciding.values import dataclass
from domain.orders import desk_facts as desk
from domain.orders import facts, gates, holds
from domain.orders.commands import ANY_STORE, LOGISTICS, MANAGE, SCOPES
from domain.orders.goods import flash_reorders
from domain.orders.money import refunds
from domain.orders.order import FlashState, Order, PaymentState, State
from domain.orders.returns import exchanges, returns


@dataclass(frozen=True, slots=True)
class Action:
    """A command that the order would take now, by its name on the wire, and the scope that it needs."""

    command: str
    scope: str


def _gate(row: str) -> Callable[[Order], bool]:
    """Return whether a row of the gate matrix is open, for the order or for one of its shipments."""

    def is_open(order: Order) -> bool:
        assert order.state is not None
        if holds.EXCHANGE in order.holds and row in gates.THROUGH_THE_RETURN:
            return False
        columns = {order.state, *(gates.reached(order, shipment) for shipment in order.live_shipments)}
        return any(gates.cell(row, column) == "+" for column in columns)

    return is_open


def _of(things: Callable[[Order], tuple[Any, ...]], machine: Machine[Any], kind: type) -> Callable[[Order], bool]:
    """Return whether the table of a kind of things has a row for this command in the state of one of them."""
    sources = {state for row in machine.table if kind in row.on for state in row.source}

    def is_open(order: Order) -> bool:
        return any(machine.state(thing) in sources for thing in things(order))

    return is_open


def _returns(kind: type) -> Callable[[Order], bool]:
    return _of(lambda order: order.returns, returns.MACHINE, kind)


def _refunds(kind: type) -> Callable[[Order], bool]:
    return _of(lambda order: order.refunds, refunds.MACHINE, kind)


def _flashes(kind: type) -> Callable[[Order], bool]:
    return _of(lambda order: order.flashes, flash_reorders.MACHINE, kind)


def _captured(order: Order) -> bool:
    return _gate("goodwill refund")(order) and order.payment.captured > refunds.promised(order)


def _approvable(order: Order) -> bool:
    free = order.kind in gates.FREE
    return _gate("approve")(order) and (order.state is not State.DRAFT or free)


def _submittable(order: Order) -> bool:
    return _gate("submit")(order) and order.kind not in gates.FREE


def _on(*kinds: str) -> Callable[[Order], bool]:
    return lambda order: any(kind in order.holds for kind in kinds)


def _awaits_cheque(order: Order) -> bool:
    return order.payment_method == "cheque" and order.payment.cheque_received and _gate("cheque")(order)


def _switchable(order: Order) -> bool:
    return any(exchange.state is exchanges.PENDING for exchange in order.exchanges)


def _cheque(state: PaymentState) -> Callable[[Order], bool]:
    """Return whether a cheque that was checked is in this state."""
    return lambda order: _awaits_cheque(order) and order.payment.cheque_checked and order.payment.state is state


def _cut(order: Order) -> bool:
    return order.kind == "regular" and any(line.base is not None for line in order.lines)


def _drafted_flash(order: Order) -> bool:
    return any(flash.state is FlashState.DRAFT for flash in order.flashes)


def _scope(kind: type[facts.Command]) -> str:
    return SCOPES.get(kind, MANAGE)


_UNLOCK: Final = Action("order.unlock", MANAGE)
_OR: Final = MappingProxyType({"return.validate": "return.create", "refund.cancel": MANAGE})
"""Another scope that does as well (A-18, OSM-71)."""
_WHATEVER_THE_LOCK: Final = frozenset(
    {
        *("order.comment", "order.link", "alert.flag", "alert.clear", "email.resend", "order.unlock"),
        *("refund.approve", "refund.cancel", "refund.retender", "refund.manual_done"),
        *("return.receive", "return.validate"),
    }
)
"""What another agent's lock doesn't forbid (K-03)."""
ACTIONS: Final = MappingProxyType(
    {
        Action("order.submit", MANAGE): _submittable,
        Action("call.park", MANAGE): _gate("call"),
        Action("call.transfer", _scope(desk.TransferCall)): _gate("call"),
        Action("call.void", MANAGE): _gate("void"),
        Action("order.void", MANAGE): _gate("void"),
        Action("order.approve", MANAGE): lambda order: order.state is State.DRAFT and _approvable(order),
        Action("order.approve", "fraud.review"): lambda order: order.state is not State.DRAFT and _approvable(order),
        Action("order.follow_up", "fraud.review"): lambda order: order.state is State.RISK_REVIEW,
        Action("payment.cheque.check", "payment.cheque"): _awaits_cheque,
        Action("payment.cheque.authorize", "payment.cheque"): _cheque(PaymentState.REQUESTED),
        Action("payment.cheque.validate", "payment.cheque"): _cheque(PaymentState.AUTHORISED),
        Action("order.modify", MANAGE): _gate("modify"),
        Action("order.price.change", MANAGE): lambda order: order.kind == "regular" and _gate("price")(order),
        Action("order.price.reset", MANAGE): lambda order: _cut(order) and _gate("price")(order),
        Action("order.address.change", MANAGE): _gate("address"),
        Action("order.split", _scope(desk.SplitShipment)): _gate("split"),
        Action("order.cancel", MANAGE): _gate("cancel"),
        Action("shipment.cancel", MANAGE): lambda order: bool(order.live_shipments) and _gate("cancel")(order),
        Action("order.recall", _scope(desk.RecallOrder)): _gate("recall"),
        Action("order.hold", MANAGE): lambda order: _gate("hold")(order) and holds.CSR not in order.holds,
        Action("order.suspend", MANAGE): lambda order: _gate("hold")(order) and holds.SUSPENDED not in order.holds,
        Action("order.release_hold", MANAGE): _on(holds.CSR, holds.SUSPENDED),
        Action("order.release_hold", "orders.logistics_release"): _on(LOGISTICS),
        Action("order.resume", MANAGE): _on(holds.SUSPENDED),
        Action("alert.clear", MANAGE): lambda order: bool(order.alerts),
        Action("flash.create", MANAGE): _gate("flash"),
        Action("flash.add", MANAGE): _drafted_flash,
        Action("flash.remove", MANAGE): _drafted_flash,
        Action("flash.send", MANAGE): _flashes(facts.SendFlash),
        Action("flash.cancel", MANAGE): _flashes(facts.CancelFlash),
        Action("refund.request", MANAGE): _gate("item refund"),
        Action("refund.request", "refund.create"): _captured,
        Action("refund.approve", _scope(facts.ApproveRefund)): _refunds(facts.ApproveRefund),
        Action("refund.cancel", _scope(facts.CancelRefund)): _refunds(facts.CancelRefund),
        Action("refund.retender", _scope(desk.RetenderRefund)): _refunds(desk.RetenderRefund),
        Action("refund.manual_done", _scope(desk.RefundDone)): lambda order: any(
            refund.state is refunds.APPROVED and refund.tender == refunds.MANUAL for refund in order.refunds
        ),
        Action("return.create", _scope(facts.CreateReturn)): _gate("return"),
        Action("return.confirm", _scope(facts.ConfirmReturn)): _returns(facts.ConfirmReturn),
        Action("return.receive", _scope(facts.ReceiveReturn)): _returns(facts.ReceiveReturn),
        Action("return.validate", _scope(facts.ValidateReturn)): _returns(facts.ValidateReturn),
        Action("return.close_short", _scope(facts.CloseReturnShort)): _returns(facts.CloseReturnShort),
        Action("return.cancel", _scope(facts.CancelReturn)): _returns(facts.CancelReturn),
        Action("return.refuse", _scope(facts.RefuseReturn)): _returns(facts.RefuseReturn),
        Action("return.switch_outcome", _scope(facts.SwitchReturnOutcome)): _switchable,
        Action("order.zero.create", MANAGE): _gate("zero order"),
        Action("email.resend", MANAGE): _gate("resend"),
        Action("order.lock", MANAGE): lambda order: order.lock is None and _gate("lock")(order),
        _UNLOCK: lambda order: order.lock is not None,
        Action("order.unlock", "orders.unlock"): lambda order: order.lock is not None,
        Action("order.comment", MANAGE): _gate("note"),
        Action("alert.flag", MANAGE): _gate("note"),
        Action("order.link", MANAGE): _gate("note"),
    }
)
"""Every command with what it asks of the order; the lines or amounts that it names are looked at when it comes."""


def allowed(order: Order, actor: Actor | None = None) -> tuple[Action, ...]:
    """Return what may be done with an order now: by anybody, or by this actor, whose lock, scopes and stores count."""
    if order.state is None:
        return ()
    possible = tuple(action for action, is_open in ACTIONS.items() if is_open(order))
    if actor is None:
        return possible
    if not actor.stores & {order.store, ANY_STORE}:
        return ()
    locked = order.lock is not None and order.lock.owner != actor.name
    free = (each for each in possible if not locked or (each.command in _WHATEVER_THE_LOCK and each != _UNLOCK))
    return tuple(each for each in free if actor.scopes & {each.scope, _OR.get(each.command)})
