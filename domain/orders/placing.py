"""Placing: how an order begins, from a shop, from a person, or as the exchange order of a return."""

from typing import Final

from contracts import commands as desk
from contracts.references import NUMBER
from domain.deciding import codec
from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Late, Outcome, Refusal, Why
from domain.deciding.identity import derive
from domain.deciding.values import changed
from domain.orders import events, facts, fraud, holds
from domain.orders.desk import locks
from domain.orders.goods import availability, shipping
from domain.orders.money import payments
from domain.orders.order import FREE, LINES, Contact, Line, Order, Origin, Shipment, ShipmentState, State
from domain.orders.returns import exchange_orders
from domain.orders.scratchpad import TAKEN_SUFFIX, OrderPad
from domain.orders.steps import Step

Sale = facts.OrderPlaced | facts.SubmitOrder | desk.DraftOrder
Follower = facts.OpenExchange | facts.OpenZeroOrder


def begin(pad: OrderPad, fact: Sale | Follower) -> Answer:
    """Fill the order from the fact that begins it (O-01, O-05, O-06, X-01); a live one stays as it is."""
    order = pad.order
    if isinstance(fact, facts.SubmitOrder) and order.state is State.DRAFT:
        if order.kind in FREE:
            return Refusal("gate", "an order that costs nothing is approved", "approve it: order.approve")
    elif order.state is not None:
        if isinstance(fact, facts.Command):
            return Refusal("duplicate", f"order {order.number} exists already", "look at the order as it stands")
        return _PLACED if not isinstance(fact, facts.OrderPlaced) or _said_before(pad, fact) else _ANOTHER
    holder = next((each.holder for each in pad.received.claims if not each.gone), None)
    if holder is not None and isinstance(fact, facts.Command):
        detail = f"order {holder} of store {fact.store} has number {fact.number}"
        return Refusal("duplicate", detail, "look at that order, or give this one another number")
    if fact.customer.status == "disabled":
        return Refusal("customer_blocked", "the customer may not order", "have the customer unblocked")
    placed_at = getattr(fact, "placed_at", None) or pad.received.occurred_at
    pad.order = changed(_filled(pad, fact), placed_at=None if isinstance(fact, desk.DraftOrder) else placed_at)
    return Outcome.APPLIED


_PLACED: Final = Late(Why.REPEATED, "the order began with the same words")
_ANOTHER: Final = Refusal(
    "id_reused",
    "another source, store or content has placed an order of this id: it is no repetition",
    "place the order under an id of its own",
    dead=True,
)


def _said_before(pad: OrderPad, fact: facts.OrderPlaced) -> bool:
    """Tell whether the order began with the same words of the same source (O-06)."""
    order = pad.order
    if order.placed_as:
        return (order.placed_by, order.placed_as) == (pad.received.cause.source, content(fact))
    known = (order.number, order.store, order.currency, order.customer_id)  # of an older document
    return known == (fact.number, fact.store, fact.currency, fact.customer.id)


def content(fact: facts.Fact) -> str:
    """Return what tells two contents of a fact apart."""
    return derive("content", codec.fact_text(fact))


def _filled(pad: OrderPad, fact: Sale | Follower) -> Order:
    order = pad.order
    free = isinstance(fact, Follower) or _kind(order, fact) in FREE
    warehouses = {line.line: line.warehouse for line in fact.lines}
    lines = tuple(_line(line, free, keep=isinstance(fact, facts.OpenZeroOrder)) for line in fact.lines)
    order = changed(
        order,
        number=fact.number,
        store=fact.store,
        channel=fact.channel,
        currency=fact.currency,
        customer_id=fact.customer.id,
        locale=fact.customer.locale,
        carrier=fact.carrier,
        lines=tuple(_as_drafted(order, line) for line in lines),
        always_review=fact.customer.status == "blacklisted",
        placed_by=pad.received.cause.source,
        placed_as=content(fact),
    )
    order = _follower(order, fact) if isinstance(fact, Follower) else _sale(order, fact, free)
    return changed(order, shipments=shipping.plan(order, warehouses))


_BY_AGENT: Final = (facts.SubmitOrder, desk.DraftOrder)


def _kind(order: Order, fact: Sale) -> str:
    """Return the kind of a sale; that of a draft is settled."""
    if order.state is State.DRAFT:
        return order.kind
    return fact.kind if isinstance(fact, _BY_AGENT) else "regular"


def _as_drafted(order: Order, line: Line) -> Line:
    """Return a line with the price that an agent gave the same pieces in the draft (O-05)."""
    drafted = order.line(line.line)
    if drafted is None or drafted.state not in LINES["kept"]:
        return line
    if (drafted.sku, drafted.quantity) != (line.sku, line.quantity):
        return line
    return changed(line, price=drafted.price, base=drafted.base)


def _fee(order: Order, fact: Sale, free: bool) -> int:
    if order.fee_base is not None:
        return order.shipping_fee
    return 0 if free else fact.shipping_fee


def _line(line: facts.OrderLine, free: bool, *, keep: bool) -> Line:
    price = max(0, line.unit_price * line.quantity - line.discount)
    kind = "digital" if line.kind == "digital" else "shippable"
    base = price if keep else None
    return Line(
        line.line,
        line.sku,
        line.quantity,
        0 if free else price,
        line.model,
        kind,
        base=base,
        personalisation=line.personalisation,
        title=line.title,
        variant=line.variant,
    )


def _follower(order: Order, fact: Follower) -> Order:
    zero = isinstance(fact, facts.OpenZeroOrder)
    code = "" if isinstance(fact, facts.OpenZeroOrder) else fact.rma_code
    return changed(
        order,
        kind="zero" if zero else "exchange",
        payment_method="none",
        contact=Contact(fact.customer, fact.shipping_address),
        origin=Origin(fact.origin_id, fact.origin_number, code),
        links=(fact.origin_id,),
    )


def _sale(order: Order, fact: Sale, free: bool) -> Order:
    return changed(
        order,
        kind=_kind(order, fact),
        payment_method="none" if free else fact.payment_method,
        shipping_fee=_fee(order, fact, free),
        contact=Contact(fact.customer, fact.shipping_address, fact.billing_address),
    )


def is_paid_kind(pad: OrderPad, order: Order) -> bool:
    """Tell whether it is of a paid kind, which goes through payment and scoring."""
    return order.kind == "regular"


def is_support(pad: OrderPad, order: Order) -> bool:
    """Tell whether it is of a free kind, which waits for its approval."""
    return order.kind == "support"


def created(pad: OrderPad, order: Order) -> None:
    """Publish that the order exists, and let others find it by its number."""
    origin_id = None if order.origin is None else order.origin.order_id
    total = pad.money(order.total)
    free = pad.claim(NUMBER, order.store, order.number)
    pad.order = changed(pad.order, held_back=not free)
    pad.emit(events.OrderCreated(order.kind, order.store, order.channel, total, origin_id))
    pad.disarm(Deadline.DRAFT)
    locks.end(pad, "saved")
    if order.shipments:
        pad.rules.append("S-01")
    if order.always_review:
        pad.alert("blacklisted_customer")


def ask_money_and_score(pad: OrderPad, order: Order) -> None:
    """Ask for the money and for a verdict at the same time (A-08), and confirm the order to its customer.

    An order whose number another live one has asks for nothing until a person has looked (O-61).
    """
    if order.held_back and number_doubted(order):
        return
    pad.order = order = changed(order, held_back=False)
    if order.total > 0 and order.payment_method != "none":
        payments.MACHINE.take(pad, order.payment, Step.ASK)
    fraud.ask_score(pad, order)
    pad.email("recorded")


def number_doubted(order: Order) -> bool:
    """Tell whether a person has to look at the order's number."""
    return order.is_alerted(NUMBER + TAKEN_SUFFIX)


def number_settled(pad: OrderPad, order: Order) -> bool:
    """Tell whether a person has cleared the alert about the order's number (O-61)."""
    return order.held_back and not number_doubted(order)


def hold_for_return(pad: OrderPad, order: Order) -> None:
    """Hold the exchange order until its return is validated (X-01)."""
    assert order.origin is not None
    pad.emit(events.OrderApproved())
    pad.emit(events.OrderLinked(order.origin.order_id, "origin"))
    holds.put_on(pad, holds.EXCHANGE)
    holds.match(pad, order)
    exchange_orders.answer(pad, "opened")


def ask_stock(pad: OrderPad, order: Order) -> None:
    """Ask the warehouse for every shipment (O-19, S-03)."""
    pad.emit(events.OrderAvailabilityRequested())
    for shipment in order.shipments:
        shipping.MACHINE.take(pad, shipment, Step.ASK)


def ships(pad: OrderPad, order: Order) -> bool:
    """Tell whether something travels; no hold but that of an exchange, no blocking alert (O-19)."""
    return bool(order.live_shipments) and availability.may_ask(order)


def ships_nothing(pad: OrderPad, order: Order) -> bool:
    """Tell whether nothing travels; no hold, no blocking alert (O-20, S-14)."""
    return not order.live_shipments and holds.free(order) and payments.covered(order)


def shipped_nothing(pad: OrderPad, order: Order) -> None:
    """Close an order without goods: nothing to ship, its money taken (O-20, S-14)."""
    pad.rules.append("S-14")
    pad.disarm(Deadline.FRAUD)  # what is closed is not scored any more
    lines = tuple(line.line for line in order.lines if line.state in LINES["kept"])
    if lines:
        name = derive(order.id, "shipment", len(order.shipments) + 1)
        needless = Shipment(name, lines, ShipmentState.NOT_REQUIRED)
        pad.order = changed(pad.order, shipments=(*pad.order.shipments, needless))
        pad.emit(events.ShipmentChanged(name, ShipmentState.NOT_REQUIRED))
    payments.MACHINE.take(pad, order.payment, Step.CAPTURE)
    pad.emit(events.OrderCompleted())
