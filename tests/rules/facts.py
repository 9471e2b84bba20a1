"""The facts, as a table: what orders them, and when one is late."""

from collections.abc import Iterator

from domain.orders.ordering import ORDER


def facts() -> Iterator[str]:
    """Return every fact of partners and of the hub itself by its name on the wire, as the table of ordering says."""
    yield "| fact | ordered by | late, and without effect, when |"
    yield "|---|---|---|"
    for kind, told in ORDER.items():
        yield f"| `{kind.name}` | {told.by} | {told.late} |"
