"""`hub partner …`: partners, by the source of their events: held back, and let go on."""

from collections.abc import Sequence

import typer
from rich.table import Table

from hub.cli.display import add, moment, titled
from hub.cli.opening import at_desk
from hub.cli.options import AsJson, Data, operator
from hub.cli.output import say, say_changed
from hub.desk import partners
from hub.desk.operations import Act
from hub.desk.partners import PausedPartner

app = typer.Typer(no_args_is_help=True, help="Partners, by the source of their events.")


@app.command("pause")
@operator
def pause(source: str, act: Act, data: Data = None) -> None:
    """Keep what a partner says, by the source of its events, until it is resumed; all others go on."""
    done = at_desk(data, lambda desk: partners.pause(desk, act, source))
    say_changed(done, act, f"What {source} says is kept until hub partner resume", f"{source} is paused already")


@app.command("resume")
@operator
def resume(source: str, act: Act, data: Data = None) -> None:
    """Let a paused partner's records go on, the kept ones first, in their order."""
    done = at_desk(data, lambda desk: partners.resume(desk, act, source))
    say_changed(done, act, f"What {source} said goes on", f"{source} is not paused")


@app.command("list")
def list_paused(as_json: AsJson = False, data: Data = None) -> None:
    """Print the paused partners, and how many of their records are kept."""
    say(at_desk(data, partners.paused), as_json=as_json, text=_told)


def _told(found: Sequence[PausedPartner]) -> Table | str:
    if not found:
        return "No partner is paused."
    table = titled("", "partner", "since (UTC)", "who", "records kept", "why")
    for row in found:
        add(table, row.source, moment(row.since), row.who, row.kept, row.why)
    return table
