"""`hub note close`: a note of the hub that somebody has dealt with."""

import typer

from hub.cli.opening import at_desk
from hub.cli.options import Data, operator
from hub.cli.output import say_changed
from hub.desk import notes
from hub.desk.operations import Act

app = typer.Typer(no_args_is_help=True, help="Notes of the hub, which hub attention lists.")


@app.callback()
def noted() -> None:
    """Notes of the hub, which hub attention lists."""


@app.command("close")
@operator
def close(number: int, act: Act, data: Data = None) -> None:
    """Take a note off the list of hub attention, once you have dealt with it."""
    done = at_desk(data, lambda desk: notes.close(desk, act, number))
    say_changed(done, act, f"Note {number} is closed", f"no note {number} is open")
