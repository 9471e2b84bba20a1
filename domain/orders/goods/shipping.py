"""Shipping: the shipment's table of transitions, and the messages that move it.

The guards and effects of `TABLE` are in `availability`, `release` and here.
"""

from enum import StrEnum
from typing import Final

from contracts import commands as desk
from contracts.references import TRACKING, same, written
from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Late, Outcome, Why
from domain.deciding.identity import derive
from domain.deciding.machine import Machine
from domain.deciding.transitions import Trigger, row
from domain.deciding.values import changed
from domain.orders import events, facts
from domain.orders.goods import availability, clocks, coming_back, release
from domain.orders.goods.way import REACHES, WAY
from domain.orders.order import ENDED, SHIPMENT_RANK, SHIPMENTS, LineState, Order, Shipment, ShipmentState
from domain.orders.scratchpad import UNEXPECTED, OrderPad, OrderTransition
from domain.orders.steps import Step

PLANNED: Final = ShipmentState.PLANNED
AWAITING: Final = ShipmentState.AWAITING_AVAILABILITY
RESERVED: Final = ShipmentState.RESERVED
RELEASED: Final = ShipmentState.RELEASED
PICKING: Final = ShipmentState.PICKING
PACKED: Final = ShipmentState.PACKED
SENT: Final = ShipmentState.SENT
DELIVERED: Final = ShipmentState.DELIVERED
NOT_REQUIRED: Final = ShipmentState.NOT_REQUIRED
CANCELLED: Final = ShipmentState.CANCELLED
RESERVED_RANK: Final = SHIPMENT_RANK[RESERVED]
WarehouseFact = facts.PickingStarted | facts.ParcelPacked | facts.ShipmentHandedOver


def plan(order: Order, warehouses: dict[int, str | None]) -> tuple[Shipment, ...]:
    """Return the shipments of a new order, one per warehouse that its lines name (S-01).

    Where the draft had one that was cancelled, they have new ids: its end was announced.
    """
    by_warehouse: dict[str | None, list[int]] = {}
    for line in order.lines:
        if line.kind == "shippable":
            by_warehouse.setdefault(warehouses.get(line.line), []).append(line.line)
    announced = len(order.shipments) if any(each.state is CANCELLED for each in order.shipments) else 0
    return tuple(
        Shipment(derive(order.id, "shipment", number), tuple(lines), warehouse=warehouse, carrier=order.carrier)
        for number, (warehouse, lines) in enumerate(by_warehouse.items(), start=announced + 1)
    )


def _send(pad: OrderPad, shipment: Shipment) -> None:
    pad.put_shipment(changed(shipment, sent_at=clocks.plausible(pad, shipment.released_at)))
    availability.mark(pad, shipment, LineState.SHIPPED)
    pad.disarm(Deadline.FULFILMENT, shipment.id)
    pad.arm(Deadline.DELIVERY, pad.policy.delivery, shipment.id)


def _arrive(pad: OrderPad, shipment: Shipment) -> None:
    """Note when it was delivered by the carrier's own time: not before it was sent, and never in the future (S-21)."""
    pad.put_shipment(changed(shipment, delivered_at=clocks.plausible(pad, shipment.sent_at or shipment.labelled_at)))
    pad.disarm(Deadline.DELIVERY, shipment.id)
    coming_back.close_later(pad)


def _goes_on(pad: OrderPad, shipment: Shipment) -> bool:
    """Tell whether the order goes on without it."""
    return pad.order.state not in ENDED


def _left_after_all(pad: OrderPad, shipment: Shipment) -> None:
    pad.alert("shipped_after_cancel")


def _changed(pad: OrderPad, shipment: Shipment) -> None:
    fact = pad.received.fact
    reached = REACHES.get(type(fact))
    inferred = reached is not None and shipment.state is not reached
    pad.emit(events.ShipmentChanged(shipment.id, shipment.state, inferred, written(shipment.tracking_number)))


STOCK: Final = facts.AvailabilityReported
CANCELLABLE: Final = SHIPMENTS["cancellable"]
TABLE: Final[tuple[OrderTransition[Shipment], ...]] = (
    row("S-03", PLANNED, Step.ASK, AWAITING, then=(availability.ask, _changed)),
    row("S-04", AWAITING, STOCK, RESERVED, when=availability.all_here, then=(availability.reserve, _changed)),
    row("S-05", AWAITING, STOCK, when=availability.some_missing, then=availability.await_stock),
    row("L-05", AWAITING, Step.ASK, then=availability.ask),
    row("S-02", PLANNED, Step.AUTOMATIC, AWAITING, when=availability.asked_late, then=(availability.ask, _changed)),
    row(
        "O-26",
        AWAITING,
        Step.AUTOMATIC,
        when=availability.asked_late,
        then=(availability.ask, availability.asked_again),
    ),
    row("S-13", SHIPMENTS["recallable"], facts.RecallAccepted, AWAITING, then=(release.stop, _changed)),
    row("S-12", CANCELLABLE, desk.CancelShipment, CANCELLED, then=(release.withdraw, release.drop_lines, _changed)),
    row("S-06", RESERVED, Step.AUTOMATIC, RELEASED, when=release.releasable, then=(release.release, _changed)),
    row("S-07", SHIPMENTS["unpicked"], facts.PickingStarted, PICKING, then=_changed),
    row("S-08", PICKING, facts.ParcelPacked, PACKED, then=_changed),
    row("S-09", PACKED, facts.ShipmentHandedOver, SENT, then=(_send, _changed)),
    row("S-11", SENT, facts.CarrierDelivered, DELIVERED, then=(_arrive, _changed)),
    row("O-27", CANCELLABLE, Step.CANCEL, CANCELLED, then=(release.withdraw, _changed)),
    row("O-40", CANCELLED, tuple(REACHES), when=_goes_on, then=_left_after_all),
)


def _put(pad: OrderPad, shipment: Shipment, state: StrEnum) -> None:
    pad.put_shipment(changed(shipment, state=ShipmentState(state)))


MACHINE: Final = Machine(
    "shipment",
    TABLE,
    ShipmentState,
    begins=(PLANNED, NOT_REQUIRED),
    ends=(DELIVERED, NOT_REQUIRED, CANCELLED),
    subjects=lambda pad: pad.order.shipments,
    key=lambda shipment: shipment.id,
    state=lambda shipment: shipment.state,
    put=_put,
    unique=True,
)


def cancel_one(pad: OrderPad, shipment: Shipment) -> bool:
    """Cancel one shipment and its lines (S-12)."""
    return MACHINE.take(pad, shipment, desk.CancelShipment)


def shrink(pad: OrderPad, shipment: Shipment, kept: set[int]) -> None:
    """Keep only these lines of a shipment (R-09).

    The warehouse's last answer counts if it covers them; else they are requested again.
    """
    if not kept:
        cancel_one(pad, shipment)
        return
    pad.put_shipment(changed(shipment, lines=tuple(number for number in shipment.lines if number in kept)))
    if shipment.answered_at is None or shipment.state is not AWAITING:
        return
    rest = MACHINE.current(pad, shipment.id)
    if availability.all_here(pad, rest):
        MACHINE.take(pad, rest, facts.AvailabilityReported)
        pad.tell(facts.AvailabilityReported)
    else:
        pad.put_shipment(changed(rest, ask_again=True))


def answered(pad: OrderPad, fact: facts.AvailabilityReported) -> Answer:
    """Record the warehouse's answer, then move the shipment (S-04, S-05)."""
    shipment = pad.order.shipment(fact.shipment_id)
    if shipment is None:
        return unknown(pad, fact.shipment_id)
    outcome = availability.reported(pad, shipment, fact)
    if outcome is Outcome.APPLIED:
        MACHINE.take(pad, MACHINE.current(pad, fact.shipment_id), facts.AvailabilityReported)
    return outcome


def unknown(pad: OrderPad, shipment_id: str) -> Answer:
    """Have a person look at goods that the warehouse sees with this order, and the order doesn't know (O-79)."""
    return pad.alert_once("unknown_shipment", UNEXPECTED, shipment_id)


def handled(pad: OrderPad, fact: WarehouseFact) -> Answer:
    """Move the shipment to the state that the warehouse reports (S-07 to S-09)."""
    shipment = pad.order.shipment(fact.shipment_id)
    if shipment is None:
        return unknown(pad, fact.shipment_id)
    if isinstance(fact, facts.ShipmentHandedOver):
        return reach(pad, clocks.labelled(pad, shipment, fact), shipment)
    if isinstance(fact, facts.ParcelPacked) and fact.parcel_id and shipment.parcel_id is None:
        return reach(pad, changed(shipment, parcel_id=fact.parcel_id), shipment)
    return reach(pad, shipment, shipment)


def reach(pad: OrderPad, new: Shipment, old: Shipment) -> Answer:
    """Move the shipment to the state that the fact implies, through all states between (O-38)."""
    fact = type(pad.received.fact)
    if old.stopped_at is not None and clocks.is_of_stopped_goods(pad, old):
        return Late(Why.OVERTAKEN, "it tells of goods that the warehouse has put back since")
    if old.state is CANCELLED:
        return after_cancel(pad, old)
    if old.rank < RESERVED_RANK:
        return Outcome.PARKED  # the hub's own steps are never inferred, only those of the partner
    reached = SHIPMENT_RANK[REACHES[fact]]
    if new == old and reached <= old.rank and not _new_trouble(pad):
        return Late(Why.REPEATED, f"the shipment is {old.state}, and nothing else is new")
    pad.put_shipment(new)
    _refer(pad, new, old)
    for state, step in WAY:
        if old.rank < SHIPMENT_RANK[state] <= reached:
            MACHINE.take(pad, MACHINE.current(pad, new.id), step)
            pad.tell(step)
    note(pad, new, old)
    return Outcome.APPLIED


def _new_trouble(pad: OrderPad) -> bool:
    fact = pad.received.fact
    return isinstance(fact, facts.CarrierException) and not pad.order.is_alerted("carrier")


def _refer(pad: OrderPad, new: Shipment, old: Shipment) -> None:
    if new.tracking_number is not None and not same(TRACKING, new.tracking_number, old.tracking_number):
        free = pad.claim(TRACKING, "carrier", new.tracking_number)
        if free and pad.references[-1].over is not None:
            pad.put_shipment(changed(new, reused=True))
        if old.back_at is not None and new.back_at is None:
            coming_back.on_its_way_again(pad, new)


def note(pad: OrderPad, new: Shipment, old: Shipment) -> None:
    """Publish a new scan, and raise the alert of a parcel that turns back (S-10)."""
    if new.scan is not None and new.scan != old.scan:
        pad.rules.append("S-10")
        scan = new.scan
        pad.emit(events.TrackingNoted(new.id, scan.kind, scan.location, scan.code, scan.at))
    if new.returned_to_sender and not old.returned_to_sender:
        pad.alert("returned_to_sender")


def after_cancel(pad: OrderPad, shipment: Shipment) -> Answer:
    """Raise the alert of goods that move though their shipment is cancelled, once while it stands (O-40)."""
    if pad.order.is_alerted("shipped_after_cancel"):
        return Late(Why.REPEATED, "the alert shipped_after_cancel stands")
    MACHINE.take(pad, shipment, type(pad.received.fact))
    return Outcome.APPLIED  # of a cancelled order, its own table raises the alert (O-40)


def triggers() -> tuple[Trigger, ...]:
    """Return the facts that tell that goods are on their way."""
    return tuple(REACHES)
