"""`hub token create`: a signed token for whoever commands."""

import json
from datetime import timedelta
from typing import Annotated

import typer

from hub.cli.opening import read_settings
from hub.cli.options import AsJson, Data
from hub.desk import tokens
from hub.servers import attached

app = typer.Typer(no_args_is_help=True, help="Signed tokens for commands.")


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Who will command.")],
    scopes: Annotated[list[str] | None, typer.Option("--scope", help="What he may do; all scopes if none.")] = None,
    stores: Annotated[list[str] | None, typer.Option("--store", help="In which stores; all if none.")] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=8760)] = 12,
    command: Annotated[str | None, typer.Option("--command", help="Only for the command with this id.")] = None,
    data: Data = None,
) -> None:
    """Print a signed token for the header hub-token of a command."""
    settings = read_settings(data)
    if settings.token_key is None:  # the `hub up` of this folder has one
        settings = attached(settings)
    typer.echo(tokens.create(settings, name, scopes or (), stores or (), timedelta(hours=hours), command))


@app.command("keypair")
def keypair(as_json: AsJson = False) -> None:
    """Print a fresh pair of keys: the private half signs tokens, the hub needs the public one (HUB_ISSUERS)."""
    private, public = tokens.new_pair()
    if as_json:
        typer.echo(json.dumps({"private_key": private, "public_key": public}))
    else:
        typer.echo(f"{private}\n{public}")
