"""Replays: the records of a time window written once more; what the hub knows already changes nothing."""

from collections.abc import Mapping
from functools import partial

from adapters.postgres import operations
from contracts.topics import INTERNAL
from hub.desk.errors import TopicIsInternal
from hub.desk.operations import Act
from hub.desk.resources import Desk
from hub.desk.topics import inbound
from producers.replay import Replay
from producers.replay import Window as Window


async def replay(desk: Desk, act: Act, window: Window) -> int:
    """Write the records of a window again; return how many. With the same key an interrupted replay goes on.

    Raises TopicIsNotRead or TopicIsInternal.
    """
    if inbound(window.topic) == INTERNAL.name:
        raise TopicIsInternal(INTERNAL.name)
    if act.dry_run:
        return await Replay(desk.kafka, window, {}).run(_unnoted, dry_run=True)
    number, done = await operations.begin_replay(desk.engine, act.operation("replay"), _described(window))
    sent = await Replay(desk.kafka, window, done).run(
        partial(operations.note_replay, desk.engine, number), dry_run=False
    )
    await operations.end_replay(desk.engine, number)
    return sent


def _described(window: Window) -> dict[str, object]:
    """Return the window for the operation's row."""
    told = {"topic": window.topic, "since": str(window.since), "until": str(window.until), "limit": window.limit}
    told |= {"partition": window.partition, "order": None if window.key is None else window.key.decode()}
    return {name: value for name, value in told.items() if value is not None}


async def _unnoted(_: Mapping[str, int], __: int) -> None:
    """Keep nothing: nothing was done."""
