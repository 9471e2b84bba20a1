"""Locks: one agent edits, others wait; facts never do (K-01 to K-05, A-22)."""

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.scratchpad import Draft
from domain.deciding.values import changed
from domain.orders import desk_facts as desk
from domain.orders import events
from domain.orders.order import Lock, State


def take(draft: Draft, owner: str) -> None:
    """Give an agent the lock (K-01); the one who has it keeps it (K-02)."""
    lock = draft.order.lock
    if lock is not None and lock.owner == owner:
        draft.rules.append("K-02")
    else:
        draft.rules.append("K-01")
        draft.emit(events.OrderLocked(owner))
    draft.order = changed(draft.order, lock=Lock(owner, draft.now))
    draft.arm(Deadline.LOCK, draft.policy.lock_expiry)


def end(draft: Draft, how: str) -> None:
    """End the lock, if there is one (K-04, K-05)."""
    lock = draft.order.lock
    if lock is None:
        return
    draft.rules.append("K-05" if how == "forced" else "K-04")
    draft.order = changed(draft.order, lock=None)
    draft.disarm(Deadline.LOCK)
    draft.emit(events.OrderUnlocked(lock.owner, how))


def saved(draft: Draft) -> None:
    """End the lock of who has saved an edit (K-04, EP-27); a draft stays with its agent until the call is over."""
    lock, actor = draft.order.lock, draft.received.actor
    mine = lock is not None and actor is not None and actor.name == lock.owner
    if mine and draft.order.state is not State.DRAFT:
        end(draft, "saved")


def begin(draft: Draft, fact: desk.LockOrder) -> Answer:
    """Lock the order for who commands it; another's lock was looked at before (K-01 to K-03)."""
    assert draft.received.actor is not None
    take(draft, draft.received.actor.name)
    return Outcome.APPLIED


def finish(draft: Draft, fact: desk.UnlockOrder) -> Answer:
    """End one's own lock, or another's by force (K-04, K-05)."""
    lock, actor = draft.order.lock, draft.received.actor
    if lock is None:
        return Refusal("gate", "nobody has locked the order", "edit it")
    if actor is not None and actor.name == lock.owner:
        end(draft, fact.reason or "closed")
        return Outcome.APPLIED
    if not fact.force:
        return Refusal("locked_by", f"{lock.owner} is editing the order", "have a supervisor unlock it with force")
    end(draft, "forced")
    return Outcome.APPLIED
