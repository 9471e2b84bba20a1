"""`hub replay`: the records of a time window written once more."""

from datetime import datetime
from typing import Annotated

import typer

from hub.cli.opening import at_desk
from hub.cli.options import AsJson, Data, Partition, operator, utc
from hub.cli.output import say
from hub.desk import replays
from hub.desk.operations import Act
from hub.desk.replays import Window


@operator
def replay(
    topic: str,
    act: Act,
    since: Annotated[datetime, typer.Option("--since", help="From this append time (UTC).")],
    until: Annotated[datetime, typer.Option("--until", help="To before this append time (UTC).")],
    partition: Partition = None,
    order: Annotated[str | None, typer.Option("--order", help="Only records with this order id as their key.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000_000)] = 100_000,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Write the records of a time window again, each where it lay; what the hub knows already changes nothing."""
    key = None if order is None else order.encode()
    window = Window(topic, utc(since), utc(until), partition, key, limit)
    count = at_desk(data, lambda desk: replays.replay(desk, act, window))
    done = {"records": count, "dry_run": act.dry_run}
    verb = "would be written again" if act.dry_run else "were written again"
    say(done, as_json=as_json, text=lambda _: f"{count} records of {topic} {verb}.")
