"""Actions: what a person may do with an order now, by its state, its holds and his scopes (EP-07, OMC-36)."""

from domain.deciding.received import Actor
from domain.deciding.values import Value
from domain.orders.commanding import Command, Lock, Offer
from domain.orders.commands import TABLE
from domain.orders.order import Order
from domain.rights import ANY_STORE


class Action(Value):
    """A command that the order would take now: its name on the wire, the scope that it needs, and what to call it."""

    command: str
    scope: str
    label: str


def allowed(order: Order, actor: Actor | None = None) -> tuple[Action, ...]:
    """Return what may be done with an order now: by anybody, or by this actor, whose lock, scopes and stores count."""
    if order.state is None or (actor is not None and not actor.stores & {order.store, ANY_STORE}):
        return ()
    return tuple(action for row in TABLE for action in _offered(row, order, actor))


def _offered(row: Command, order: Order, actor: Actor | None) -> tuple[Action, ...]:
    offers = [each for each in row.offers if each.when(order) and _may(row, each, order, actor)]
    return tuple(Action(row.name, each.scope, row.label) for each in offers)


def _may(row: Command, offer: Offer, order: Order, actor: Actor | None) -> bool:
    if actor is None:
        return True
    bound = order.lock is not None and order.lock.owner != actor.name
    if bound and (offer.own or row.access.lock is not Lock.PASSES):
        return False
    return bool(actor.scopes & {offer.scope, row.access.also})
