"""`hub operations`: what operators did: when, who, what, why; `hub operation …`: one of them, stopped."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from hub.cli.display import add, moment, titled
from hub.cli.opening import at_desk
from hub.cli.options import AsJson, Data, operator
from hub.cli.output import document_of, say
from hub.desk import operations as desk_operations
from hub.desk.operations import Act, Stopped, StoredOperation

app = typer.Typer(no_args_is_help=True, help="What operators did.")


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


@app.command("stop")
@operator
def stop(number: int, act: Act, as_json: AsJson = False, data: Data = None) -> None:
    """Take back what an operation asked for, as far as no shard has carried it out yet."""
    done = at_desk(data, lambda desk: desk_operations.stop(desk, act, number))
    say(done, as_json=as_json, text=lambda found: _stopped(found, dry_run=act.dry_run), document=document_of)


def _stopped(found: Stopped, *, dry_run: bool) -> str:
    verb = "would be tried no more" if dry_run else "are tried no more"
    ended = sum(found.operation.became.values())
    return f"{found.records} records of operation {found.operation.id} {verb}; {ended} had ended."
