"""References: numbers that others use for orders. The first holder keeps one, and people are told of the others."""

from collections.abc import Iterable
from datetime import UTC, datetime

from adapters.errors import NumberTaken
from adapters.memory.tables import AttentionRow, MemoryStore
from adapters.rows.batch import Batch
from adapters.rows.references import PAST, Lost, claims, is_given_up


def found(store: MemoryStore, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the orders that references (kind, value) lead to."""
    holders = {(kind, value): store.holder(kind, value) for kind, value in wanted}
    return {reference: holder for reference, holder in holders.items() if holder is not None}


def past(store: MemoryStore, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """Return the orders that had references (kind, value) once."""
    had = {(kind, value): store.had(kind, value) for kind, value in wanted}
    return {reference: orders for reference, orders in had.items() if orders}


def check(store: MemoryStore, batch: Batch, shard: int) -> None:
    """Refuse a batch that found orders by numbers which others took meanwhile; raises NumberTaken."""
    for key, row in claims(batch).items():
        holder = store.references.get(key, row.subject)
        if holder not in (row.over, row.subject) and (row.kind, row.value, row.subject) in batch.counted_on:
            raise NumberTaken(shard)


def write(store: MemoryStore, batch: Batch, shard: int) -> None:
    """Let the first holder keep a number until it gives it up, and tell of the others."""
    for key, row in claims(batch).items():
        if row.over is not None:
            store.references.setdefault((row.kind, f"{PAST}{row.over}", row.value), row.over)
        if store.references.get(key, row.over) == row.over:
            store.references[key] = row.subject
    for row in batch.references:
        holder = store.references.get((row.kind, row.party, row.value), row.subject)
        if holder != row.subject and not is_given_up(batch, row):
            _tell(store, Lost(row.kind, row.value, row.subject, holder), shard)


def _tell(store: MemoryStore, lost: Lost, shard: int) -> None:
    store.attention.append(AttentionRow(shard, *lost.note))
    notice = lost.notice(datetime.now(UTC))
    if notice is not None:
        store.timers.setdefault((notice.subject, notice.timer_id), (shard, notice))
