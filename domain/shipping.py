"""Shipping: a shipment's way from its reserved lines over the warehouse to its address."""

from dataclasses import replace
from enum import StrEnum
from typing import Final

from domain import availability, events, facts, requests
from domain.deadlines import Deadline
from domain.decision import Answer, Outcome
from domain.draft import Draft
from domain.identity import derive
from domain.order import SHIPMENT_RANK, LineState, Order, Scan, Shipment, ShipmentState, State
from domain.transitions import Machine, Step, Transition, Trigger, states

PLANNED, AWAITING, RESERVED, RELEASED, PICKING, PACKED, SENT, DELIVERED, NOT_REQUIRED, CANCELLED = ShipmentState

_WAY: Final[tuple[tuple[ShipmentState, type[facts.Fact]], ...]] = (
    (PICKING, facts.PickingStarted),
    (PACKED, facts.ParcelPacked),
    (SENT, facts.ShipmentHandedOver),
    (DELIVERED, facts.CarrierDelivered),
)
"""Which fact brings a shipment to which state, in order: a later fact tells of the ones before it (O-38)."""
_REACHES: Final[dict[type[facts.Fact], ShipmentState]] = {
    **{fact: state for state, fact in _WAY},
    facts.CarrierCollected: SENT,
    facts.CarrierInTransit: SENT,
    facts.CarrierException: SENT,
    facts.CarrierReturnedToSender: SENT,
}
CarrierFact = (
    facts.CarrierCollected
    | facts.CarrierInTransit
    | facts.CarrierDelivered
    | facts.CarrierException
    | facts.CarrierReturnedToSender
)
_SCANS: Final[dict[type[facts.Fact], str]] = {
    facts.CarrierCollected: "collected",
    facts.CarrierInTransit: "in_transit",
    facts.CarrierDelivered: "delivered",
    facts.CarrierException: "exception",
    facts.CarrierReturnedToSender: "returned_to_sender",
}
WarehouseFact = facts.PickingStarted | facts.ParcelPacked | facts.ShipmentHandedOver


def plan(order: Order, warehouses: dict[int, str | None]) -> tuple[Shipment, ...]:
    """Return the shipments of a new order, one per warehouse that its lines name (S-01)."""
    by_warehouse: dict[str | None, list[int]] = {}
    for line in order.lines:
        if line.kind == "shippable":
            by_warehouse.setdefault(warehouses.get(line.line), []).append(line.line)
    return tuple(
        Shipment(derive(order.id, "shipment", number), tuple(lines), warehouse=warehouse, carrier=order.carrier)
        for number, (warehouse, lines) in enumerate(by_warehouse.items(), start=1)
    )


def may_step(order: Order) -> bool:
    """Tell whether the hub may take its own next step: no hold, no blocking alert (A-21, A-34)."""
    return not order.holds and not any(alert.blocking for alert in order.alerts)


def _releasable(draft: Draft, shipment: Shipment) -> bool:
    return draft.order.state is State.CONFIRMED and may_step(draft.order)


def _release(draft: Draft, shipment: Shipment) -> None:
    order = draft.order
    assert order.contact is not None
    lines = availability.lines_of(order, shipment)
    draft.ask(
        requests.ShipmentRelease(
            draft.id("release", shipment.id),
            shipment.id,
            order.number,
            order.contact.shipping_address,
            tuple(requests.AskedLine(line.line, line.sku, line.quantity) for line in lines),
            order.carrier,
        )
    )
    draft.arm(Deadline.FULFILMENT, draft.policy.fulfilment_answer, shipment.id)


def _send(draft: Draft, shipment: Shipment) -> None:
    availability.mark(draft, shipment, LineState.SHIPPED)
    draft.disarm(Deadline.FULFILMENT, shipment.id)
    draft.arm(Deadline.DELIVERY, draft.policy.delivery, shipment.id)


def _arrive(draft: Draft, shipment: Shipment) -> None:
    draft.disarm(Deadline.DELIVERY, shipment.id)


def _changed(draft: Draft, shipment: Shipment) -> None:
    fact = draft.received.fact
    reached = _REACHES.get(type(fact))
    inferred = reached is not None and shipment.state is not reached
    draft.emit(events.ShipmentChanged(shipment.id, shipment.state, inferred, shipment.tracking_number))


TABLE: Final[tuple[Transition[Shipment], ...]] = (
    Transition("S-03", (Step.ASK,), states(PLANNED), AWAITING, effects=(availability.ask, _changed)),
    Transition(
        "S-04",
        (facts.AvailabilityReported,),
        states(AWAITING),
        RESERVED,
        availability.all_here,
        (availability.reserve, _changed),
        "all its lines are available",
    ),
    Transition(
        "S-05",
        (facts.AvailabilityReported,),
        states(AWAITING),
        None,
        availability.some_missing,
        (availability.await_stock,),
        "some line is not available",
    ),
    Transition("L-05", (Step.ASK,), states(AWAITING), None, effects=(availability.ask,)),
    Transition(
        "S-06",
        (Step.AUTOMATIC,),
        states(RESERVED),
        RELEASED,
        _releasable,
        (_release, _changed),
        "the order is confirmed and nothing holds it",
    ),
    Transition("S-07", (facts.PickingStarted,), states(RESERVED, RELEASED), PICKING, effects=(_changed,)),
    Transition("S-08", (facts.ParcelPacked,), states(PICKING), PACKED, effects=(_changed,)),
    Transition("S-09", (facts.ShipmentHandedOver,), states(PACKED), SENT, effects=(_send, _changed)),
    Transition("S-11", (facts.CarrierDelivered,), states(SENT), DELIVERED, effects=(_arrive, _changed)),
    Transition(
        "O-27",
        (Step.CANCEL,),
        states(PLANNED, AWAITING, RESERVED),
        CANCELLED,
        effects=(availability.withdraw, _changed),
    ),
)


def _put(draft: Draft, shipment: Shipment, state: StrEnum) -> None:
    draft.put_shipment(replace(shipment, state=ShipmentState(state)))


MACHINE: Final = Machine(
    "shipment",
    TABLE,
    subjects=lambda draft: draft.order.shipments,
    key=lambda shipment: shipment.id,
    state=lambda shipment: shipment.state,
    put=_put,
)


def answered(draft: Draft, fact: facts.AvailabilityReported) -> Answer:
    """Read the warehouse's answer, then move its shipment on (S-04, S-05)."""
    outcome = availability.reported(draft, fact)
    if outcome is Outcome.APPLIED:
        MACHINE.take(draft, MACHINE.current(draft, fact.shipment_id), facts.AvailabilityReported)
    return outcome


def handled(draft: Draft, fact: WarehouseFact) -> Answer:
    """Take the shipment where the warehouse says it is (S-07 to S-09)."""
    shipment = next((s for s in draft.order.shipments if s.id == fact.shipment_id), None)
    if shipment is None:
        return Outcome.LATE
    if isinstance(fact, facts.ShipmentHandedOver):
        return _reach(draft, _labelled(draft, shipment, fact), shipment)
    if isinstance(fact, facts.ParcelPacked) and fact.parcel_id and shipment.parcel_id is None:
        return _reach(draft, replace(shipment, parcel_id=fact.parcel_id), shipment)
    return _reach(draft, shipment, shipment)


def _labelled(draft: Draft, shipment: Shipment, fact: facts.ShipmentHandedOver) -> Shipment:
    return replace(shipment, carrier=fact.carrier, tracking_number=fact.tracking_number)


def scanned(draft: Draft, fact: CarrierFact) -> Answer:
    """Take the shipment where the carrier says it is (S-09 to S-11), and keep the newest scan."""
    shipment = _parcel(draft.order, fact)
    if shipment is None:
        return Outcome.PARKED
    new = replace(
        shipment,
        carrier=shipment.carrier if shipment.tracking_number else fact.carrier or shipment.carrier,
        tracking_number=shipment.tracking_number or fact.tracking_number,
        scan=_newest(draft, shipment.scan, fact),
        returned_to_sender=shipment.returned_to_sender or isinstance(fact, facts.CarrierReturnedToSender),
    )
    return _reach(draft, new, shipment)


def _parcel(order: Order, fact: CarrierFact) -> Shipment | None:
    """Return the shipment that a scan is about: by its id, its number, or the only one still without a number."""
    by_number = [s for s in order.shipments if s.tracking_number == fact.tracking_number]
    by_id = [s for s in order.shipments if s.id == fact.shipment_id]
    unnamed = [s for s in order.live_shipments if s.tracking_number is None]
    if by_id or by_number:
        return (by_id or by_number)[0]
    return unnamed[0] if len(unnamed) == 1 and len(order.live_shipments) == 1 else None


def _newest(draft: Draft, last: Scan | None, fact: CarrierFact) -> Scan:
    kind = _SCANS[type(fact)]
    scan = Scan(draft.received.occurred_at, draft.received.cause.id, kind, fact.location)
    if last is None or last.at < scan.at:
        return scan
    repeated = (last.at, last.kind, last.location) == (scan.at, scan.kind, scan.location)
    return last if repeated or (last.at, last.id) >= (scan.at, scan.id) else scan


def _reach(draft: Draft, new: Shipment, old: Shipment) -> Answer:
    """Bring the shipment to where the fact says it is, through the states in between (O-38)."""
    fact = type(draft.received.fact)
    if old.state is CANCELLED:
        return _after_cancel(draft)
    if old.rank < SHIPMENT_RANK[RESERVED]:
        return Outcome.PARKED  # the hub's own steps are never inferred, only those of the partner
    reached = SHIPMENT_RANK[_REACHES[fact]]
    if new == old and reached <= old.rank and not _new_trouble(draft):
        return Outcome.LATE
    draft.put_shipment(new)
    _refer(draft, new, old)
    for state, step in _WAY:
        if old.rank < SHIPMENT_RANK[state] <= reached:
            MACHINE.take(draft, MACHINE.current(draft, new.id), step)
            draft.tell(step)
    _note(draft, new, old)
    return Outcome.APPLIED


def _new_trouble(draft: Draft) -> bool:
    fact = draft.received.fact
    return isinstance(fact, facts.CarrierException) and not any(a.name == "carrier" for a in draft.order.alerts)


def _refer(draft: Draft, new: Shipment, old: Shipment) -> None:
    if new.tracking_number is not None and new.tracking_number != old.tracking_number:
        draft.refer("tracking", "carrier", new.tracking_number)


def _note(draft: Draft, new: Shipment, old: Shipment) -> None:
    if new.scan is not None and new.scan != old.scan:
        draft.rules.append("S-10")
        draft.emit(events.TrackingNoted(new.id, new.scan.kind, new.scan.location))
    if new.returned_to_sender and not old.returned_to_sender:
        draft.alert("returned_to_sender")


def _after_cancel(draft: Draft) -> Answer:
    if any(alert.name == "shipped_after_cancel" for alert in draft.order.alerts):
        return Outcome.LATE
    return Outcome.APPLIED  # the order's own table raises the alert (O-40)


def triggers() -> tuple[Trigger, ...]:
    """Return the facts by which a warehouse or carrier tells that goods are on their way."""
    return tuple(_REACHES)
