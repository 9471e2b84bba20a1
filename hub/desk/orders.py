"""Orders: one with all that is known of it: how it stands, what it waits for, what may be done, and its timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Final

from adapters.postgres import listing_keepers, order_reads
from adapters.postgres.listing_keepers import Keeper, Kept
from adapters.postgres.order_reads import Aside as Aside
from adapters.postgres.order_reads import JournalEntry
from adapters.postgres.order_reads import StoredOrder as StoredOrder
from contracts.partitioning import home
from contracts.references import RMA, form
from contracts.status import OrderStatus
from domain.deciding.received import Cause
from domain.orders import pieces
from domain.orders.order import Order
from domain.orders.pieces import Ledger
from domain.orders.returns.exchange_orders import unmet
from domain.orders.view import projection
from domain.orders.view.actions import Action, allowed
from domain.orders.view.attention import Reason, reasons
from domain.orders.view.system_words import meaning_of
from domain.orders.view.waiting import Waiting, waiting
from hub.desk import listing, standstill
from hub.desk.errors import ListingIsNotBuilt, NumberIsAmbiguous, OrderIsUnknown
from hub.desk.names import spelt
from hub.desk.resources import Desk
from hub.desk.standstill import Standstill
from hub.desk.stores import Stores
from hub.desk.timeline import Entry, entry_of

SHELL: Final = "shell: only facts that came before the order are known"
KEPT_BACK: Final = "kept back: nothing of it was decided on yet"
_OPEN: Final = ("quarantined", "held", "waiting", "dead_letter")


@dataclass(frozen=True, slots=True)
class Personalised:
    """A line that bears what its customer wished for."""

    line: int
    personalisation: str


@dataclass(frozen=True, slots=True)
class OrderView:
    """All that is known of an order; of a shell there is no `status`, and nobody can say what its state means.

    `kept` says why records of it wait or have failed, and what gets them going.
    """

    order_id: str
    number: str | None
    state: str
    means: str | None
    version: int
    shard: int
    status: OrderStatus | None
    personalised: Sequence[Personalised]
    pieces: Sequence[Ledger]
    """What became of the pieces of each line."""
    parked: Sequence[Cause]
    waiting: Sequence[Waiting]
    attention: Sequence[Reason]
    kept: Sequence[Standstill]
    allowed: Sequence[Action]
    exchange_gate: Sequence[str]
    timeline: Sequence[Entry]
    set_aside: Sequence[Aside]


async def named(desk: Desk, name: str, stores: Stores) -> StoredOrder:
    """Return the order of these stores (None: of all) with this id or number; `~` stands before an id in base64url.

    Raises OrderIsUnknown, NumberIsAmbiguous.
    """
    found = await order_reads.find_orders(desk.engine, spelt(name), stores)
    if not found:
        raise OrderIsUnknown(name)
    if found[0].order_id != spelt(name) and len(found) > 1:
        raise NumberIsAmbiguous(name, [each.order_id for each in found])
    return found[0]


async def is_anywhere(desk: Desk, name: str) -> bool:
    """Tell whether there is such an order in any store."""
    return bool(await order_reads.find_orders(desk.engine, spelt(name), None))


async def id_of_return(desk: Desk, code: str, stores: Stores = None) -> str | None:
    """Return the id of a return's order, by its RMA code, which no two orders have; None where there is none."""
    return await order_reads.find_by_reference(desk.engine, RMA, form(RMA, code))


async def id_of_refund(desk: Desk, refund_id: str, stores: Stores) -> str | None:
    """Return the id of a refund's order, None where there is none; raises NumberIsAmbiguous, ListingIsNotBuilt."""
    return await _keeper(desk, Kept.REFUND, refund_id, stores)


async def id_of_flash(desk: Desk, flash_id: str, stores: Stores) -> str | None:
    """Return the id of a flash reorder's order, None where there is none.

    Raises NumberIsAmbiguous, ListingIsNotBuilt.
    """
    return await _keeper(desk, Kept.FLASH, flash_id, stores)


async def _keeper(desk: Desk, kept: Kept, name: str, stores: Stores) -> str | None:
    """Return the one order that somebody may see, or one that he may not; where lists have none, once they have all.

    One that he may not see is waited for like one that is not listed: how long it takes must not tell that it exists.
    Raises ListingIsNotBuilt where lists can't tell.
    """
    found = await listing_keepers.keepers(desk.engine, kept, name)
    if not _in(stores, found):
        caught_up = await listing.caught_up(desk)
        found = await listing_keepers.keepers(desk.engine, kept, name)
        whole = await listing.is_whole(desk)
        if not (_in(stores, found) or (caught_up and whole)):
            raise ListingIsNotBuilt
    seen = _in(stores, found)
    if len(seen) > 1:
        raise NumberIsAmbiguous(name, seen)
    return next(iter([*seen, *(each.order_id for each in found)]), None)


def _in(stores: Stores, found: Sequence[Keeper]) -> list[str]:
    """Return the orders that are in these stores (None: in any)."""
    return [each.order_id for each in found if stores is None or each.store in stores]


async def asides(desk: Desk, order_id: str) -> Sequence[Aside]:
    """Return the records of an order that were set aside."""
    return await order_reads.asides(desk.engine, order_id)


async def related(desk: Desk, order_ids: Sequence[str], stores: Stores) -> Sequence[StoredOrder]:
    """Return those of these orders that are in these stores."""
    return await order_reads.orders_of(desk.engine, order_ids, stores) if order_ids else []


async def show(desk: Desk, number: str) -> OrderView:
    """Return everything about one order, by its number or id; raises OrderIsUnknown.

    Of an order of which records were only kept back, or can't be read, it tells that.
    """
    row = await order_reads.find_order(desk.engine, number)
    if row is None:
        return await _kept_back(desk, number)
    timeline = await order_reads.timeline(desk.engine, row.order_id)
    asides = await order_reads.asides(desk.engine, row.order_id)
    return _view(row, row.order(), timeline, asides, desk.settings.shards)


async def _kept_back(desk: Desk, number: str) -> OrderView:
    asides = await order_reads.kept_back(desk.engine, number)
    if not asides:
        raise OrderIsUnknown(number)
    return OrderView(
        order_id=number,
        number=None,
        state=KEPT_BACK,
        means=None,
        version=0,
        shard=home(number, desk.settings.shards),
        status=None,
        personalised=(),
        pieces=(),
        parked=(),
        waiting=(),
        attention=(),
        kept=_kept(number, asides),
        allowed=(),
        exchange_gate=(),
        timeline=(),
        set_aside=asides,
    )


def _kept(order_id: str, asides: Sequence[Aside]) -> list[Standstill]:
    """Return why records of an order are kept, each cause once, and what gets them going."""
    found = {(each.kind, each.code, each.source): each for each in asides if _is_open(each)}
    return [Standstill(each.kind, f"{each.code}: {each.detail}", _going(order_id, each)) for each in found.values()]


def _is_open(each: Aside) -> bool:
    return each.kind in _OPEN and each.closed_as is None and not each.archived


def _going(order_id: str, each: Aside) -> str:
    if each.kind == "held":
        return f"hub partner resume {quote(each.source or '')} --why …"
    if each.kind == "quarantined":
        return standstill.release(order_id)
    if each.kind == "waiting":
        return f"hub failed show {each.id}"
    return f"hub failed show {each.id}, then hub failed retry {each.id} --why …, or edit or archive"


def _view(
    row: StoredOrder, order: Order, timeline: Sequence[JournalEntry], asides: Sequence[Aside], shards: int
) -> OrderView:
    return OrderView(
        order_id=row.order_id,
        number=row.number,
        state=row.state or SHELL,
        means=None if order.state is None else meaning_of(order.state),
        version=row.version,
        shard=home(row.order_id, shards),
        status=None if order.state is None else projection.status_of(order),
        personalised=[Personalised(line.line, line.personalisation) for line in order.lines if line.personalisation],
        pieces=[pieces.of(order, line) for line in order.lines],
        parked=[parked.received.cause for parked in order.parked],
        waiting=waiting(order),
        attention=reasons(order),
        kept=_kept(row.order_id, asides),
        allowed=allowed(order),
        exchange_gate=unmet(order) if order.kind == "exchange" else (),
        timeline=[entry_of(row) for row in timeline],
        set_aside=asides,
    )
