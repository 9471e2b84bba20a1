"""Transitions are rows: what a thing becomes, by which fact or step, when, and what follows then."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from contracts.message import Fact
from domain.deciding.scratchpad import Scratchpad
from domain.deciding.words import Word

Pad = TypeVar("Pad", bound=Scratchpad[Any])
Subject = TypeVar("Subject")
Guard = Callable[[Pad, Subject], bool]
Effect = Callable[[Pad, Subject], None]
AnyState = StrEnum | None


AUTOMATIC: Final = "automatic"
"""The value of the step that is tried after every fact, until nothing moves any more."""


class Step(Word):
    """What the hub does of itself, or because another of its tables says so; each kind of aggregate names its own."""


Trigger = type[Fact] | Step
NEW: Final = None
"""Where a thing comes from that doesn't exist yet."""


class GuardWithoutWords(Exception):
    """Row {rule}: readers can't be told what {guard} asks. Begin its docstring so: Tell whether it is paid."""

    def __init__(self, rule: str, guard: object) -> None:
        super().__init__(rule, guard)
        self.rule = rule
        self.guard = getattr(guard, "__qualname__", repr(guard))

    def __str__(self) -> str:
        return (self.__doc__ or "").format(rule=self.rule, guard=self.guard)


def always(pad: Scratchpad[Any], subject: object) -> bool:
    """Tell whether anything speaks against the row: nothing ever does."""
    return True


def otherwise(pad: Scratchpad[Any], subject: object) -> bool:
    """Tell whether otherwise: no row above it was taken, or it would not be its turn."""
    return True


@dataclass(frozen=True, slots=True)
class Transition(Generic[Pad, Subject]):
    """One row, made by `row`; `target` None leaves the state as it is, `when` says the guards in words."""

    id: str
    source: frozenset[AnyState]
    on: tuple[Trigger, ...]
    target: AnyState
    guard: Guard[Pad, Subject]
    effects: tuple[Effect[Pad, Subject], ...]
    guards: tuple[Guard[Pad, Subject], ...]
    when: str

    @property
    def asks(self) -> frozenset[Guard[Pad, Subject]]:
        """Return the guards that may say no."""
        return frozenset(guard for guard in self.guards if guard is not otherwise)


def row(
    rule: str,
    source: AnyState | tuple[AnyState, ...] | frozenset[AnyState],
    on: Trigger | tuple[Trigger, ...],
    target: AnyState = None,
    *,
    when: Guard[Pad, Subject] | tuple[Guard[Pad, Subject], ...] = (),
    then: Effect[Pad, Subject] | tuple[Effect[Pad, Subject], ...] = (),
) -> Transition[Pad, Subject]:
    """Return a row that reads aloud: by this rule, from here, on this fact, to there, when all this is so, then that.

    Without `target` the state stays as it is. Readers of the tables see the guards in the words of their docstrings.
    """
    guards = when if isinstance(when, tuple) else (when,)
    return Transition(
        rule,
        frozenset(source) if isinstance(source, tuple | frozenset) else frozenset({source}),
        on if isinstance(on, tuple) else (on,),
        target,
        _all(guards),
        then if isinstance(then, tuple) else (then,),
        guards,
        ", and ".join(_words(rule, guard) for guard in guards),
    )


def _all(guards: tuple[Guard[Pad, Subject], ...]) -> Guard[Pad, Subject]:
    if len(guards) < 2:
        return guards[0] if guards else always
    first, rest = guards[0], _all(guards[1:])
    return lambda pad, subject: first(pad, subject) and rest(pad, subject)


_ASKS: Final = "Tell whether "


def _words(rule: str, guard: Callable[..., bool]) -> str:
    """Return what a guard asks: the first line of its docstring without its first words, its rules and its dot."""
    if guard is otherwise:
        return "otherwise"
    line = (guard.__doc__ or "").split("\n")[0].removesuffix(".")
    asks = line.removeprefix(_ASKS).rsplit(" (", 1)[0] if line.endswith(")") else line.removeprefix(_ASKS)
    if not line.startswith(_ASKS) or not asks:
        raise GuardWithoutWords(rule, guard)
    return asks
