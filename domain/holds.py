"""Holds: each stops the hub's own next steps while it is on; facts from outside pass all the same (H-08)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain import events
from domain.deadlines import Deadline
from domain.draft import Draft
from domain.order import changed
from domain.transitions import Machine, Step, Transition, states
from domain.words import Word


class HoldState(Word):
    """Whether a hold is on."""

    OFF = "off"
    ON = "on"


@dataclass(frozen=True, slots=True)
class Hold:
    """One type of hold on an order."""

    kind: str
    state: HoldState


EXCHANGE: Final = "exchange"
_KINDS: Final = (EXCHANGE,)


def _held(draft: Draft, hold: Hold) -> None:
    draft.arm(Deadline.HELD, draft.policy.return_expiry, hold.kind)
    draft.emit(events.OrderHeld(hold.kind, draft.reason))


def _released(draft: Draft, hold: Hold) -> None:
    draft.disarm(Deadline.HELD, hold.kind)
    draft.emit(events.OrderHoldReleased(hold.kind))


TABLE: Final[tuple[Transition[Hold], ...]] = (
    Transition("X-01", (Step.HOLD,), states(HoldState.OFF), HoldState.ON, effects=(_held,)),
    Transition("H-06", (Step.RELEASE,), states(HoldState.ON), HoldState.OFF, effects=(_released,)),
)


def _put(draft: Draft, hold: Hold, state: StrEnum) -> None:
    others = tuple(kind for kind in draft.order.holds if kind != hold.kind)
    draft.order = changed(draft.order, holds=(*others, hold.kind) if state == HoldState.ON else others)


def hold_of(draft: Draft, kind: str) -> Hold:
    """Return this type of hold as it is on the order now."""
    return Hold(kind, HoldState.ON if kind in draft.order.holds else HoldState.OFF)


MACHINE: Final = Machine(
    "hold",
    TABLE,
    subjects=lambda draft: tuple(hold_of(draft, kind) for kind in _KINDS),
    key=lambda hold: hold.kind,
    state=lambda hold: hold.state,
    put=_put,
)


def put_on(draft: Draft, kind: str) -> None:
    """Put a hold on."""
    MACHINE.take(draft, hold_of(draft, kind), Step.HOLD)


def take_off(draft: Draft, kind: str) -> None:
    """Take a hold off."""
    MACHINE.take(draft, hold_of(draft, kind), Step.RELEASE)
