"""`hub health`: is every shard worked on, and if not, why."""

from typing import Annotated

import typer
from rich.console import Group, RenderableType

from hub.cli.display import add, moment_this_year, shown, titled
from hub.cli.exits import FAILED
from hub.cli.opening import at_desk
from hub.cli.options import AsJson, Data
from hub.cli.output import document_of, say
from hub.desk import health as desk_health
from hub.desk.health import Health, Process


def health(
    here: Annotated[bool, typer.Option("--here", help="Only processes of this machine, as a probe wants it.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Exit code 1 only where no process lives.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Print whether every shard is worked on, and if not, why; exit code 1 if not."""
    view = at_desk(data, lambda desk: desk_health.read(desk, here=here))
    say(view, as_json=as_json, text=_told, document=_document)
    if not (view.live is not False if live else view.ready):
        raise typer.Exit(FAILED)


def _document(view: Health) -> dict[str, object]:
    return document_of(view) | {"processes": [_said(each) for each in view.processes]}


def _said(process: Process) -> dict[str, object]:
    """Return a process with all that it says of itself."""
    return {"id": process.id, "seen": process.seen, "started_at": process.started_at, **process.said}


def _told(view: Health) -> Group:
    parts: list[RenderableType] = [shown("Ready", "green") if view.ready else shown("Not ready", "red")]
    parts.extend(shown(reason, "red") for reason in view.reasons)
    parts.extend(shown(note, "yellow") for note in view.notes)
    if view.processes:
        table = titled("Processes", "process", "last sign (UTC)", "shards")
        for each in view.processes:
            shards = ", ".join(f"{number} {told.state}" for number, told in each.report.shards.items())
            add(table, each.id, moment_this_year(each.seen), shards)
        parts.append(table)
    return Group(*parts)
