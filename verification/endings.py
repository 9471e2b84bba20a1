"""How a record ended, by the rows that name it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from verification.snapshot import Row


@dataclass(frozen=True, slots=True)
class Rows:
    """What the store holds of one offset: received rows of the journal and rows of set_aside."""

    offset: int
    decided: tuple[Row, ...] = ()
    aside: tuple[Row, ...] = ()

    def ends(self) -> list[str]:
        """Return how the record ended. A released row doesn't count: the row that came of it does."""
        return [row["outcome"] for row in self.decided] + [r["kind"] for r in self.aside if r["closed_batch"] is None]

    def closed_as(self) -> list[str]:
        """Return what became of the released rows."""
        return [row["closed_as"] or "" for row in self.aside if row["closed_batch"] is not None]

    def names(self) -> list[str]:
        """Return a name for each row, as a report tells it."""
        return [decided_name(row) for row in self.decided] + [aside_name(row) for row in self.aside]


def decided_name(row: Row) -> str:
    """Return how a report names a row of the journal."""
    return f"journal row {row['seq']} of order {row['order_id']}"


def aside_name(row: Row) -> str:
    """Return how a report names a row of set_aside."""
    return f"set_aside row {row['id']}"


def judge(rows: Rows) -> tuple[str, str]:
    """Return (end, fault) of a record.

    The end is `unclaimed` where no row says how the record ended. The fault is empty where nothing is wrong.
    """
    ends = rows.ends()
    for word in rows.closed_as():
        if word != "duplicate" and word not in ends:
            return "lost", f"it waited and was let go as {word!r}, but no row says so"
    if len(ends) > 1:
        return "doubled", f"it ended in {len(ends)} ways: {', '.join(ends)}"
    return (ends[0], "") if ends else ("unclaimed", "")


async def rows_by_offset(decided: AsyncIterator[Row], aside: AsyncIterator[Row]) -> AsyncIterator[Rows]:
    """Merge two streams sorted by offset: yield the rows of both for each offset."""
    left, right = await anext(decided, None), await anext(aside, None)
    while left is not None or right is not None:
        offset = min(row["offset"] for row in (left, right) if row is not None)
        mine: list[Row] = []
        other: list[Row] = []
        while left is not None and left["offset"] == offset:
            mine.append(left)
            left = await anext(decided, None)
        while right is not None and right["offset"] == offset:
            other.append(right)
            right = await anext(aside, None)
        yield Rows(offset, tuple(mine), tuple(other))
