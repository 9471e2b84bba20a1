"""An order as the API tells it, made of the stored order and nothing else."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from domain import rights
from domain.deciding.values import asdict
from domain.orders import pieces
from domain.orders.commands import TABLE
from domain.orders.money import balance, refund_amounts
from domain.orders.order import Line, Order, Reservation, Return, Shipment
from domain.orders.returns.exchange_orders import unmet
from domain.orders.view import projection, system_words
from domain.orders.view.actions import Action, allowed
from domain.orders.view.attention import reasons
from domain.orders.view.waiting import Waiting, waiting
from hub.api import models as m
from hub.desk.callers import Caller
from hub.desk.history import PERSONAL, Change, Whole
from hub.desk.timeline import Entry, Timeline

READERS: Final = rights.READERS
PERSON: Final = ("contact", "personalisation")
"""What is hidden from who doesn't read orders."""
MONEY: Final = ("payment", "totals", "prices", "refunds")
"""What is hidden from who may see no money."""
VIEWERS: Final = READERS | {rights.OPERATE, rights.RECEIVE_RETURN}
"""The scopes whose holders see orders: operators without contact, who receives returns without money as well."""


def order_model(order: Order, caller: Caller, now: datetime) -> m.OrderModel:
    """Return an order as this caller may see it; masked where he may operate and not read."""
    whole = bool(caller.scopes & READERS)
    contact = _contact(order) if whole else None
    money = sees_money(caller)
    payment = _payment(order) if money else None
    hidden = ([] if whole else list(PERSON)) + ([] if money else list(MONEY))
    return m.OrderModel(
        order_id=order.id,
        number=order.number or None,
        version=order.version,
        etag=f'"{order.version}"',
        state=order.state,
        means=None if order.state is None else system_words.meaning_of(order.state),
        words={} if order.state is None else dict(system_words.words_of(order)),
        kind=order.kind,
        store=order.store,
        channel=order.channel,
        placed_at=order.placed_at,
        currency=order.currency,
        locale=order.locale,
        carrier=order.carrier,
        waiting=[_waiting(each, now) for each in waiting(order)] if order.state else [],
        attention=[m.ReasonModel(**asdict(each)) for each in reasons(order)],
        lock=None if order.lock is None else _lock(order, caller),
        assignee=order.assignee,
        holds=list(order.holds),
        alerts=[m.AlertModel(name=each.name, blocking=each.blocking, since=each.since) for each in order.alerts],
        flags=[] if order.state is None else projection.flags_of(order, balance.balance(order)),
        lines=[_line(order, each, caller) for each in order.lines],
        shipments=[_shipment(each) for each in order.shipments],
        payment=payment,
        totals=_totals(order) if money else None,
        returns=[_return(each) for each in order.returns],
        refunds=[_refund(order, each) for each in order.refunds] if money else [],
        exchanges=[
            m.ExchangeModel(order_id=each.order_id, rma_code=each.rma_code, state=each.state)
            for each in order.exchanges
        ],
        exchange_gate=list(unmet(order)) if order.kind == "exchange" else [],
        flash_reorders=[_flash(each) for each in order.flashes],
        recalls=[
            m.RecallModel(
                recall_id=each.id,
                shipment_id=each.shipment_id,
                intent=each.intent,
                reason=each.reason,
                state=each.state,
            )
            for each in order.recalls
        ],
        related=[m.RelatedModel(order_id=other, relation=relation) for other, relation in related(order)],
        verdict=None if order.verdict is None else _verdict(order),
        contact=contact,
        hidden=hidden,
        actions=actions(order, caller),
    )


def sees_money(caller: Caller) -> bool:
    """Tell whether the caller sees what things cost: who only receives returns doesn't."""
    return bool(caller.scopes & (READERS | {rights.OPERATE}))


def whole_return(order: Order, returned: Return, caller: Caller) -> m.WholeReturnModel:
    """Return a return with its order's lines, as this caller may see them."""
    money = sees_money(caller)
    lines = {each.line for each in returned.lines}
    return m.WholeReturnModel(
        **_return(returned).model_dump(),
        order_id=order.id,
        number=order.number or None,
        store=order.store,
        version=order.version,
        etag=f'"{order.version}"',
        order_state=order.state,
        order_lines=[_line(order, each, caller) for each in order.lines if each.line in lines],
        exchange=next((each.order_id for each in order.exchanges if each.rma_code == returned.code), None),
        hidden=([] if caller.scopes & READERS else ["personalisation"]) + ([] if money else ["prices"]),
    )


def _totals(order: Order) -> m.TotalsModel:
    return m.TotalsModel(
        goods=_money(order, order.total - order.shipping_fee),
        shipping=_money(order, order.shipping_fee),
        shipping_before=_money(order, order.shipping_fee if order.fee_base is None else order.fee_base),
        total=_money(order, order.total),
    )


def related(order: Order) -> Iterator[tuple[str, str]]:
    """Yield the ids of the orders that belong to this one, each once, and how."""
    found: dict[str, str] = {}
    if order.origin is not None:
        found[order.origin.order_id] = "origin"
    found |= {each.order_id: "exchange" for each in order.exchanges}
    found |= {each.order_id: "replacement" for each in order.replaced if each.order_id not in found}
    found |= {each: "link" for each in order.links if each not in found}
    yield from found.items()


def actions(order: Order, caller: Caller) -> list[m.ActionModel]:
    """Return every command that the order would take now from anybody, and whether this caller may give it."""
    mine = {each.command for each in allowed(order, caller.actor)}
    return [_action(order, caller, each, mine) for each in _each_once(allowed(order))]


def _each_once(found: tuple[Action, ...]) -> list[Action]:
    return list({each.command: each for each in reversed(found)}.values())[::-1]


def _action(order: Order, caller: Caller, action: Action, mine: set[str]) -> m.ActionModel:
    why_not = None
    if action.command not in mine:
        locked = order.lock is not None and order.lock.owner != caller.name
        lacking = not caller.scopes & _scopes_of(action.command)
        why_not = f"it needs the scope {action.scope}" if lacking else "somebody else is editing the order"
        why_not = why_not if lacking or locked else "another right is needed"
    return m.ActionModel(
        command=action.command,
        label=action.label,
        scope=action.scope,
        allowed=action.command in mine,
        why_not=why_not,
    )


def _scopes_of(command: str) -> set[str]:
    row = next(row for row in TABLE if row.name == command)
    return {each.scope for each in row.offers} | ({row.access.also} if row.access.also else set())


def _money(order: Order, amount: int) -> m.MoneyModel:
    return m.MoneyModel(amount=amount, currency=order.currency)


def _waiting(each: Waiting, now: datetime) -> m.WaitingModel:
    until = "" if each.due_at is None else f" until {each.due_at:%Y-%m-%d %H:%M} UTC"
    return m.WaitingModel(
        message=each.message,
        party=each.party,
        since=each.since,
        due_at=each.due_at,
        overdue=each.due_at is not None and each.due_at < now,
        sentence=f"The {each.party} owes {each.message}{until}.",
    )


def _lock(order: Order, caller: Caller) -> m.LockModel:
    assert order.lock is not None
    return m.LockModel(owner=order.lock.owner, since=order.lock.since, mine=order.lock.owner == caller.name)


def _line(order: Order, line: Line, caller: Caller) -> m.LineModel:
    money = sees_money(caller)
    ledger, shipment = pieces.of(order, line), order.shipment_of(line.line)
    cut = 0.0 if not line.full_price else round(100 * (1 - line.price / line.full_price), 2)
    return m.LineModel(
        line=line.line,
        sku=line.sku,
        name=line.title,
        variant=line.variant,
        model=line.model,
        kind=line.kind,
        quantity=line.quantity,
        state=line.state,
        stock=line.stock,
        unit=_money(order, line.price // max(1, line.quantity)) if money else None,
        price=_money(order, line.price) if money else None,
        base_price=_money(order, line.full_price) if money else None,
        discount_percent=cut if money else None,
        personalisation=line.personalisation if caller.scopes & READERS else None,
        shipment_id=None if shipment is None else shipment.id,
        returnable=max(0, ledger.left) if ledger.sent else 0,
        refundable=max(0, ledger.creditable) if ledger.sent else 0,
    )


def _shipment(each: Shipment) -> m.ShipmentModel:
    scan = each.scan
    return m.ShipmentModel(
        shipment_id=each.id,
        state=each.state,
        lines=list(each.lines),
        warehouse=each.from_warehouse,
        carrier=each.carrier,
        tracking_number=each.tracking_number,
        parcel_id=each.parcel_id,
        released_at=each.released_at,
        sent_at=each.sent_at,
        delivered_at=each.delivered_at,
        back_at=each.back_at,
        returned_to_sender=each.returned_to_sender,
        recalled=each.recalled,
        scan=None if scan is None else m.ScanModel(at=scan.at, kind=scan.kind, location=scan.location, code=scan.code),
    )


def _payment(order: Order) -> m.PaymentModel:
    money, payment = balance.balance(order), order.payment
    used = Reservation(payment.payment_id or "", payment.authorised, payment.captured, payment.voided)
    parts = [_part(order, used, payment.state, payment.expires_at)] if payment.payment_id or payment.authorised else []
    parts += [_part(order, each, "beside", None) for each in payment.others]
    refundable = max(0, payment.taken - refund_amounts.promised(order))
    return m.PaymentModel(
        view=balance.word_of(money),
        method=order.payment_method,
        authorised=_money(order, money.authorised),
        captured=_money(order, money.captured),
        voided=_money(order, money.voided),
        refunded=_money(order, money.refunded),
        refundable=_money(order, refundable),
        due=_money(order, max(0, balance.still_due(order))),
        payments=parts,
    )


def _part(order: Order, each: Reservation, state: str, expires_at: datetime | None) -> m.PaymentPart:
    return m.PaymentPart(
        payment_id=each.payment_id or None,
        state=state,
        authorised=_money(order, each.authorised),
        captured=_money(order, each.captured),
        voided=_money(order, each.voided),
        held=_money(order, each.held),
        expires_at=expires_at,
    )


def _return(each: Any) -> m.ReturnModel:
    return m.ReturnModel(
        rma_code=each.code,
        state=each.state,
        outcome=each.outcome,
        requested_at=each.requested_at,
        receipt_required=each.receipt_required,
        lines=[
            m.ReturnLineModel(
                line=line.line,
                quantity=line.quantity,
                received=line.received,
                reason=line.reason,
                exchange_sku=line.exchange_sku,
            )
            for line in each.lines
        ],
    )


def _refund(order: Order, each: Any) -> m.RefundModel:
    return m.RefundModel(
        refund_id=each.id,
        state=each.state,
        origin=each.origin,
        amount=_money(order, each.amount),
        tender=each.tender,
        reason=each.reason,
        rma_code=each.rma_code,
        requested_by=each.requested_by,
        requested_at=each.requested_at,
        attempts=each.attempt,
        capped=each.capped,
    )


def _flash(each: Any) -> m.FlashModel:
    return m.FlashModel(flash_id=each.id, state=each.state, end=each.end, lines=[asdict(line) for line in each.lines])


def _verdict(order: Order) -> m.VerdictModel:
    assert order.verdict is not None
    verdict = order.verdict
    return m.VerdictModel(clear=verdict.clear, at=verdict.at, score=verdict.score, reasons=list(verdict.reasons))


def _contact(order: Order) -> dict[str, Any] | None:
    return None if order.contact is None else msgspec.to_builtins(order.contact)


def entry(found: Entry) -> m.EntryModel:
    """Return an entry of the timeline."""
    return m.told(found, m.EntryModel)


def timeline(found: Timeline, caller: Caller) -> m.TimelineModel:
    """Return a page of a timeline."""
    return m.TimelineModel(
        items=list(map(entry, found.entries)),
        next_cursor=None if found.more is None else str(found.more),
        acts=[m.told(each, m.OperatorsActModel) for each in found.acts],
        hidden=[] if caller.audits else ["acts"],
    )


def changes(found: Sequence[Change], *, whole: bool) -> list[m.ChangeModel]:
    """Return the fields that differ; `whole`: also those that hold what belongs to a person."""
    told = [m.told(each, m.ChangeModel) for each in found]
    return told if whole else impersonal(told)


def impersonal(found: Sequence[m.ChangeModel]) -> list[m.ChangeModel]:
    """Return those of some fields that hold nothing of a person's."""
    return [each for each in found if PERSONAL.isdisjoint(each.path.split("/"))]


def whole_entry(whole: Whole, caller: Caller) -> m.WholeEntryModel:
    """Return an entry as this caller may see it: what people wrote and who they are only to those who read orders."""
    reads = bool(caller.scopes & READERS)
    return m.told(
        whole.entry,
        m.WholeEntryModel,
        said=dict(whole.said) if reads else None,
        messages=[
            m.PublishedModel(topic=each.topic, type=each.type, id=each.id, data=each.data if reads else None)
            for each in whole.messages
        ],
        changes=None if whole.changes is None else changes(whole.changes, whole=reads),
        hidden=[] if reads else ["said", "messages/data", "changes of personal data"],
    )
