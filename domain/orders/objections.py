"""Objections: what every command passes before its rule looks at it: order, right, lock, version, gate (b.0)."""

from domain import rights
from domain.deciding.decision import Refusal
from domain.deciding.received import Actor, Received
from domain.orders import facts, gates
from domain.orders.commanding import Command, Lock
from domain.orders.commands import BY_KIND
from domain.orders.order import Order


def scope_of(order: Order, said: facts.Command) -> str:
    """Return the scope that a command needs on this order."""
    return BY_KIND[type(said)].scope_of(order, said)


def objection(order: Order, received: Received, said: facts.Command) -> Refusal | None:
    """Return why this command is refused before any rule is asked (b.0): no order, right, lock, version or gate."""
    row = BY_KIND[type(said)]
    if order.state is None and not row.begins:
        return Refusal("unknown_order", "there is no such order", "check the order's id")
    named = getattr(said, "store", None) if row.begins else None
    if isinstance(said, facts.SubmitOrder) and order.state is not None and said.store != order.store:
        return Refusal("scope", f"the draft is store {order.store}'s, not {said.store}'s", "submit it for its store")
    store = order.store if named is None or order.state is not None else named
    gate = row.gate_row(said)
    return (
        rights.no_right(scope_of(order, said), row.access.also, store, received.actor)
        or _locked(order, row, received.actor)
        or _stale(order, said)
        or (None if gate is None else gates.objection(order, gate, said))
    )


def right_on(kind: type[facts.Command], order: Order, actor: Actor | None) -> Refusal | None:
    """Refuse who may not give commands of this kind on this order, whatever they say."""
    row = BY_KIND[kind]
    return rights.no_right(row.access.scope, row.access.also, order.store, actor)


def _locked(order: Order, row: Command, actor: Actor | None) -> Refusal | None:
    lock = order.lock
    if lock is None or row.access.lock is Lock.PASSES or (actor is not None and actor.name == lock.owner):
        return None
    detail = f"{lock.owner} is editing the order"
    return Refusal("locked_by", detail, "read it only, or have a supervisor unlock it: order.unlock with force")


def _stale(order: Order, said: facts.Command) -> Refusal | None:
    seen = said.expected_version
    if seen is None or seen == order.version:
        return None
    detail = f"the order is at version {order.version}, the command is for version {seen}"
    return Refusal("stale_version", detail, "reload the order, then decide again")
