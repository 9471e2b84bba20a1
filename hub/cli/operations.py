"""`hub operations`: what operators did: when, who, what, why."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from hub.cli.display import add, moment, titled
from hub.cli.opening import at_desk
from hub.cli.options import AsJson, Data
from hub.cli.output import say
from hub.desk import operations as desk_operations
from hub.desk.operations import StoredOperation


def operations(
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000)] = 50, as_json: AsJson = False, data: Data = None
) -> None:
    """Print what operators did, the newest first: when, who, what, why."""
    found = at_desk(data, lambda desk: desk_operations.history(desk, limit))
    say(found, as_json=as_json, text=_told)


def _told(found: Sequence[StoredOperation]) -> Table | str:
    if not found:
        return "No operator has done anything yet."
    table = titled("", "id", "when (UTC)", "who", "what", "of what", "touched", "why")
    for row in found:
        wish = " ".join(f"{name}={value}" for name, value in row.wish.items())
        add(table, row.id, moment(row.at), row.who, row.action, wish, row.touched, row.why)
    return table
