"""References: numbers that others use for orders. The first holder keeps one, and people are told of the others."""

from collections.abc import Sequence

from adapters.memory.tables import AttentionRow, MemoryStore
from adapters.rows.batch import Batch


def found(store: MemoryStore, wanted: Sequence[tuple[str, str, str, str]]) -> dict[tuple[str, str], str]:
    """Return the orders that references lead to."""
    holders = {(kind, value): store.holder(kind, value) for kind, value, _, _ in wanted}
    return {reference: holder for reference, holder in holders.items() if holder is not None}


def write(store: MemoryStore, batch: Batch, shard: int) -> None:
    """Let the first holder keep a number, and tell of the others."""
    for row in batch.references:
        holder = store.references.setdefault((row.kind, row.party, row.value), row.subject)
        if holder != row.subject:
            detail = f"{row.kind} {row.value} already belongs to order {holder}"
            store.attention.append(AttentionRow(shard, "reference_taken", row.subject, detail))
