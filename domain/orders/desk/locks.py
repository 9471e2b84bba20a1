"""Locks: one agent edits, others wait; facts never do (K-01 to K-05, A-22)."""

from contracts import commands as desk
from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.values import changed
from domain.orders import events
from domain.orders.order import Lock, State
from domain.orders.scratchpad import OrderPad


def take(pad: OrderPad, owner: str) -> None:
    """Give an agent the lock (K-01); the one who has it keeps it (K-02)."""
    lock = pad.order.lock
    if lock is not None and lock.owner == owner:
        pad.rules.append("K-02")
    else:
        pad.rules.append("K-01")
        pad.emit(events.OrderLocked(owner))
    pad.order = changed(pad.order, lock=Lock(owner, pad.now))
    pad.arm(Deadline.LOCK, pad.policy.lock_expiry)


def end(pad: OrderPad, how: str) -> None:
    """End the lock, if there is one (K-04, K-05)."""
    lock = pad.order.lock
    if lock is None:
        return
    pad.rules.append("K-05" if how == "forced" else "K-04")
    pad.order = changed(pad.order, lock=None)
    pad.disarm(Deadline.LOCK)
    pad.emit(events.OrderUnlocked(lock.owner, how))


def saved(pad: OrderPad) -> None:
    """End the lock of who has saved an edit (K-04, EP-27); a draft stays with its agent until the call is over."""
    lock, actor = pad.order.lock, pad.received.actor
    mine = lock is not None and actor is not None and actor.name == lock.owner
    if mine and pad.order.state is not State.DRAFT:
        end(pad, "saved")


def begin(pad: OrderPad, fact: desk.LockOrder) -> Answer:
    """Lock the order for who commands it; another's lock was looked at before (K-01 to K-03)."""
    assert pad.received.actor is not None
    take(pad, pad.received.actor.name)
    return Outcome.APPLIED


def finish(pad: OrderPad, fact: desk.UnlockOrder) -> Answer:
    """End one's own lock, or another's by force (K-04, K-05)."""
    lock, actor = pad.order.lock, pad.received.actor
    if lock is None:
        return Refusal("gate", "nobody has locked the order", "edit it")
    if actor is not None and actor.name == lock.owner:
        end(pad, fact.reason or "closed")
        return Outcome.APPLIED
    if not fact.force:
        return Refusal("locked_by", f"{lock.owner} is editing the order", "have a supervisor unlock it with force")
    end(pad, "forced")
    return Outcome.APPLIED
