"""What a row of the command table is made of, and the check that a table can be right."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar, cast

from domain import rights
from domain.deciding.decision import Answer
from domain.orders import facts, gates
from domain.orders.desk import offers
from domain.orders.order import Order
from domain.orders.scratchpad import OrderMachine, OrderPad

Kind = TypeVar("Kind", bound=facts.Command)
Rule = Callable[[OrderPad, Any], Answer]


class Lock(Enum):
    """What a lock means for a command (K-03, K-04)."""

    FORBIDS = "another agent's lock forbids it"
    SAVES = "another agent's lock forbids it, and it ends one's own, as it saves an edit"
    PASSES = "it passes any lock"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows of the matrix of which what the command says chooses one."""

    rows: tuple[str, ...]
    choose: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Judged:
    """No row of the matrix: the table of the things that the command is about says when, in the state of the thing."""

    by: OrderMachine[Any]
    things: Callable[[Order], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Open:
    """No row of the matrix, and open in every state, for this reason."""

    why: str


Gate = str | Chosen | Judged | Open
"""A row of the matrix, or what stands for one."""


@dataclass(frozen=True, slots=True)
class Special:
    """Another scope in place of the row's, where this is so; `says` tells readers when."""

    scope: str
    when: Callable[[Order, Any], bool]
    says: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered to whom has the scope, where this is so of the order.

    `own`: only while no other agent has locked the order, though the command itself passes any lock.
    """

    scope: str
    when: Callable[[Order], bool]
    own: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """Who may give a command: who has the scope, or the other one, or one for special cases; and what a lock means."""

    scope: str
    lock: Lock
    also: str | None = None
    special: tuple[Special, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """A row of the table.

    `begins`: it may be the first that is heard of an order. `reasons` are those that mean something to the hub; any
    other reason is free text.
    """

    kind: type[facts.Command]
    rule: Rule
    label: str
    gate: Gate
    access: Access
    offers: tuple[Offer, ...] = ()
    reasons: tuple[str, ...] = ()
    begins: bool = False

    @property
    def name(self) -> str:
        """Return what it is called on the wire."""
        return self.kind.name

    def gate_row(self, said: facts.Command) -> str | None:
        """Return the row of the matrix that such a command belongs to."""
        if isinstance(self.gate, Chosen):
            return self.gate.choose(said)
        return self.gate if isinstance(self.gate, str) else None

    def scope_of(self, order: Order, said: facts.Command) -> str:
        """Return the scope that such a command needs on this order."""
        return next((each.scope for each in self.access.special if each.when(order, said)), self.access.scope)


class CommandIsUnsound(Exception):
    """The command {command} can't be right: {fault}."""

    def __init__(self, command: str, fault: str) -> None:
        super().__init__(command, fault)
        self.command = command
        self.fault = fault

    def __str__(self) -> str:
        return (self.__doc__ or "").format(command=self.command, fault=self.fault)


def command(
    kind: type[Kind],
    rule: Callable[[OrderPad, Kind], Answer],
    label: str,
    gate: Gate,
    access: Access,
    offered: Callable[[Order], bool] | tuple[Offer, ...] | None = None,
    *,
    reasons: tuple[str, ...] = (),
    begins: bool = False,
) -> Command:
    """Return a row; without `offered` the command is offered wherever its gate is open."""
    when = _as_gated(kind, gate) if offered is None else offered
    told = when if isinstance(when, tuple) else (Offer(access.scope, when),)
    return Command(kind, cast("Rule", rule), label, gate, access, told, reasons, begins)


def _as_gated(kind: type[facts.Command], gate: Gate) -> Callable[[Order], bool] | tuple[Offer, ...]:
    if isinstance(gate, Judged):
        return offers.judged(gate.by, gate.things, kind)
    return offers.gate(gate) if isinstance(gate, str) else ()


def check(table: tuple[Command, ...], kinds: set[type[facts.Command]]) -> None:
    """Raise `CommandIsUnsound` where a command has no row or several, or where a row names what there is not."""
    named = [row.kind for row in table]
    for kind in sorted(kinds, key=lambda each: each.__name__):
        if named.count(kind) != 1:
            fault = f"it has {named.count(kind)} rows: write one in domain.orders.commands.TABLE"
            raise CommandIsUnsound(kind.__name__, fault)
    for row in table:
        for fault in _faults(row):
            raise CommandIsUnsound(row.name, fault)


def _faults(row: Command) -> Iterator[str]:
    access = row.access
    scopes = {access.scope, access.also or access.scope}
    scopes |= {each.scope for each in access.special} | {each.scope for each in row.offers}
    for scope in sorted(scopes - rights.SCOPES.keys()):
        yield f"there is no scope {scope}: write it in domain.rights.SCOPES"
    rows = {str: (row.gate,), Chosen: getattr(row.gate, "rows", ())}.get(type(row.gate), ())
    for name in rows:
        if name not in gates.MATRIX:
            yield f"the matrix has no row {name}: write it in domain.orders.gates.MATRIX"
    if isinstance(row.gate, Judged) and not any(row.kind in each.on for each in row.gate.by.table):
        yield "no row of the table that judges it starts by it: write one, or say by what row of the matrix it is open"
    if isinstance(row.gate, Open) and not row.gate.why:
        yield "it is open in every state: say why that is right"
