"""`hub contracts …`: validate a message, write or check the generated documents, tell breaking changes."""

from pathlib import Path
from typing import Annotated

import typer

from contracts.topics import TOPICS

app = typer.Typer(no_args_is_help=True, help="The contracts: schemas, AsyncAPI, compatibility.")


@app.command()
def check() -> None:
    """Are the generated files current, valid, and compatible with every release?"""
    from contracts import __main__ as commands

    raise typer.Exit(commands.check())


@app.command()
def write() -> None:
    """Write schemas, examples and the AsyncAPI document anew."""
    from contracts import __main__ as commands

    raise typer.Exit(commands.write())


@app.command()
def release(version: str) -> None:
    """Keep the current schemas as a release that later ones must stay compatible with."""
    from contracts import __main__ as commands

    raise typer.Exit(commands.release(version))


@app.command()
def validate(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A structured CloudEvent in JSON.")],
    message_type: Annotated[str | None, typer.Option("--type", help="The type of bare data.")] = None,
) -> None:
    """Tell whether a message file keeps its contract, and where it doesn't."""
    from contracts import validation

    faults = validation.faults(file, message_type)
    for fault in faults:
        typer.echo(fault, err=True)
    if faults:
        raise typer.Exit(1)
    typer.echo(f"{file} keeps its contract.")


@app.command("list")
def list_types() -> None:
    """Print every topic with its messages."""
    for topic in TOPICS:
        typer.echo(f"{topic.name}  ({topic.direction.value}, written by: {topic.writer})")
        for message in topic.messages:
            typer.echo(f"  {message.type()}")
