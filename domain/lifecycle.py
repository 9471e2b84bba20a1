"""The order's lifecycle: its table of transitions, and the settling in which all tables of an order move on."""

from enum import StrEnum
from typing import Any, Final

from domain import (
    availability,
    cancellation,
    events,
    exchanges,
    facts,
    flash_reorders,
    fraud,
    holds,
    payments,
    placing,
    refunds,
    requests,
    returns,
    shipping,
)
from domain.deadlines import Deadline
from domain.draft import Draft
from domain.order import ENDED, SHIPMENT_RANK, Order, PaymentState, RefundState, ShipmentState, State, changed
from domain.transitions import Machine, Step, Transition, states

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
_MONEY: Final = (facts.PaymentAuthorized, facts.PaymentCaptured, facts.FraudScored)


def _paid_and_clear(draft: Draft, order: Order) -> bool:
    return payments.secured(order) and fraud.cleared(order)


def _paid_not_clear(draft: Draft, order: Order) -> bool:
    free = order.payment.state is PaymentState.NOT_REQUIRED and order.verdict is None
    return payments.secured(order) and not fraud.cleared(order) and not free


def _paid(draft: Draft, order: Order) -> bool:
    return payments.secured(order)


def _clear(draft: Draft, order: Order) -> bool:
    return fraud.cleared(order)


def _tries_left(draft: Draft, order: Order) -> bool:
    refused = order.payment.state is PaymentState.REFUSED
    return refused and order.payment.attempt < draft.policy.payment_attempts


def _no_tries_left(draft: Draft, order: Order) -> bool:
    refused = order.payment.state is PaymentState.REFUSED
    return refused and order.payment.attempt >= draft.policy.payment_attempts


def _all_reserved(draft: Draft, order: Order) -> bool:
    return order.lowest >= SHIPMENT_RANK[ShipmentState.RESERVED]


def _some_missing(draft: Draft, order: Order) -> bool:
    return bool(availability.missing(order))


def _picked_free(draft: Draft, order: Order) -> bool:
    return order.lowest >= SHIPMENT_RANK[ShipmentState.PICKING] and not order.holds


def _picked_held(draft: Draft, order: Order) -> bool:
    return order.lowest >= SHIPMENT_RANK[ShipmentState.PICKING] and bool(order.holds)


def _all_packed(draft: Draft, order: Order) -> bool:
    return order.lowest >= SHIPMENT_RANK[ShipmentState.PACKED]


def _all_sent(draft: Draft, order: Order) -> bool:
    return order.lowest >= SHIPMENT_RANK[ShipmentState.SENT]


def _all_delivered(draft: Draft, order: Order) -> bool:
    return order.lowest >= SHIPMENT_RANK[ShipmentState.DELIVERED]


def _stoppable(draft: Draft, order: Order) -> bool:
    return exchanges.held(draft, order) and order.lowest <= SHIPMENT_RANK[ShipmentState.RESERVED]


def nothing_open(order: Order) -> bool:
    """Tell whether no return, refund, exchange, hold or blocking alert is open (O-35)."""
    settled = (RefundState.EXECUTED, RefundState.CANCELLED)
    return (
        not any(returns.is_open(returned) for returned in order.returns)
        and all(refund.state in settled for refund in order.refunds)
        and not order.holds
        and not any(alert.blocking for alert in order.alerts)
        and not (order.payment.capture_asked and order.payment.state is PaymentState.AUTHORISED)
    )


def _closable(draft: Draft, order: Order) -> bool:
    return order.closing and nothing_open(order)


def _approved(draft: Draft, order: Order) -> None:
    fraud.settle_doubt(draft, order)
    draft.emit(events.OrderApproved())
    draft.email("validated")


def _try_again_later(draft: Draft, order: Order) -> None:
    draft.arm(Deadline.PAYMENT_RETRY, draft.policy.payment_retry)
    draft.email("payment_failed", str(order.payment.attempt))


def _no_answer(draft: Draft, order: Order) -> None:
    draft.alert("no_answer")


def _confirmed(draft: Draft, order: Order) -> None:
    draft.clear("stock")
    draft.emit(events.OrderConfirmed())


def _processing(draft: Draft, order: Order) -> None:
    draft.emit(events.OrderProcessing(tuple(line.line for line in availability.missing(order))))
    draft.alert("stock")


def _picking(draft: Draft, order: Order) -> None:
    draft.emit(events.OrderPicking())


def _picked_while_held(draft: Draft, order: Order) -> None:
    draft.alert("picked_while_held")
    for shipment in order.live_shipments:
        draft.ask(requests.RecallRequested(draft.id("recall", shipment.id), shipment.id, "picked_while_held"))


def _shipping(draft: Draft, order: Order) -> None:
    draft.emit(events.OrderShipping())


def _sent(draft: Draft, order: Order) -> None:
    draft.emit(events.OrderSent())
    payments.MACHINE.take(draft, order.payment, Step.CAPTURE)
    draft.email("shipped")


def _delivered(draft: Draft, order: Order) -> None:
    draft.emit(events.OrderDelivered())
    draft.arm(Deadline.CLOSING, draft.policy.closing)
    exchanges.answer(draft, "delivered")


def _carrier_trouble(draft: Draft, order: Order) -> None:
    fact = draft.received.fact
    draft.alert("carrier", text=fact.code if isinstance(fact, facts.CarrierException) else None)


def _completed(draft: Draft, order: Order) -> None:
    draft.emit(events.OrderCompleted())


def _shipped_after_cancel(draft: Draft, order: Order) -> None:
    draft.alert("shipped_after_cancel")


TABLE: Final[tuple[Transition[Order], ...]] = (
    Transition(
        "O-06",
        (facts.OrderPlaced,),
        states(None),
        State.PAYMENT_PENDING,
        effects=(placing.created, placing.ask_money_and_score),
    ),
    Transition(
        "O-05",
        (facts.SubmitOrder,),
        states(None),
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
    Transition("O-07", (facts.ApproveOrder,), states(State.DRAFT), State.APPROVED, effects=(_approved,)),
    Transition(
        "O-04",
        (facts.CancelOrder, facts.CancellationRequested),
        states(State.DRAFT),
        State.VOIDED,
        effects=(cancellation.drop,),
    ),
    Transition(
        "O-08",
        _MONEY,
        states(State.PAYMENT_PENDING),
        State.APPROVED,
        _paid_and_clear,
        (_approved,),
        "the money is there and the verdict is clear",
    ),
    Transition(
        "O-09",
        _MONEY,
        states(State.PAYMENT_PENDING),
        State.RISK_REVIEW,
        _paid_not_clear,
        (fraud.before_a_person,),
        "the money is there, the verdict is review or missing",
    ),
    Transition("O-10", (facts.FraudScored,), states(State.PAYMENT_PENDING)),
    Transition(
        "O-11",
        (facts.PaymentRefused,),
        states(State.PAYMENT_PENDING),
        None,
        _tries_left,
        (_try_again_later,),
        "a try is left",
    ),
    Transition(
        "O-12",
        (facts.PaymentRefused,),
        states(State.PAYMENT_PENDING),
        State.CANCELLED,
        _no_tries_left,
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
        "O-13", (facts.FraudScored,), states(State.RISK_REVIEW), State.APPROVED, _clear, (_approved,), "it is clear"
    ),
    Transition("O-10", (facts.FraudScored,), states(State.RISK_REVIEW), effects=(fraud.watch,)),
    Transition(
        "O-14",
        (facts.ApproveOrder,),
        _RISK,
        State.APPROVED,
        _paid,
        (fraud.clear_by_hand, _approved),
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
    Transition("O-17", (Step.NO_ANSWER,), states(State.RISK_FOLLOW_UP), effects=(_no_answer,)),
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
        (facts.CancelOrder, facts.CancellationRequested),
        _EDITABLE,
        State.CANCELLED,
        effects=(cancellation.carry_out,),
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
        _STOCK,
        states(State.AVAILABILITY_REQUESTED, State.PROCESSING),
        State.CONFIRMED,
        _all_reserved,
        (_confirmed,),
        "all lines are available",
    ),
    Transition(
        "O-25",
        _STOCK,
        states(State.AVAILABILITY_REQUESTED),
        State.PROCESSING,
        _some_missing,
        (_processing, flash_reorders.reorder),
        "some line is not available",
    ),
    Transition(
        "O-25",
        _STOCK,
        states(State.PROCESSING),
        None,
        _some_missing,
        (flash_reorders.reorder,),
        "some line is still not available",
    ),
    Transition(
        "O-29",
        _PICKED,
        states(State.CONFIRMED),
        State.PICKING,
        _picked_free,
        (_picking,),
        "every shipment is picked, no hold",
    ),
    Transition(
        "O-30",
        _PICKED,
        states(State.CONFIRMED),
        State.PICKING,
        _picked_held,
        (_picked_while_held, _picking),
        "every shipment is picked in spite of a hold",
    ),
    Transition(
        "O-31",
        (facts.ParcelPacked,),
        states(State.PICKING),
        State.SHIPPING,
        _all_packed,
        (_shipping,),
        "the last shipment is packed",
    ),
    Transition(
        "O-32",
        (facts.ShipmentHandedOver,),
        states(State.SHIPPING),
        State.SENT,
        _all_sent,
        (_sent,),
        "the last shipment is sent",
    ),
    Transition(
        "O-33",
        (facts.CarrierDelivered,),
        states(State.SENT),
        State.DELIVERED,
        _all_delivered,
        (_delivered,),
        "the last shipment is delivered",
    ),
    Transition("O-34", (facts.CarrierException,), _ON_THE_WAY, effects=(_carrier_trouble,)),
    Transition(
        "O-35",
        (Step.AUTOMATIC,),
        states(State.DELIVERED),
        State.COMPLETED,
        _closable,
        (_completed,),
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
        "O-37",
        (facts.CancelExchange,),
        _UNCONFIRMED | {State.CONFIRMED},
        State.CANCELLED,
        _stoppable,
        (cancellation.carry_out,),
        "still held",
    ),
    Transition("O-40", shipping.triggers(), states(State.CANCELLED), effects=(_shipped_after_cancel,)),
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


def ended(order: Order) -> bool:
    """Tell whether the order will never be sent."""
    return order.state in ENDED
