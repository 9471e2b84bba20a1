"""The gate matrix and the commands, as tables: what may be commanded when, and which scope it needs."""

from collections.abc import Iterator

from contracts.commands import Command as CommandMessage
from contracts.topics import COMMANDS
from domain.aggregates import KINDS
from domain.orders.aggregate import ORDER
from domain.orders.commanding import Chosen, Command, Judged, Lock, Open
from domain.orders.commands import BY_NAME
from domain.orders.gates import COLUMNS, MATRIX, refusals
from tests.rules.tables import NOTHING


def matrix() -> Iterator[str]:
    """Return the gate matrix and its legend."""
    heads = [" ".join(sorted(str(state) for state in column)) for column in COLUMNS]
    yield f"| command | {' | '.join(heads)} | rules |"
    yield f"|---|{'---|' * len(heads)}---|"
    for name, gate in MATRIX.items():
        cells = " | ".join("yes" if cell == "+" else f"`{cell}`" for cell in gate.cells)
        yield f"| {name} | {cells} | {', '.join(gate.ids) or NOTHING} |"
    yield ""
    for letter, refusal in refusals().items():
        yield f"- `{letter}`: {refusal}"


def commands() -> Iterator[str]:
    """Return every command by its name on the wire, with where it is open, its scope, and what a lock means for it."""
    yield "| command | says | open | scope | lock |"
    yield "|---|---|---|---|---|"
    for message in sorted(_commands(), key=lambda each: each.name):
        says = " ".join((message.__doc__ or "").split())
        kind = KINDS.by_name[message.aggregate]
        if kind is not ORDER:
            scope = kind.commands[message]
            yield f"| `{message.name}` | {says} | always | `{scope}`, all stores | – |"
            continue
        row = BY_NAME[message.name]
        yield f"| `{row.name}` | {says} | {_open(row)} | {_scopes(row)} | {row.access.lock.name.lower()} |"
    yield ""
    for lock in Lock:
        yield f"- {lock.name.lower()}: {lock.value}"


def _commands() -> Iterator[type[CommandMessage]]:
    return (each for each in COMMANDS.messages if issubclass(each, CommandMessage))


def _open(row: Command) -> str:
    if isinstance(row.gate, Chosen):
        return ", ".join(row.gate.rows)
    if isinstance(row.gate, Judged):
        return f"as the table of its {row.gate.by.name} says"
    return f"always: {row.gate.why}" if isinstance(row.gate, Open) else row.gate


def _scopes(row: Command) -> str:
    access = row.access
    also = "" if access.also is None else f" or `{access.also}`"
    special = "".join(f"; `{each.scope}` {each.says}" for each in access.special)
    return f"`{access.scope}`{also}{special}"
