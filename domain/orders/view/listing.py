"""The listing: the rows by which lists and search know an order; they follow from its document and nothing else."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final, TypeVar

from domain.deciding import codec
from domain.deciding.deadlines import Deadline
from domain.deciding.values import changed
from domain.orders.money.balance import view as payment_view
from domain.orders.order import LINES, Flash, Order, Refund, Return
from domain.orders.view.attention import OVERDUE, Reason, reasons
from domain.orders.view.listed import FlashRow, OrderRow, ReasonRow, RefundRow, ReturnRow, Rows
from domain.orders.view.terms import name_of, postcode_of, terms
from domain.orders.view.waiting import waiting

FORM: Final = 1
"""Raised whenever the same document gives other rows: the listing is then built anew."""
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
Row = TypeVar("Row", ReturnRow, RefundRow, FlashRow)

LISTS: Final = ("terms", "returns", "refunds", "flashes", "reasons")
"""The lists beside the order's own row, in the order of their prints."""


def rows(order: Order) -> Rows | None:
    """Return the rows of an order; a shell, of which only early facts are known, has none."""
    if order.state is None:
        return None
    why = reasons(order)
    found = Rows(
        _order(order, why),
        terms(order),
        _sorted({each.code: _return(order, each) for each in order.returns}),
        _sorted({each.id: _refund(order, each) for each in order.refunds}),
        _sorted({each.id: _flash(order, each) for each in order.flashes}),
        tuple(_reason(order, each, i) for i, each in enumerate(why)),
    )
    found_by = [(found.order.placed_at, term) for term in found.terms]  # the newest of a value is found first
    prints = tuple(map(_print, (found_by, found.returns, found.refunds, found.flashes, found.reasons)))
    return changed(found, prints=prints, digest=_hash((FORM, found.order, prints), 16))


def _sorted(found: Mapping[str, Row]) -> tuple[Row, ...]:
    return tuple(found[name] for name in sorted(found))


def _hash(value: object, size: int) -> bytes:
    return blake2b(codec.ENCODER.encode(value), digest_size=size).digest()


def _print(value: object) -> int:
    """Return a hash as a whole number of 63 bits, which any table can hold; of nothing it is 0."""
    return int.from_bytes(_hash(value, 8)) >> 1 if value else 0


def _known(order: Order) -> datetime:
    return order.as_of or _LONG_AGO


def _order(order: Order, why: tuple[Reason, ...]) -> OrderRow:
    owed = next(iter(waiting(order)), None)
    verdict, known = order.verdict, _known(order)
    return OrderRow(
        version=order.version,
        number=order.number,
        store=order.store,
        state=str(order.state),
        kind=order.kind,
        channel=order.channel,
        placed_at=order.placed_at or known,
        updated_at=known,
        customer_name=name_of(order),
        billing_postcode=postcode_of(order),
        total=order.total,
        currency=order.currency,
        payment=payment_view(order),
        pieces=sum(line.quantity for line in order.lines if line.state in LINES["kept"]),
        holds=order.holds,
        alerts=tuple(alert.name for alert in order.alerts),
        attention=bool(why),
        blocking=any(each.blocking for each in why),
        overdue=any(each.kind == OVERDUE for each in why),
        owed=None if owed is None else owed.message,
        owed_by=None if owed is None else owed.party,
        due_at=None if owed is None else owed.due_at,
        locked_by=None if order.lock is None else order.lock.owner,
        assignee=order.assignee,
        risk_score=None if verdict is None else verdict.score,
        risk_reasons=() if verdict is None else verdict.reasons,
    )


def _return(order: Order, each: Return) -> ReturnRow:
    return ReturnRow(
        each.code,
        order.number,
        order.store,
        each.state.value,
        each.outcome,
        each.requested_at,
        warehouse=_warehouse(order, [line.line for line in each.lines]),
        pieces=sum(line.quantity for line in each.lines),
        received=sum(line.received for line in each.lines),
    )


def _warehouse(order: Order, lines: list[int]) -> str | None:
    shipments = (order.shipment_of(line) for line in lines)
    return next((each.from_warehouse for each in shipments if each is not None and each.from_warehouse), None)


def _refund(order: Order, each: Refund) -> RefundRow:
    return RefundRow(
        refund_id=each.id,
        number=order.number,
        store=order.store,
        state=each.state.value,
        amount=each.amount,
        currency=order.currency,
        tender=each.tender,
        reason=each.reason,
        requested_at=each.requested_at or _known(order),
        requested_by=each.requested_by,
        rma_code=each.rma_code,
    )


def _flash(order: Order, each: Flash) -> FlashRow:
    asked = [timer.since for timer in order.timers if timer.kind == Deadline.FLASH and timer.subject == each.id]
    answered = [finding.at for finding in each.findings]
    return FlashRow(
        flash_id=each.id,
        number=order.number,
        store=order.store,
        state=each.state.value,
        since=next(iter((*asked, *answered)), _known(order)),
        warehouse=_warehouse(order, [line.line for line in each.lines]),
        pieces=sum(line.quantity for line in each.lines),
        found=sum(line.found for line in each.lines),
    )


def _reason(order: Order, each: Reason, i: int) -> ReasonRow:
    told = (each.kind, each.what, each.by, each.do, each.since, each.due_at, each.blocking)
    at = each.due_at or each.since or _known(order)
    return ReasonRow(i, order.number, order.store, *told, at, order.assignee)
