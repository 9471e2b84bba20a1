"""Orders as an aggregate: all that the pipeline knows of them."""

from typing import Final

from domain.deciding import codec
from domain.deciding.aggregate import Aggregate, Columns
from domain.deciding.decision import RULES_VERSION
from domain.orders.decide import receive
from domain.orders.order import Order
from domain.orders.view import attention


def _columns(order: Order) -> Columns:
    state = None if order.state is None else order.state.value
    return Columns(order.version, state, order.number, order.store, attention.needed(order))


def _parts(order: Order) -> int:
    return len(order.lines) + len(order.shipments) + len(order.returns) + len(order.refunds)


ORDER: Final[Aggregate[Order]] = Aggregate(
    name="order",
    rules=RULES_VERSION,
    empty=Order.shell,
    read=codec.order_from,
    write=codec.order_text,
    decide=receive,
    columns=_columns,
    parked=lambda order: len(order.parked),
    parts=_parts,
)
