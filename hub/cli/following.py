"""Waiting for what becomes of records that were asked for, and saying how far it is meanwhile."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import typer
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TextColumn

from hub.cli import failed_view
from hub.cli.exits import PARTLY
from hub.cli.opening import at_desk
from hub.cli.output import err, say
from hub.desk import Desk, operations
from hub.desk.failed import EditPreview, Preview
from hub.desk.operations import Progress


def follow(
    data: Path | None,
    ask: Callable[[Desk], Awaitable[Progress | Preview | EditPreview]],
    *,
    patience: float,
    as_json: bool,
) -> None:
    """Ask for it, wait for what becomes of the records, print it; exit code 6 where some failed again or still wait.

    `patience` is in seconds; 0 doesn't wait.
    """

    async def work(desk: Desk) -> Progress | Preview | EditPreview:
        done = await ask(desk)
        if isinstance(done, Progress) and done.waiting and patience:
            return await _followed(desk, done, patience, quiet=as_json)
        return done

    done = at_desk(data, work)
    say(done, as_json=as_json, text=failed_view.acted, document=failed_view.document)
    if isinstance(done, Progress) and (done.failed or (patience and done.waiting)):
        raise typer.Exit(PARTLY)


async def _followed(desk: Desk, done: Progress, patience: float, *, quiet: bool) -> Progress:
    with Bars(SpinnerColumn(), TextColumn("{task.description}"), console=err, transient=True) as bars:
        bar = bars.add_task("Waiting for the shards", visible=not quiet)

        def told(now: Progress) -> None:
            bars.update(bar, description=f"{now.waiting} of {now.touched} to go")

        return await operations.follow(desk, done, patience, told)
