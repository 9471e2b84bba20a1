"""Shipping: a shipment's way from its reserved lines over the warehouse to its address.

The guards and effects of `TABLE` stand above it, the rules that messages meet below.
"""

from enum import StrEnum
from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome
from domain.deciding.identity import derive
from domain.deciding.machine import Machine
from domain.deciding.scratchpad import Draft
from domain.deciding.transitions import Step, Transition, Trigger, row
from domain.deciding.values import changed
from domain.orders import desk_facts as desk
from domain.orders import events, facts, holds, requests
from domain.orders.goods import availability
from domain.orders.money import payments
from domain.orders.order import ENDED, SHIPMENT_RANK, LineState, Order, Scan, Shipment, ShipmentState, State

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
RESERVED_RANK: Final = SHIPMENT_RANK[RESERVED]
_ASKING: Final = frozenset({State.AVAILABILITY_REQUESTED, State.PROCESSING})
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


def _releasable(draft: Draft, shipment: Shipment) -> bool:
    """Tell whether nothing holds the order, and its money is there."""
    return holds.free(draft.order) and payments.covered(draft.order)


def may_ask(order: Order) -> bool:
    """Tell whether the warehouse may be asked: nothing holds the order but a return that is to come (O-19)."""
    return holds.free(order, but=holds.EXCHANGE)


def _asked_late(draft: Draft, shipment: Shipment) -> bool:
    """Tell whether it was split off, changed or given back, and nothing holds the order (S-02, O-26)."""
    return shipment.ask_again and draft.order.state in _ASKING and may_ask(draft.order)


def _asked_again(draft: Draft, shipment: Shipment) -> None:
    draft.tell(Step.ASKED_AGAIN)


def _stop(draft: Draft, shipment: Shipment) -> None:
    """Take the shipment back from the warehouse; it is asked for again once somebody says how it goes on (S-13)."""
    stopped_at = draft.received.occurred_at
    draft.put_shipment(changed(shipment, recalled=True, stopped_at=stopped_at, answered_at=None, answer=()))
    availability.mark(draft, shipment, LineState.REQUESTED)
    draft.disarm(Deadline.FULFILMENT, shipment.id)


def _drop_lines(draft: Draft, shipment: Shipment) -> None:
    """Take the lines of a cancelled shipment out of the order: they cost nothing any more (S-12)."""
    before = draft.order.total
    draft.put_lines(
        tuple(
            changed(line, state=LineState.CANCELLED, base=line.full_price, price=0)
            if line.line in shipment.lines
            else line
            for line in draft.order.lines
        )
    )
    if draft.order.total != before:
        draft.emit(events.OrderRepriced(draft.money(before), draft.money(draft.order.total)))
    for kind in (Deadline.AVAILABILITY, Deadline.RESTOCK, Deadline.EDIT):
        draft.disarm(kind, shipment.id)
    draft.tell(Step.SHRUNK)


def _withdraw(draft: Draft, shipment: Shipment) -> None:
    """Take the question to the warehouse back, and the goods that it has stopped (O-27)."""
    availability.withdraw(draft, shipment)
    if shipment.stopped_at is not None:
        draft.ask(requests.ShipmentCancelled(draft.id("shipment-cancelled", shipment.id), shipment.id))


def _release(draft: Draft, shipment: Shipment) -> None:
    order = draft.order
    address = None if order.contact is None else order.contact.address_of(shipment.id)
    assert address is not None
    lines = availability.lines_of(order, shipment)
    again = () if shipment.stopped_at is None else (shipment.round,)
    draft.ask(
        requests.ShipmentRelease(
            request_id=draft.id("release", shipment.id, *again),
            shipment_id=shipment.id,
            number=order.number,
            address=address,
            lines=tuple(requests.AskedLine(line.line, line.sku, line.quantity, line.personalisation) for line in lines),
            carrier=shipment.carrier or order.carrier,
        )
    )
    draft.arm(Deadline.FULFILMENT, draft.policy.fulfilment_answer, shipment.id)


def _send(draft: Draft, shipment: Shipment) -> None:
    availability.mark(draft, shipment, LineState.SHIPPED)
    draft.disarm(Deadline.FULFILMENT, shipment.id)
    draft.arm(Deadline.DELIVERY, draft.policy.delivery, shipment.id)


def _arrive(draft: Draft, shipment: Shipment) -> None:
    draft.disarm(Deadline.DELIVERY, shipment.id)


def _goes_on(draft: Draft, shipment: Shipment) -> bool:
    """Tell whether the order goes on without it."""
    return draft.order.state not in ENDED


def _left_after_all(draft: Draft, shipment: Shipment) -> None:
    draft.alert("shipped_after_cancel")


def _changed(draft: Draft, shipment: Shipment) -> None:
    fact = draft.received.fact
    reached = _REACHES.get(type(fact))
    inferred = reached is not None and shipment.state is not reached
    draft.emit(events.ShipmentChanged(shipment.id, shipment.state, inferred, shipment.tracking_number))


STOCK: Final = facts.AvailabilityReported
TABLE: Final[tuple[Transition[Shipment], ...]] = (
    row("S-03", PLANNED, Step.ASK, AWAITING, then=(availability.ask, _changed)),
    row("S-04", AWAITING, STOCK, RESERVED, when=availability.all_here, then=(availability.reserve, _changed)),
    row("S-05", AWAITING, STOCK, when=availability.some_missing, then=availability.await_stock),
    row("L-05", AWAITING, Step.ASK, then=availability.ask),
    row("S-02", PLANNED, Step.AUTOMATIC, AWAITING, when=_asked_late, then=(availability.ask, _changed)),
    row("O-26", AWAITING, Step.AUTOMATIC, when=_asked_late, then=(availability.ask, _asked_again)),
    row("S-13", (RESERVED, RELEASED, PICKING), facts.RecallAccepted, AWAITING, then=(_stop, _changed)),
    row("S-12", (PLANNED, AWAITING, RESERVED), desk.CancelShipment, CANCELLED, then=(_withdraw, _drop_lines, _changed)),
    row("S-06", RESERVED, Step.AUTOMATIC, RELEASED, when=_releasable, then=(_release, _changed)),
    row("S-07", (RESERVED, RELEASED), facts.PickingStarted, PICKING, then=_changed),
    row("S-08", PICKING, facts.ParcelPacked, PACKED, then=_changed),
    row("S-09", PACKED, facts.ShipmentHandedOver, SENT, then=(_send, _changed)),
    row("S-11", SENT, facts.CarrierDelivered, DELIVERED, then=(_arrive, _changed)),
    row("O-27", (PLANNED, AWAITING, RESERVED), Step.CANCEL, CANCELLED, then=(_withdraw, _changed)),
    row("O-40", CANCELLED, tuple(_REACHES), when=_goes_on, then=_left_after_all),
)


def _put(draft: Draft, shipment: Shipment, state: StrEnum) -> None:
    draft.put_shipment(changed(shipment, state=ShipmentState(state)))


MACHINE: Final = Machine(
    "shipment",
    TABLE,
    ShipmentState,
    begins=(PLANNED, NOT_REQUIRED),
    subjects=lambda draft: draft.order.shipments,
    key=lambda shipment: shipment.id,
    state=lambda shipment: shipment.state,
    put=_put,
    unique=True,
)


def cancel_one(draft: Draft, shipment: Shipment) -> bool:
    """Cancel one shipment and its lines; the order goes on with the others (S-12)."""
    return MACHINE.take(draft, shipment, desk.CancelShipment)


def shrink(draft: Draft, shipment: Shipment, kept: set[int]) -> None:
    """Keep these lines of a shipment: the warehouse's answer may be all that is needed now, or is asked for (R-09)."""
    if not kept:
        cancel_one(draft, shipment)
        return
    draft.put_shipment(changed(shipment, lines=tuple(number for number in shipment.lines if number in kept)))
    if shipment.answered_at is None or shipment.state is not AWAITING:
        return
    rest = MACHINE.current(draft, shipment.id)
    if availability.all_here(draft, rest):
        MACHINE.take(draft, rest, facts.AvailabilityReported)
        draft.tell(facts.AvailabilityReported)
    else:
        draft.put_shipment(changed(rest, ask_again=True))


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
        return _reach(draft, changed(shipment, parcel_id=fact.parcel_id), shipment)
    return _reach(draft, shipment, shipment)


def _labelled(draft: Draft, shipment: Shipment, fact: facts.ShipmentHandedOver) -> Shipment:
    """Take the parcel's number; one that was said before another came in its place is not news."""
    at = draft.received.occurred_at
    if shipment.labelled_at is not None and at <= shipment.labelled_at:
        return shipment
    same = (fact.carrier, fact.tracking_number) == (shipment.carrier, shipment.tracking_number)
    if same and shipment.labelled_at is not None:
        return shipment
    return changed(shipment, carrier=fact.carrier, tracking_number=fact.tracking_number, labelled_at=at)


def scanned(draft: Draft, fact: CarrierFact) -> Answer:
    """Take the shipment where the carrier says it is (S-09 to S-11), and keep the newest scan."""
    shipment = _parcel(draft.order, fact)
    if shipment is None:
        return Outcome.PARKED
    new = changed(
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
    if old.stopped_at is not None and draft.received.occurred_at <= old.stopped_at:
        return Outcome.LATE  # of the goods that the warehouse has put back since
    if old.state is CANCELLED:
        return _after_cancel(draft, old)
    if old.rank < RESERVED_RANK:
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


def _after_cancel(draft: Draft, shipment: Shipment) -> Answer:
    if any(alert.name == "shipped_after_cancel" for alert in draft.order.alerts):
        return Outcome.LATE
    MACHINE.take(draft, shipment, type(draft.received.fact))
    return Outcome.APPLIED  # of a cancelled order, its own table raises the alert (O-40)


def triggers() -> tuple[Trigger, ...]:
    """Return the facts by which a warehouse or carrier tells that goods are on their way."""
    return tuple(_REACHES)
