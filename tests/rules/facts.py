"""The facts, as a table: what orders them, and when one is late."""

from collections.abc import Iterator

from domain.orders.rules import TABLE


def facts() -> Iterator[str]:
    """Return every fact of partners and of the hub itself by its name on the wire, as the table of rules says."""
    yield "| fact | ordered by | late, and without effect, when |"
    yield "|---|---|---|"
    for row in TABLE:
        yield f"| `{row.kind.name}` | {row.by} | {row.late} |"
