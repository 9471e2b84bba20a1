"""Word lists: each as it stands, and who changed it when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.postgres import order_reads, subject_reads
from adapters.postgres.order_reads import Aside
from adapters.postgres.subject_reads import StoredSubject
from contracts.catalogue import Entry as Word
from contracts.partitioning import home
from contracts.subjects import WORD_LIST, id_of, subject_of
from domain.catalogue.aggregate import WORD_LIST as WORD_LISTS
from domain.catalogue.word_list import LISTS
from hub.desk.errors import WordListIsUnknown
from hub.desk.resources import Desk
from hub.desk.timeline import Entry, entry_of


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list, in short."""

    name: str
    version: int
    entries: int
    retired: int
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class WordListView:
    """All that is known of a list; `retired` words stay readable and can't be chosen."""

    name: str
    version: int
    shard: int
    changed_at: datetime | None
    entries: Sequence[Word]
    retired: Sequence[Word]
    timeline: Sequence[Entry]
    set_aside: Sequence[Aside]


async def lists(desk: Desk) -> list[ListRow]:
    """Return every list that there can be; of one that nobody has put yet, nothing is known."""
    rows = {id_of(row.subject): row for row in await subject_reads.of_kind(desk.engine, WORD_LIST, len(LISTS))}
    return [_row(name, rows.get(name)) for name in LISTS]


def _row(name: str, row: StoredSubject | None) -> ListRow:
    if row is None:
        return ListRow(name, 0, 0, 0, None)
    listed = WORD_LISTS.read(row.document)
    return ListRow(name, row.version, len(listed.entries), len(listed.retired), listed.as_of)


async def show(desk: Desk, name: str) -> WordListView:
    """Return everything about one list; raises WordListIsUnknown."""
    if name not in LISTS:
        raise WordListIsUnknown(name, LISTS)
    subject = subject_of(WORD_LIST, name)
    row = await subject_reads.find(desk.engine, subject)
    listed = WORD_LISTS.empty(name) if row is None else WORD_LISTS.read(row.document)
    return WordListView(
        name=name,
        version=listed.version,
        shard=home(subject, desk.settings.shards),
        changed_at=listed.as_of,
        entries=listed.entries,
        retired=listed.retired,
        timeline=[entry_of(each) for each in await order_reads.timeline(desk.engine, subject)],
        set_aside=await order_reads.asides(desk.engine, subject),
    )
