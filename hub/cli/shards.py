"""`hub shard …`: shards: how far each is; stopped, let run again, also after an accident, and split into more."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from hub.cli.display import add, shown, titled
from hub.cli.opening import at_desk
from hub.cli.options import AsJson, Data, operator
from hub.cli.output import document_of, out, say, say_changed
from hub.desk import accidents, growth, shards
from hub.desk.growth import Growth
from hub.desk.operations import Act
from hub.desk.shards import Shard

app = typer.Typer(no_args_is_help=True, help="Shards.")


@app.command("list")
def list_shards(as_json: AsJson = False, data: Data = None) -> None:
    """Print the shards: owner, batch, lag, and why one stopped."""
    say(at_desk(data, shards.standing), as_json=as_json, text=_table, document=lambda rows: list(map(_document, rows)))


def _document(row: Shard) -> dict[str, object]:
    return {"k": row.number} | {name: value for name, value in document_of(row).items() if name != "number"}


def _table(rows: Sequence[Shard]) -> Table:
    table = titled("", "shard", "owner", "batch", "emitted", "lag", "stopped because, or held up by")
    for row in rows:
        why = Text(row.stopped or row.trouble or "")
        add(table, row.number, row.owner, row.batch, row.emitted, row.lag, why)
    return table


@app.command("pause")
@operator
def pause(number: int, act: Act, data: Data = None) -> None:
    """Stop a shard after its batch in hand; its orders wait until it is resumed."""
    done = at_desk(data, lambda desk: shards.pause(desk, act, number))
    say_changed(done, act, f"Shard {number} stops within a second", f"shard {number} is stopped already, or unknown")


@app.command("resume")
@operator
def resume(
    number: int,
    act: Act,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Pass over unread records that retention or a new topic removed.")
    ] = False,
    accept_restore: Annotated[
        bool, typer.Option("--accept-restore", help="Go on with an older copy of the database: read again from there.")
    ] = False,
    data: Data = None,
) -> None:
    """Let a stopped shard run again, after its cause was mended."""
    consent = accidents.Consent(loss=accept_loss, restore=accept_restore)
    for note in at_desk(data, lambda desk: accidents.resume(desk, act, number, consent)):
        out.print(shown(note), soft_wrap=True)
    say_changed(True, act, f"Shard {number} runs again as soon as a hub process takes it", "")


@app.command("grow")
@operator
def grow(
    to: Annotated[int, typer.Option("--to", min=2, max=1024, help="How many shards there shall be.")],
    act: Act,
    data: Data = None,
) -> None:
    """Split the shards into more while no process of the hub runs; set HUB_SHARDS to the new number then."""
    done = at_desk(data, lambda desk: growth.grow(desk, act, to), growth.LONG_SECONDS)
    out.print(shown(_next(done, dry_run=act.dry_run)), soft_wrap=True)


def _next(done: Growth, *, dry_run: bool) -> str:
    """Return what was done, and what to do next."""
    if done.before == done.after:
        return f"There are {done.after} shards already; nothing to do."
    if dry_run:
        return f"Nothing was done: a dry run. The {done.before} shards can be split into {done.after}."
    return (
        f"There are {done.after} shards now, {done.before} before; {done.moved} deadlines and waiting records moved.\n"
        f"Set HUB_SHARDS={done.after} for every process and command of this hub, then start it."
    )
