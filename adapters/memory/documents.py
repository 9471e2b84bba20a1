"""Documents: aggregates as the last batch left them."""

import json
from collections.abc import Sequence

from adapters.errors import TwoWriters
from adapters.memory.tables import MemoryStore
from adapters.rows.batch import Batch
from adapters.rows.documents import StoredDocument


def found(store: MemoryStore, ids: Sequence[str]) -> dict[str, StoredDocument]:
    """Return what exists of these."""
    rows = [store.documents[subject] for subject in ids if subject in store.documents]
    return {r.subject: StoredDocument(r.subject, r.seq, r.version, json.loads(r.document), r.rules) for r in rows}


def check(store: MemoryStore, batch: Batch, shard: int) -> None:
    """Refuse what somebody else changed since it was loaded; raises TwoWriters."""
    for row in batch.documents:
        before = store.documents.get(row.subject)
        if before is not None and before.seq != row.seq - row.changes:
            raise TwoWriters(shard)


def write(store: MemoryStore, batch: Batch) -> None:
    """Leave the aggregates as a batch has them."""
    store.documents |= {row.subject: row for row in batch.documents}
