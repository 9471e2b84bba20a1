"""`hub db …`: the database's schema: where it stands, and brought up to date."""

from typing import Annotated

import typer

from hub.cli.opening import at_desk
from hub.cli.options import AsJson, Data
from hub.cli.output import out, say
from hub.desk import database

app = typer.Typer(no_args_is_help=True, help="The database's schema.")


@app.command("upgrade")
def upgrade(data: Data = None) -> None:
    """Bring the database's schema up to date."""
    out.print(f"The database is at {at_desk(data, database.upgrade).newest}.")


@app.command("current")
def current(as_json: AsJson = False, data: Data = None) -> None:
    """Print which migration the database is at, and which is the newest."""
    state = at_desk(data, database.standing)
    say(state, as_json=as_json, text=lambda s: f"at {s.current or 'nothing'}, newest is {s.newest}")


@app.command("roles")
def roles(
    apply: Annotated[bool, typer.Option("--apply", help="Make them, as a user who owns the tables.")] = False,
    data: Data = None,
) -> None:
    """Print the statements that make the database's roles with their rights; with --apply, carry them out."""
    if not apply:
        typer.echo(database.role_script())
        return
    at_desk(data, database.make_roles)
    out.print("The roles are there, each with its rights.")
