"""`hub failed …`: records that failed, by cause; looked at, tried again, edited, skipped, archived."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from adapters.postgres.operations import Chosen
from hub import failed_view, operations
from hub.errors import PARTLY, NotUsable
from hub.operations import Act
from hub.output import AsJson, Data, DryRun, Key, Who, Why, err, read_settings, say, utc, wait_for
from hub.servers import attached
from hub.settings import Settings

POLL_SECONDS: Final = 0.3
app = typer.Typer(no_args_is_help=True, help="Records that failed: look, try again, edit, skip, archive.")

Ids = Annotated[list[int] | None, typer.Argument(help="Records by id, as hub failed list --each prints them.")]
Kind = Annotated[str | None, typer.Option("--kind", help="dead_letter, quarantined, waiting or held.")]
Code = Annotated[str | None, typer.Option("--cause", help="Only this cause, e.g. data_invalid.")]
Topic = Annotated[str | None, typer.Option("--topic", help="Only records of this topic.")]
Order = Annotated[str | None, typer.Option("--order", help="Only records of this order, by id or number.")]
Source = Annotated[str | None, typer.Option("--partner", help="Only what this partner (source) said.")]
Since = Annotated[datetime | None, typer.Option("--since", help="Only what failed at this time (UTC) or later.")]
Until = Annotated[datetime | None, typer.Option("--until", help="Only what failed before this time (UTC).")]
Archived = Annotated[bool, typer.Option("--archived", help="Archived records in place of the others.")]
Each = Annotated[bool, typer.Option("--each", help="One by one, not grouped.")]
All = Annotated[bool, typer.Option("--all", help="All of them; without it something must be chosen.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Don't wait for what becomes of them.")]
Patience = Annotated[float, typer.Option("--patience", min=0.1, help="How many seconds to wait at most.")]


@app.command("list")
def list_failed(
    kind: Kind = None,
    cause: Code = None,
    topic: Topic = None,
    order: Order = None,
    partner: Source = None,
    since: Since = None,
    until: Until = None,
    archived: Archived = False,
    each: Each = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="With --each: how many at most.")] = 100,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Print what failed, grouped by cause: how many, of how many orders, first and last time."""
    chosen = Chosen((), kind, cause, topic, None, order, partner, utc(since), utc(until), archived)
    settings = attached(read_settings(data))
    if each:
        say(wait_for(operations.rows(settings, chosen, limit)), as_json=as_json, text=failed_view.rows)
    else:
        say(wait_for(operations.groups(settings, chosen)), as_json=as_json, text=failed_view.groups)


@app.command("show")
def show(number: int, as_json: AsJson = False, data: Data = None) -> None:
    """Print one record: why it failed, where it came from, its key, headers and value."""
    found = wait_for(operations.record(attached(read_settings(data)), number))
    say(_without_token(found), as_json=as_json, text=failed_view.record)


def _without_token(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without the signed token of a command: it may still be valid."""
    hidden = {
        name: [(key, b"not shown" if key == "hub-token" else content) for key, content in found[name]]
        for name in ("headers", "edited_headers")
        if found[name] is not None
    }
    return {**found, **hidden}


@app.command("retry")
def retry(
    why: Why,
    ids: Ids = None,
    kind: Kind = None,
    cause: Code = None,
    topic: Topic = None,
    order: Order = None,
    partner: Source = None,
    since: Since = None,
    until: Until = None,
    everything: All = False,
    accept_gap: Annotated[
        bool, typer.Option("--accept-gap", help="Go on although records of an order's queue are gone.")
    ] = False,
    who: Who = "",
    key: Key = "",
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    patience: Patience = 60.0,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Try failed records again: some by id, a group by cause, an order's, or all."""
    chosen = _chosen(
        Chosen(tuple(ids or ()), kind, cause, topic, None, order, partner, utc(since), utc(until)), everything
    )
    settings = attached(read_settings(data))
    done = wait_for(operations.retry(settings, Act(why, who, key, dry_run), chosen, accept_gap=accept_gap))
    _tell(settings, done, patience=0 if no_wait else patience, as_json=as_json)


@app.command("edit")
def edit(
    number: int,
    why: Why,
    value: Annotated[Path | None, typer.Option("--value", help="A file with the whole new value.")] = None,
    fields: Annotated[
        list[str] | None, typer.Option("--set", help="PATH=JSON, e.g. lines.0.quantity=2; may be repeated.")
    ] = None,
    headers: Annotated[
        list[str] | None, typer.Option("--header", help="NAME=TEXT, or NAME= to remove it; may be repeated.")
    ] = None,
    who: Who = "",
    key: Key = "",
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    patience: Patience = 60.0,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Change a failed record and try it again; the bytes that came are kept beside the changed ones."""
    if not (value or fields or headers):
        raise NotUsable("say what to change: --value FILE, --set PATH=JSON or --header NAME=TEXT")
    if value and fields:
        raise NotUsable("give either --value or --set")
    settings = attached(read_settings(data))
    done = wait_for(
        operations.edit(
            settings,
            Act(why, who, key, dry_run),
            number,
            value=value.read_bytes() if value else None,
            fields=dict(map(_field, fields)) if fields else None,
            headers=dict(map(_header, headers)) if headers else None,
        )
    )
    _tell(settings, done, patience=0 if no_wait else patience, as_json=as_json)


def _field(text: str) -> tuple[str, Any]:
    path, equals, told = text.partition("=")
    if not equals or not path:
        raise NotUsable(f"{text} is not PATH=JSON")
    try:
        return path, json.loads(told)
    except ValueError:
        return path, told


def _header(text: str) -> tuple[str, str | None]:
    name, equals, told = text.partition("=")
    if not equals or not name:
        raise NotUsable(f"{text} is not NAME=TEXT")
    return name, told or None


@app.command("skip")
def skip(
    why: Why,
    ids: Ids = None,
    order: Order = None,
    who: Who = "",
    key: Key = "",
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    patience: Patience = 60.0,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Give up quarantined records by id, or the first one of an order; their orders go on with what waits behind."""
    settings = attached(read_settings(data))
    if order is not None:
        waiting = wait_for(operations.rows(settings, Chosen(order=order, kind="quarantined"), 1))
        if not waiting:
            raise NotUsable(f"nothing waits in quarantine behind order {order}")
        ids = [waiting[0]["id"]]
    if not ids:
        raise NotUsable("say which: records by id, or --order")
    done = wait_for(operations.skip(settings, Act(why, who, key, dry_run), Chosen(ids=tuple(ids), kind="quarantined")))
    _tell(settings, done, patience=0 if no_wait else patience, as_json=as_json)


@app.command("archive")
def archive(
    why: Why,
    ids: Ids = None,
    cause: Code = None,
    topic: Topic = None,
    order: Order = None,
    partner: Source = None,
    since: Since = None,
    until: Until = None,
    everything: All = False,
    who: Who = "",
    key: Key = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Take dead letters out of the lists; nothing of them is deleted."""
    named = Chosen(tuple(ids or ()), None, cause, topic, None, order, partner, utc(since), utc(until))
    chosen = _chosen(named, everything)
    done = wait_for(operations.archive(attached(read_settings(data)), Act(why, who, key, dry_run), chosen))
    say(done, as_json=as_json, text=failed_view.acted)


@app.command("restore")
def restore(
    why: Why,
    ids: Ids = None,
    cause: Code = None,
    topic: Topic = None,
    order: Order = None,
    everything: All = False,
    who: Who = "",
    key: Key = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Bring archived dead letters back into the lists."""
    named = Chosen(tuple(ids or ()), None, cause, topic, None, order)
    chosen = replace(_chosen(named, everything), archived=True)
    done = wait_for(operations.archive(attached(read_settings(data)), Act(why, who, key, dry_run), chosen, back=True))
    say(done, as_json=as_json, text=failed_view.acted)


@app.command("progress")
def progress(number: int, as_json: AsJson = False, data: Data = None) -> None:
    """Print what became of an operation's records, also after a restart."""
    done = wait_for(operations.progress(attached(read_settings(data)), number))
    say(done, as_json=as_json, text=failed_view.summary)


def _chosen(chosen: Chosen, everything: bool) -> Chosen:
    if chosen.everything and not everything:
        raise NotUsable("say which: records by id, --cause, --topic, --order, …, or --all")
    return chosen


def _tell(settings: Settings, done: dict[str, Any], *, patience: float, as_json: bool) -> None:
    """Wait for what becomes of the records, and print it; exit code 6 where some failed again or still wait."""
    if done.get("waiting") and patience:
        done = wait_for(_followed(settings, done, patience, quiet=as_json))
    say(done, as_json=as_json, text=failed_view.acted)
    if done.get("failed") or (patience and done.get("waiting")):
        raise typer.Exit(PARTLY)


async def _followed(settings: Settings, done: dict[str, Any], patience: float, *, quiet: bool) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=err, transient=True) as bars:
        shown = bars.add_task("Waiting for the shards", visible=not quiet)
        while done["waiting"] and loop.time() < deadline:
            await asyncio.sleep(POLL_SECONDS)
            done = await operations.progress(settings, done["id"])
            bars.update(shown, description=f"{done['waiting']} of {done['touched']} to go")
    return done
