"""Notes that the hub makes for operators: what to do about each, and closed when that is done."""

from dataclasses import dataclass, fields
from shlex import quote
from types import MappingProxyType
from typing import Final

from adapters.postgres import notes
from adapters.postgres.attention_reads import StoredNote
from hub.desk.operations import Act
from hub.desk.resources import Desk

_ADVICE: Final = MappingProxyType(
    {
        "listing_differs": "write these rows anew with hub listing check --mend, which closes this",
        "nameless": "find out who writes there (hub failed list), and forbid it; the records are dead letters",
        "reference_taken": "look at both orders with hub order show, and tell the partner",
        "signature_invalid": "find out who else may write there, and forbid it",
        "source_unknown": "register it in HUB_SOURCES__REGISTERED, or find out who that is",
        "unreadable": "find out who writes that (hub failed list): the name may be borrowed; they are dead letters",
        "webhook_disabled": "ask its owner to mend the receiver, and to enable the webhook again",
        "transaction_open": "end the sender's transaction (kafka-transactions.sh abort), or wait for its time-out",
    }
)
_TRIED: Final = ("too_many_early", "too_many_behind")
"""Notes on records that are to be tried again; they go when these are."""


@dataclass(frozen=True, slots=True)
class Note(StoredNote):
    """What the hub noted for an operator, and what to do about it."""

    do: str


def advised(note: StoredNote) -> Note:
    """Return a note with what to do about it."""
    told = {field.name: getattr(note, field.name) for field in fields(note)}
    closing = f"hub note close {note.id} --why …"
    if note.kind in _TRIED:
        do = f"once it goes on: hub failed retry --cause {note.kind} --order {quote(note.order_id or '')} --why …"
    else:
        do = f"{_ADVICE[note.kind]}, then: {closing}" if note.kind in _ADVICE else closing
    return Note(**told, do=do)


async def close(desk: Desk, act: Act, number: int) -> bool:
    """Take a note off the list, as somebody has dealt with it; False where none of this number is on it."""
    return act.dry_run or await notes.close(desk.engine, act.operation("close note"), number)
