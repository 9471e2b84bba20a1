"""`hub failed …`: records that failed, by cause; looked at, tried again, edited, skipped, archived."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.cli import failed_view
from hub.cli.following import follow
from hub.cli.opening import at_desk
from hub.cli.options import AsJson, Data, operator, utc
from hub.cli.output import say
from hub.desk import Desk, failed, operations
from hub.desk.editing import Changes
from hub.desk.failed import Preview, Selection
from hub.desk.operations import Act, Progress
from hub.errors import NotUsable

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
    chosen = replace(_selection(None, cause, topic, order, partner, since, until), kind=kind, archived=archived)
    if each:
        found = at_desk(data, lambda desk: failed.records(desk, chosen, limit))
        say(found, as_json=as_json, text=failed_view.records)
    else:
        say(at_desk(data, lambda desk: failed.groups(desk, chosen)), as_json=as_json, text=failed_view.groups)


@app.command("show")
def show(number: int, as_json: AsJson = False, data: Data = None) -> None:
    """Print one record: why it failed, where it came from, its key, headers and value."""
    say(at_desk(data, lambda desk: failed.record(desk, number)), as_json=as_json, text=failed_view.record)


@app.command("retry")
@operator
def retry(
    act: Act,
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
    no_wait: NoWait = False,
    patience: Patience = 60.0,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Try failed records again: some by id, a group by cause, an order's, or all."""
    selection = replace(_selection(ids, cause, topic, order, partner, since, until), kind=kind)
    chosen, wait = _chosen(selection, everything), 0 if no_wait else patience
    follow(data, lambda desk: failed.retry(desk, act, chosen, accept_gap=accept_gap), patience=wait, as_json=as_json)


@app.command("edit")
@operator
def edit(
    number: int,
    act: Act,
    value: Annotated[Path | None, typer.Option("--value", help="A file with the whole new value.")] = None,
    fields: Annotated[
        list[str] | None, typer.Option("--set", help="PATH=JSON, e.g. lines.0.quantity=2; may be repeated.")
    ] = None,
    headers: Annotated[
        list[str] | None, typer.Option("--header", help="NAME=TEXT, or NAME= to remove it; may be repeated.")
    ] = None,
    no_wait: NoWait = False,
    patience: Patience = 60.0,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Change a failed record and try it again; the bytes that came are kept beside the changed ones."""
    changes, wait = _changes(value, fields or (), headers or ()), 0 if no_wait else patience
    follow(data, lambda desk: failed.edit(desk, act, number, changes), patience=wait, as_json=as_json)


def _changes(value: Path | None, fields: Sequence[str], headers: Sequence[str]) -> Changes:
    if not (value or fields or headers):
        raise NotUsable("say what to change: --value FILE, --set PATH=JSON or --header NAME=TEXT")
    if value and fields:
        raise NotUsable("give either --value or --set")
    return Changes(
        value=value.read_bytes() if value else None,
        fields=dict(map(_field, fields)) if fields else None,
        headers=dict(map(_header, headers)) if headers else None,
    )


def _field(text: str) -> tuple[str, object]:
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
@operator
def skip(
    act: Act,
    ids: Ids = None,
    order: Order = None,
    no_wait: NoWait = False,
    patience: Patience = 60.0,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Give up quarantined records by id, or the first one of an order; their orders go on with what waits behind."""
    if order is None and not ids:
        raise NotUsable("say which: records by id, or --order")

    async def work(desk: Desk) -> Progress | Preview:
        numbers = (ids or ()) if order is None else [await failed.first_in_quarantine(desk, order)]
        return await failed.skip(desk, act, Selection(ids=tuple(numbers), kind=failed.QUARANTINED))

    follow(data, work, patience=0 if no_wait else patience, as_json=as_json)


@app.command("archive")
@operator
def archive(
    act: Act,
    ids: Ids = None,
    cause: Code = None,
    topic: Topic = None,
    order: Order = None,
    partner: Source = None,
    since: Since = None,
    until: Until = None,
    everything: All = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Take dead letters out of the lists; nothing of them is deleted."""
    chosen = _chosen(_selection(ids, cause, topic, order, partner, since, until), everything)
    done = at_desk(data, lambda desk: failed.archive(desk, act, chosen))
    say(done, as_json=as_json, text=failed_view.acted, document=failed_view.document)


@app.command("restore")
@operator
def restore(
    act: Act,
    ids: Ids = None,
    cause: Code = None,
    topic: Topic = None,
    order: Order = None,
    everything: All = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Bring archived dead letters back into the lists."""
    chosen = replace(_chosen(_selection(ids, cause, topic, order), everything), archived=True)
    done = at_desk(data, lambda desk: failed.archive(desk, act, chosen, back=True))
    say(done, as_json=as_json, text=failed_view.acted, document=failed_view.document)


@app.command("progress")
def progress(number: int, as_json: AsJson = False, data: Data = None) -> None:
    """Print what became of an operation's records, also after a restart."""
    done = at_desk(data, lambda desk: operations.progress(desk, number))
    say(done, as_json=as_json, text=failed_view.summary)


def _selection(
    ids: Ids,
    cause: Code,
    topic: Topic,
    order: Order,
    partner: Source = None,
    since: Since = None,
    until: Until = None,
) -> Selection:
    return Selection(
        ids=tuple(ids or ()),
        code=cause,
        topic=topic,
        order=order,
        source=partner,
        since=since and utc(since),
        until=until and utc(until),
    )


def _chosen(selection: Selection, everything: bool) -> Selection:
    if selection.everything and not everything:
        raise NotUsable("say which: records by id, --cause, --topic, --order, …, or --all")
    return selection
