"""Placing: how an order begins, from a shop, from a person, or as the exchange order of a return."""

from domain import events, exchanges, facts, fraud, holds, payments, shipping
from domain.decision import Answer, Outcome, Refusal
from domain.draft import Draft
from domain.order import Contact, Line, Order, Origin, ShipmentState, changed
from domain.transitions import Step

Beginning = facts.OrderPlaced | facts.SubmitOrder | facts.OpenExchange


def begin(draft: Draft, fact: Beginning) -> Answer:
    """Fill the order from the fact that begins it (O-05, O-06, X-01); one that exists already stays as it is."""
    if draft.order.state is not None:
        if isinstance(fact, facts.SubmitOrder):
            return Refusal("duplicate", f"order {draft.order.number} exists already", "look at the order as it stands")
        return Outcome.LATE
    if fact.customer.status == "disabled":
        return Refusal("customer_blocked", "the customer may not order", "have the customer unblocked")
    free = isinstance(fact, facts.OpenExchange) or (isinstance(fact, facts.SubmitOrder) and fact.kind == "support")
    order = changed(
        draft.order,
        number=fact.number,
        store=fact.store,
        channel=fact.channel,
        currency=fact.currency,
        customer_id=fact.customer.id,
        locale=fact.customer.locale,
        carrier=fact.carrier,
        lines=tuple(_line(line, free) for line in fact.lines),
        always_review=fact.customer.status == "blacklisted",
    )
    order = _exchange(order, fact) if isinstance(fact, facts.OpenExchange) else _sale(order, fact, free)
    warehouses = {line.line: line.warehouse for line in fact.lines}
    draft.order = changed(order, shipments=shipping.plan(order, warehouses))
    return Outcome.APPLIED


def _line(line: facts.OrderLine, free: bool) -> Line:
    price = 0 if free else max(0, line.unit_price * line.quantity - line.discount)
    kind = "digital" if line.kind == "digital" else "shippable"
    return Line(line.line, line.sku, line.quantity, price, line.model, kind)


def _exchange(order: Order, fact: facts.OpenExchange) -> Order:
    return changed(
        order,
        kind="exchange",
        payment_method="none",
        contact=Contact(fact.customer, fact.shipping_address),
        origin=Origin(fact.origin_id, fact.origin_number, fact.rma_code),
        links=(fact.origin_id,),
    )


def _sale(order: Order, fact: facts.OrderPlaced | facts.SubmitOrder, free: bool) -> Order:
    return changed(
        order,
        kind=fact.kind if isinstance(fact, facts.SubmitOrder) else "regular",
        payment_method="none" if free else fact.payment_method,
        shipping_fee=0 if free else fact.shipping_fee,
        contact=Contact(fact.customer, fact.shipping_address, fact.billing_address),
    )


def is_paid_kind(draft: Draft, order: Order) -> bool:
    """Tell whether the order goes through payment and scoring."""
    return order.kind == "regular"


def is_support(draft: Draft, order: Order) -> bool:
    """Tell whether the order is free and waits for its approval."""
    return order.kind == "support"


def created(draft: Draft, order: Order) -> None:
    """Publish that the order exists, and let others find it by its number."""
    origin_id = None if order.origin is None else order.origin.order_id
    total = draft.money(order.total)
    draft.refer("number", order.store, order.number)
    draft.emit(events.OrderCreated(order.kind, order.store, order.channel, total, origin_id))
    if order.shipments:
        draft.rules.append("S-01")
    if order.always_review:
        draft.alert("blacklisted_customer")


def ask_money_and_score(draft: Draft, order: Order) -> None:
    """Ask for the money and for a verdict at the same time (A-08), and confirm the order to its customer."""
    if order.total > 0 and order.payment_method != "none":
        payments.MACHINE.take(draft, order.payment, Step.ASK)
    fraud.ask_score(draft, order)
    draft.email("recorded")


def hold_for_return(draft: Draft, order: Order) -> None:
    """Hold the exchange order until its return is validated (X-01)."""
    assert order.origin is not None
    draft.emit(events.OrderApproved())
    draft.emit(events.OrderLinked(order.origin.order_id, "origin"))
    holds.put_on(draft, holds.EXCHANGE)
    exchanges.answer(draft, "opened")


def ask_stock(draft: Draft, order: Order) -> None:
    """Ask the warehouse for every shipment (O-19, S-03)."""
    draft.emit(events.OrderAvailabilityRequested())
    for shipment in order.shipments:
        shipping.MACHINE.take(draft, shipment, Step.ASK)


def ships(draft: Draft, order: Order) -> bool:
    """Tell whether anything has to travel and may be asked for: no hold but that of an exchange (O-19)."""
    return bool(order.live_shipments) and _may_go(order)


def ships_nothing(draft: Draft, order: Order) -> bool:
    """Tell whether nothing has to travel (O-20, S-14)."""
    return not order.live_shipments and not order.holds and _may_go(order)


def _may_go(order: Order) -> bool:
    other_holds = any(hold != holds.EXCHANGE for hold in order.holds)
    return not other_holds and not any(alert.blocking for alert in order.alerts)


def shipped_nothing(draft: Draft, order: Order) -> None:
    """Close an order without goods: nothing to ship, its money taken (O-20, S-14)."""
    draft.rules.append("S-14")
    for line in order.lines:
        draft.emit(events.ShipmentChanged(draft.id("shipment", line.line), ShipmentState.NOT_REQUIRED))
        break
    payments.MACHINE.take(draft, order.payment, Step.CAPTURE)
    draft.emit(events.OrderCompleted())
