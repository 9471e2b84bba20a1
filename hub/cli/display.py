"""Display: what came from outside is shown as it is; nothing in it is taken for markup."""

from datetime import datetime

from rich.table import Table
from rich.text import Text

NOTHING = "–"


def shown(value: object, style: str = "") -> Text:
    """Return a value as plain text; nothing as a dash."""
    return Text(NOTHING if value is None or value == "" else str(value), style)


def titled(title: str, *heads: str) -> Table:
    """Return an empty table."""
    return Table(*heads, title=title or None, title_justify="left")


def add(table: Table, *cells: object) -> None:
    """Add a row of values as they are."""
    table.add_row(*(cell if isinstance(cell, Text) else shown(cell) for cell in cells))


def moment(at: datetime) -> str:
    """Return a time of any year, to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def moment_this_year(at: datetime) -> str:
    """Return a time without its year, to the second."""
    return f"{at:%m-%d %H:%M:%S}"
