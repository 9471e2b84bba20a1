"""The order's lifecycle: its table of transitions, and the settling in which all tables of an order move on.

`TABLE` comes first, below the names that its rows use; their guards and effects are in the modules that they name.
"""

from enum import StrEnum
from itertools import cycle
from typing import Any, Final

from contracts import commands as desk
from domain.deciding.machine import Machine
from domain.deciding.transitions import NEW, otherwise, row
from domain.deciding.values import changed
from domain.orders import approval, cancellation, closing, dispatch, facts, fraud, holds, placing, stock
from domain.orders.cancellation import carry_out, proven_fraud, unpaid, whole
from domain.orders.desk import drafts
from domain.orders.dispatch import picked_while_held, picking
from domain.orders.goods import flash_reorders, recalled_goods, recalls, shipping
from domain.orders.goods.flash_drafts import kept_back, reorder
from domain.orders.money import payments, refunds
from domain.orders.order import ORDERS, Order, State
from domain.orders.returns import exchange_orders, exchanges, returns
from domain.orders.scratchpad import OrderMachine, OrderPad, OrderTransition
from domain.orders.steps import Step

DRAFT: Final = State.DRAFT
PAYMENT_PENDING: Final = State.PAYMENT_PENDING
RISK_REVIEW: Final = State.RISK_REVIEW
RISK_FOLLOW_UP: Final = State.RISK_FOLLOW_UP
APPROVED: Final = State.APPROVED
REQUESTED: Final = State.AVAILABILITY_REQUESTED
PROCESSING: Final = State.PROCESSING
CONFIRMED: Final = State.CONFIRMED
PICKING: Final = State.PICKING
SHIPPING: Final = State.SHIPPING
SENT: Final = State.SENT
DELIVERED: Final = State.DELIVERED
COMPLETED: Final = State.COMPLETED
CANCELLED: Final = State.CANCELLED
VOIDED: Final = State.VOIDED
RISK: Final = ORDERS["doubted"]
ASKING: Final = ORDERS["asking"]
EDITABLE: Final = ORDERS["editable"]
RECALLABLE: Final = ORDERS["recallable"]
STOPPABLE: Final = ORDERS["stoppable"]
UNDER_WAY: Final = ORDERS["under_way"]

AUTOMATIC: Final = Step.AUTOMATIC
SHRUNK: Final = Step.SHRUNK
CALLED_OFF: Final = (facts.CancelOrder, facts.CancellationRequested)
STOCK: Final = facts.AvailabilityReported
PICKED: Final = facts.PickingStarted
ARRIVED: Final = facts.CarrierDelivered
MONEY: Final = (
    *(facts.PaymentAuthorized, facts.PaymentCaptured, facts.FraudScored, desk.ValidateCheque, SHRUNK),
    *(desk.ModifyOrder, desk.ChangePrice, desk.ResetPrice),
)
BEGUN: Final = (placing.created, placing.ask_money_and_score)
FRAUDULENT: Final = (fraud.confirm, carry_out)

TABLE: Final[tuple[OrderTransition[Order], ...]] = (
    row("O-06", NEW, facts.OrderPlaced, PAYMENT_PENDING, then=BEGUN),
    row("O-01", NEW, desk.DraftOrder, DRAFT, then=drafts.drafted),
    row("OSM-73", NEW, facts.OpenZeroOrder, DRAFT, then=drafts.copied),
    row("O-05", (NEW, DRAFT), facts.SubmitOrder, PAYMENT_PENDING, when=placing.is_paid_kind, then=BEGUN),
    row("O-05", NEW, facts.SubmitOrder, DRAFT, when=placing.is_support, then=placing.created),
    row("X-01", NEW, facts.OpenExchange, APPROVED, then=(placing.created, placing.hold_for_return)),
    row("O-07", DRAFT, facts.ApproveOrder, APPROVED, then=(drafts.approved, approval.approved)),
    row("O-04", DRAFT, (desk.VoidOrder, desk.VoidCall, *CALLED_OFF), VOIDED, then=cancellation.drop),
    row("O-61", PAYMENT_PENDING, AUTOMATIC, when=placing.number_settled, then=placing.ask_money_and_score),
    row("O-08", PAYMENT_PENDING, MONEY, APPROVED, when=approval.paid_and_clear, then=approval.approved),
    row("O-09", PAYMENT_PENDING, MONEY, RISK_REVIEW, when=approval.paid_not_clear, then=fraud.before_a_person),
    row("O-10", PAYMENT_PENDING, facts.FraudScored),
    row("O-11", PAYMENT_PENDING, facts.PaymentRefused, when=approval.tries_left, then=approval.try_again_later),
    row("O-12", PAYMENT_PENDING, facts.PaymentRefused, CANCELLED, when=approval.no_tries_left, then=unpaid),
    row("O-12", PAYMENT_PENDING, Step.CHEQUE_DUE, CANCELLED, then=unpaid),
    row("O-13", RISK_REVIEW, facts.FraudScored, APPROVED, when=approval.clear, then=approval.approved),
    row("O-10", RISK_REVIEW, facts.FraudScored, then=fraud.watch),
    row("O-14", RISK, facts.ApproveOrder, APPROVED, when=approval.paid, then=(fraud.clear_by_hand, approval.approved)),
    row("O-15", RISK_REVIEW, facts.FollowUpOrder, RISK_FOLLOW_UP, then=fraud.ask_customer),
    row("O-16", RISK_FOLLOW_UP, facts.CustomerAnswered, RISK_REVIEW, then=fraud.back_to_review),
    row("O-17", RISK_FOLLOW_UP, Step.NO_ANSWER, then=approval.no_answer),
    row("O-18", RISK, facts.CancelOrder, CANCELLED, when=proven_fraud, then=FRAUDULENT),
    row("O-27", EDITABLE - RISK, facts.CancelOrder, CANCELLED, when=(proven_fraud, whole), then=FRAUDULENT),
    row("O-27", EDITABLE, CALLED_OFF, CANCELLED, when=whole, then=carry_out),
    row("O-37", STOPPABLE, AUTOMATIC, CANCELLED, when=exchange_orders.stoppable, then=cancellation.unwanted),
    row("O-27", ASKING, AUTOMATIC, CANCELLED, when=recalled_goods.settled_to_cancel, then=cancellation.recalled),
    row("S-13", ASKING, AUTOMATIC, when=recalled_goods.to_do, then=recalled_goods.follow),
    row("S-12", EDITABLE | STOPPABLE, SHRUNK, CANCELLED, when=stock.emptied, then=cancellation.emptied),
    row("S-12", EDITABLE, SHRUNK, when=otherwise, then=stock.shrunk),
    row("O-20", ASKING, SHRUNK, COMPLETED, when=stock.nothing_travels, then=placing.shipped_nothing),
    row("O-26", PROCESSING, Step.ASKED_AGAIN, REQUESTED, when=stock.none_known_missing, then=stock.asked_again),
    row("O-24", RECALLABLE, facts.RecallAccepted, PROCESSING, when=stock.stopped, then=recalled_goods.reopened),
    row("P-15", RECALLABLE, facts.PaymentRefused, when=approval.money_lost, then=approval.stop_goods),
    row("O-41", STOPPABLE, facts.FraudScored, when=approval.doubted_late, then=approval.suspend),
    row("O-19", APPROVED, AUTOMATIC, REQUESTED, when=placing.ships, then=placing.ask_stock),
    row("O-20", APPROVED, AUTOMATIC, COMPLETED, when=placing.ships_nothing, then=placing.shipped_nothing),
    row("O-21", ASKING, (STOCK, SHRUNK), CONFIRMED, when=stock.all_reserved, then=stock.confirmed),
    row("O-25", REQUESTED, STOCK, PROCESSING, when=stock.some_missing, then=(stock.processing, reorder)),
    row("O-25", PROCESSING, STOCK, when=stock.some_missing, then=reorder),
    row("O-25", PROCESSING, Step.RELEASE, when=kept_back, then=reorder),
    row("O-28", PROCESSING, (STOCK, facts.FlashRefused), when=stock.out_of_stock, then=stock.tell_out_of_stock),
    row(
        "X-07",
        ASKING,
        Step.NO_REPLACEMENT,
        CANCELLED,
        when=exchange_orders.is_released,
        then=cancellation.no_replacement,
    ),
    row("O-29", CONFIRMED, (PICKED, SHRUNK), PICKING, when=dispatch.picked_free, then=picking),
    row("O-30", CONFIRMED, (PICKED, SHRUNK), PICKING, when=dispatch.picked_held, then=(picked_while_held, picking)),
    row("O-30", ORDERS["unpicked"], PICKED, when=dispatch.part_picked_held, then=picked_while_held),
    row("O-31", PICKING, (facts.ParcelPacked, SHRUNK), SHIPPING, when=dispatch.all_packed, then=dispatch.packed),
    row("O-32", SHIPPING, (facts.ShipmentHandedOver, SHRUNK), SENT, when=dispatch.all_sent, then=dispatch.sent),
    row("O-33", SENT, (ARRIVED, SHRUNK), DELIVERED, when=dispatch.all_delivered, then=dispatch.delivered),
    row("O-34", UNDER_WAY, facts.CarrierException, then=dispatch.carrier_trouble),
    row("O-35", DELIVERED, AUTOMATIC, COMPLETED, when=closing.closable, then=closing.completed),
    row("S-22", SENT, AUTOMATIC, COMPLETED, when=closing.given_back, then=closing.completed),
    row("O-36", CONFIRMED, facts.ReleaseExchange, when=exchange_orders.held, then=exchange_orders.let_go),
    row("X-05", UNDER_WAY - {CONFIRMED}, facts.ReleaseExchange, when=exchange_orders.held, then=exchange_orders.let_go),
    row("H-06", ORDERS["handled"], AUTOMATIC, when=exchange_orders.gone, then=exchange_orders.too_late),
    row("O-40", CANCELLED, shipping.triggers(), then=dispatch.shipped_after_cancel),
)


def _put(pad: OrderPad, order: Order, state: StrEnum) -> None:
    pad.order = changed(pad.order, state=State(state))


MACHINE: Final = Machine(
    "order",
    TABLE,
    State,
    begins=(NEW,),
    ends=ORDERS["over"],
    subjects=lambda pad: (pad.order,),
    key=lambda order: "order",
    state=lambda order: order.state,
    put=_put,
    told=True,
)

MACHINES: Final[tuple[OrderMachine[Any], ...]] = (  # each has its own kind of subject: a list of them has no one type
    MACHINE,
    shipping.MACHINE,
    payments.MACHINE,
    returns.MACHINE,
    refunds.MACHINE,
    exchanges.MACHINE,
    flash_reorders.MACHINE,
    holds.MACHINE,
    recalls.MACHINE,
)
"""Every table of the rules; nothing changes a state but their rows."""

_SETTLING: Final[tuple[OrderMachine[Any], ...]] = tuple(
    machine for machine in MACHINES if any(Step.AUTOMATIC in row.on for row in machine.table)
)
_AUTOMATIC: Final = (Step.AUTOMATIC,)


def settle(pad: OrderPad) -> None:
    """Move the order on by what it was told, and everything of it by itself, until nothing moves any more."""
    still = 0
    for machine in cycle(_SETTLING):
        triggers = (*pad.told, Step.AUTOMATIC) if machine is MACHINE else _AUTOMATIC
        still = 0 if machine.settle(pad, triggers) else still + 1
        if still == len(_SETTLING):
            return


def allows(order_state: State | None, trigger: object) -> bool:
    """Tell whether the order's table has a row for this trigger in this state."""
    return any(order_state in row.source and trigger in row.on for row in TABLE)
