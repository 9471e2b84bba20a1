"""Replays: the records of a time window written once more; what the hub knows already changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from adapters.errors import ReplayIsStopped
from adapters.postgres import replays, stopping
from adapters.postgres.replays import REPLAY as REPLAY
from contracts.topics import INTERNAL
from hub.desk.errors import TopicIsInternal
from hub.desk.operations import Act, progress
from hub.desk.resources import Desk
from hub.desk.topics import inbound
from producers.replay import Replay
from producers.replay import Window as Window


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many records were written again in all, and how many `now`; by no operation where it was looked at only."""

    records: int
    now: int
    operation: int | None
    stopped: bool = False


async def replay(desk: Desk, act: Act, window: Window) -> int:
    """Write the records of a window again; return how many. With the same key one that isn't at its end goes on.

    Raises TopicIsNotRead, TopicIsInternal or KeyIsOfOther.
    """
    return (await replayed(desk, act, window)).now


async def replayed(desk: Desk, act: Act, window: Window) -> Replayed:
    """Do the same; return how many records were written again in all, since the replay of this key was begun."""
    if inbound(window.topic) == INTERNAL.name:
        raise TopicIsInternal(INTERNAL.name)
    if act.dry_run:
        counted = await Replay(desk.kafka, window, {}).run(_unnoted, dry_run=True)
        return Replayed(counted, counted, None)
    wish = _described(window)
    begun = await replays.begun(desk.engine, act.operation(REPLAY), wish)
    if begun.done_at is not None:
        return Replayed(begun.touched, 0, begun.id, await stopping.is_stopped(desk.engine, begun.id))
    noted = partial(replays.note, desk.engine, begun.id)
    left = replace(window, limit=window.limit - begun.touched)
    try:
        sent = await Replay(desk.kafka, left, begun.progress).run(noted, dry_run=False) if left.limit > 0 else 0
    except ReplayIsStopped:
        ended = await progress(desk, begun.id)
        return Replayed(ended.touched, ended.touched - begun.touched, begun.id, stopped=True)
    if sent < left.limit:
        await replays.end(desk.engine, begun.id)
    return Replayed(begun.touched + sent, sent, begun.id)


def _described(window: Window) -> dict[str, object]:
    """Return the window for the operation's row; how many at most may be another number each time."""
    told: dict[str, object] = {"topic": window.topic, "since": str(window.since), "until": str(window.until)}
    told |= {"partition": window.partition, "order": None if window.key is None else window.key.decode()}
    return {name: value for name, value in told.items() if value is not None}


async def _unnoted(_: Mapping[str, int], __: int) -> None:
    """Keep nothing: nothing was done."""
