"""The order's lifecycle: its table of transitions, and the settling in which all tables of an order move on."""

from enum import StrEnum
from typing import Any, Final

from domain.deciding.scratchpad import Draft
from domain.deciding.transitions import Machine, Step, Transition, states
from domain.deciding.values import changed
from domain.orders import cancellation, facts, fraud, holds, placing, progress
from domain.orders import desk_facts as desk
from domain.orders.desk import drafts
from domain.orders.goods import flash_drafts, flash_reorders, recalls, shipping
from domain.orders.money import payments, refunds
from domain.orders.order import Order, State
from domain.orders.returns import exchanges, returns

_RISK: Final = states(State.RISK_REVIEW, State.RISK_FOLLOW_UP)
_EDITABLE: Final = states(
    State.PAYMENT_PENDING,
    State.RISK_REVIEW,
    State.RISK_FOLLOW_UP,
    State.APPROVED,
    State.AVAILABILITY_REQUESTED,
    State.PROCESSING,
)
_UNCONFIRMED: Final = states(State.APPROVED, State.AVAILABILITY_REQUESTED, State.PROCESSING)
_ON_THE_WAY: Final = states(
    State.CONFIRMED, State.PICKING, State.SHIPPING, State.SENT, State.DELIVERED, State.COMPLETED
)
_PICKED: Final = (facts.PickingStarted,)
_STOCK: Final = (facts.AvailabilityReported,)
_MONEY: Final = (
    facts.PaymentAuthorized,
    facts.PaymentCaptured,
    facts.FraudScored,
    desk.ValidateCheque,
    Step.SHRUNK,
    *(desk.ModifyOrder, desk.ChangePrice, desk.ResetPrice),
)


TABLE: Final[tuple[Transition[Order], ...]] = (
    Transition(
        "O-06",
        (facts.OrderPlaced,),
        states(None),
        State.PAYMENT_PENDING,
        effects=(placing.created, placing.ask_money_and_score),
    ),
    Transition("O-01", (desk.DraftOrder,), states(None), State.DRAFT, effects=(drafts.drafted,)),
    Transition("OSM-73", (facts.OpenZeroOrder,), states(None), State.DRAFT, effects=(drafts.copied,)),
    Transition(
        "O-05",
        (facts.SubmitOrder,),
        states(None, State.DRAFT),
        State.PAYMENT_PENDING,
        placing.is_paid_kind,
        (placing.created, placing.ask_money_and_score),
        "a paid kind",
    ),
    Transition(
        "O-05", (facts.SubmitOrder,), states(None), State.DRAFT, placing.is_support, (placing.created,), "a free kind"
    ),
    Transition(
        "X-01",
        (facts.OpenExchange,),
        states(None),
        State.APPROVED,
        effects=(placing.created, placing.hold_for_return),
    ),
    Transition(
        "O-07", (facts.ApproveOrder,), states(State.DRAFT), State.APPROVED, effects=(drafts.approved, progress.approved)
    ),
    Transition(
        "O-04",
        (desk.VoidOrder, desk.VoidCall, facts.CancelOrder, facts.CancellationRequested),
        states(State.DRAFT),
        State.VOIDED,
        effects=(cancellation.drop,),
    ),
    Transition(
        "O-08",
        _MONEY,
        states(State.PAYMENT_PENDING),
        State.APPROVED,
        progress.paid_and_clear,
        (progress.approved,),
        "the money is there and the verdict is clear",
    ),
    Transition(
        "O-09",
        _MONEY,
        states(State.PAYMENT_PENDING),
        State.RISK_REVIEW,
        progress.paid_not_clear,
        (fraud.before_a_person,),
        "the money is there, the verdict is review or missing",
    ),
    Transition("O-10", (facts.FraudScored,), states(State.PAYMENT_PENDING)),
    Transition(
        "O-11",
        (facts.PaymentRefused,),
        states(State.PAYMENT_PENDING),
        None,
        progress.tries_left,
        (progress.try_again_later,),
        "a try is left",
    ),
    Transition(
        "O-12",
        (facts.PaymentRefused,),
        states(State.PAYMENT_PENDING),
        State.CANCELLED,
        progress.no_tries_left,
        (cancellation.unpaid,),
        "no try is left",
    ),
    Transition(
        "O-12",
        (Step.CHEQUE_DUE,),
        states(State.PAYMENT_PENDING),
        State.CANCELLED,
        effects=(cancellation.unpaid,),
    ),
    Transition(
        "O-13",
        (facts.FraudScored,),
        states(State.RISK_REVIEW),
        State.APPROVED,
        progress.clear,
        (progress.approved,),
        "it is clear",
    ),
    Transition("O-10", (facts.FraudScored,), states(State.RISK_REVIEW), effects=(fraud.watch,)),
    Transition(
        "O-14",
        (facts.ApproveOrder,),
        _RISK,
        State.APPROVED,
        progress.paid,
        (fraud.clear_by_hand, progress.approved),
        "the authorisation is valid",
    ),
    Transition(
        "O-15",
        (facts.FollowUpOrder,),
        states(State.RISK_REVIEW),
        State.RISK_FOLLOW_UP,
        effects=(fraud.ask_customer,),
    ),
    Transition(
        "O-16",
        (facts.CustomerAnswered,),
        states(State.RISK_FOLLOW_UP),
        State.RISK_REVIEW,
        effects=(fraud.back_to_review,),
    ),
    Transition("O-17", (Step.NO_ANSWER,), states(State.RISK_FOLLOW_UP), effects=(progress.no_answer,)),
    Transition(
        "O-18",
        (facts.CancelOrder,),
        _RISK,
        State.CANCELLED,
        cancellation.proven_fraud,
        (fraud.confirm, cancellation.carry_out),
        "the reason is proven fraud",
    ),
    Transition(
        "O-27",
        (facts.CancelOrder,),
        _EDITABLE - _RISK,
        State.CANCELLED,
        cancellation.whole_and_fraud,
        (fraud.confirm, cancellation.carry_out),
        "the reason is proven fraud, and every shipment can still be cancelled",
    ),
    Transition(
        "O-27",
        (facts.CancelOrder, facts.CancellationRequested),
        _EDITABLE,
        State.CANCELLED,
        cancellation.whole,
        (cancellation.carry_out,),
        "every shipment can still be cancelled",
    ),
    Transition(
        "O-37",
        (Step.AUTOMATIC,),
        _UNCONFIRMED | {State.CONFIRMED, State.PICKING},
        State.CANCELLED,
        exchanges.stoppable,
        (cancellation.unwanted,),
        "its return has ended, and the warehouse has none of its goods",
    ),
    Transition(
        "O-27",
        (Step.AUTOMATIC,),
        states(State.AVAILABILITY_REQUESTED, State.PROCESSING),
        State.CANCELLED,
        recalls.settled_to_cancel,
        (cancellation.recalled,),
        "the warehouse stopped all of it, to be cancelled",
    ),
    Transition(
        "S-13",
        (Step.AUTOMATIC,),
        states(State.AVAILABILITY_REQUESTED, State.PROCESSING),
        None,
        recalls.to_do,
        (recalls.follow,),
        "all recalls are answered",
    ),
    Transition(
        "S-12",
        (Step.SHRUNK,),
        _EDITABLE | {State.CONFIRMED, State.PICKING},
        State.CANCELLED,
        progress.emptied,
        (cancellation.emptied,),
        "no line is left",
    ),
    Transition("S-12", (Step.SHRUNK,), _EDITABLE, None, effects=(progress.shrunk,), when="some lines are left"),
    Transition(
        "O-20",
        (Step.SHRUNK,),
        states(State.AVAILABILITY_REQUESTED, State.PROCESSING),
        State.COMPLETED,
        progress.nothing_travels,
        (placing.shipped_nothing,),
        "nothing that travels is left",
    ),
    Transition(
        "O-26",
        (Step.ASKED_AGAIN,),
        states(State.PROCESSING),
        State.AVAILABILITY_REQUESTED,
        progress.none_known_missing,
        (progress.asked_again,),
        "no other line is missing",
    ),
    Transition(
        "O-24",
        (facts.RecallAccepted,),
        states(State.CONFIRMED, State.PICKING),
        State.PROCESSING,
        progress.stopped,
        (recalls.reopened,),
        "the warehouse was asked to, and stopped a shipment",
    ),
    Transition(
        "O-41",
        (facts.FraudScored,),
        states(State.APPROVED, State.AVAILABILITY_REQUESTED, State.PROCESSING, State.CONFIRMED, State.PICKING),
        None,
        progress.doubted_late,
        (progress.suspend,),
        "the order is doubted after all",
    ),
    Transition(
        "O-19",
        (Step.AUTOMATIC,),
        states(State.APPROVED),
        State.AVAILABILITY_REQUESTED,
        placing.ships,
        (placing.ask_stock,),
        "something travels; no hold but that of an exchange, no blocking alert",
    ),
    Transition(
        "O-20",
        (Step.AUTOMATIC,),
        states(State.APPROVED),
        State.COMPLETED,
        placing.ships_nothing,
        (placing.shipped_nothing,),
        "nothing travels; no hold, no blocking alert",
    ),
    Transition(
        "O-21",
        (*_STOCK, Step.SHRUNK),
        states(State.AVAILABILITY_REQUESTED, State.PROCESSING),
        State.CONFIRMED,
        progress.all_reserved,
        (progress.confirmed,),
        "all lines are available",
    ),
    Transition(
        "O-25",
        _STOCK,
        states(State.AVAILABILITY_REQUESTED),
        State.PROCESSING,
        progress.some_missing,
        (progress.processing, flash_drafts.reorder),
        "some line is not available",
    ),
    Transition(
        "O-25",
        _STOCK,
        states(State.PROCESSING),
        None,
        progress.some_missing,
        (flash_drafts.reorder,),
        "some line is still not available",
    ),
    Transition(
        "O-25",
        (Step.RELEASE,),
        states(State.PROCESSING),
        None,
        flash_drafts.kept_back,
        (flash_drafts.reorder,),
        "a hold kept the search back",
    ),
    Transition(
        "O-28",
        (*_STOCK, facts.FlashRefused),
        states(State.PROCESSING),
        None,
        progress.out_of_stock,
        (progress.tell_out_of_stock,),
        "no line of it will come",
    ),
    Transition(
        "X-07",
        (Step.NO_REPLACEMENT,),
        states(State.AVAILABILITY_REQUESTED, State.PROCESSING),
        State.CANCELLED,
        exchanges.is_released,
        (cancellation.no_replacement,),
        "the return is in, the replacement isn't",
    ),
    Transition(
        "O-29",
        (*_PICKED, Step.SHRUNK),
        states(State.CONFIRMED),
        State.PICKING,
        progress.picked_free,
        (progress.picking,),
        "every shipment is picked, no hold",
    ),
    Transition(
        "O-30",
        (*_PICKED, Step.SHRUNK),
        states(State.CONFIRMED),
        State.PICKING,
        progress.picked_held,
        (progress.picked_while_held, progress.picking),
        "every shipment is picked in spite of a hold",
    ),
    Transition(
        "O-30",
        _PICKED,
        _UNCONFIRMED | {State.CONFIRMED},
        None,
        progress.part_picked_held,
        (progress.picked_while_held,),
        "a shipment is picked in spite of a hold",
    ),
    Transition(
        "O-31",
        (facts.ParcelPacked, Step.SHRUNK),
        states(State.PICKING),
        State.SHIPPING,
        progress.all_packed,
        (progress.packed,),
        "the last shipment is packed",
    ),
    Transition(
        "O-32",
        (facts.ShipmentHandedOver, Step.SHRUNK),
        states(State.SHIPPING),
        State.SENT,
        progress.all_sent,
        (progress.sent,),
        "the last shipment is sent",
    ),
    Transition(
        "O-33",
        (facts.CarrierDelivered, Step.SHRUNK),
        states(State.SENT),
        State.DELIVERED,
        progress.all_delivered,
        (progress.delivered,),
        "the last shipment is delivered",
    ),
    Transition("O-34", (facts.CarrierException,), _UNCONFIRMED | _ON_THE_WAY, effects=(progress.carrier_trouble,)),
    Transition(
        "O-35",
        (Step.AUTOMATIC,),
        states(State.DELIVERED),
        State.COMPLETED,
        progress.closable,
        (progress.completed,),
        "its time is over and nothing is open",
    ),
    Transition(
        "O-36",
        (facts.ReleaseExchange,),
        states(State.CONFIRMED),
        None,
        exchanges.held,
        (exchanges.let_go,),
        "held for the return",
    ),
    Transition(
        "X-05",
        (facts.ReleaseExchange,),
        _UNCONFIRMED | _ON_THE_WAY - {State.CONFIRMED},
        None,
        exchanges.held,
        (exchanges.let_go,),
        "held for the return",
    ),
    Transition(
        "H-06",
        (Step.AUTOMATIC,),
        states(State.PICKING, State.SHIPPING, State.SENT, State.DELIVERED),
        None,
        exchanges.gone,
        (exchanges.too_late,),
        "the return has ended, its replacement is packed already",
    ),
    Transition("O-40", shipping.triggers(), states(State.CANCELLED), effects=(progress.shipped_after_cancel,)),
)


def _put(draft: Draft, order: Order, state: StrEnum) -> None:
    draft.order = changed(draft.order, state=State(state))


MACHINE: Final = Machine(
    "order",
    TABLE,
    subjects=lambda draft: (draft.order,),
    key=lambda order: "order",
    state=lambda order: order.state,
    put=_put,
)

MACHINES: Final[tuple[Machine[Any], ...]] = (  # each has its own kind of subject: a list of them has no one type
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

_SETTLING: Final[tuple[Machine[Any], ...]] = tuple(
    machine for machine in MACHINES[1:] if any(Step.AUTOMATIC in row.on for row in machine.table)
)


def settle(draft: Draft) -> None:
    """Move the order on by what it was told, and everything of it by itself, until nothing moves any more."""
    moved = True
    while moved:
        moved = MACHINE.settle(draft, (*draft.told, Step.AUTOMATIC))
        for machine in _SETTLING:
            moved |= machine.settle(draft, (Step.AUTOMATIC,))


def allows(order_state: State | None, trigger: object) -> bool:
    """Tell whether the order's table has a row for this trigger in this state."""
    return any(order_state in row.source and trigger in row.on for row in TABLE)
