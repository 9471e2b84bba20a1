"""Troubles: what holds the hub up, in words, and what to do about it; how each shard does."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from hub.console.languages import marked
from hub.desk.names import spelling

_OF_SHARD: Final = re.compile(r"shard (\d+): (.*)", re.DOTALL)
_PAUSED: Final = re.compile(r"(?P<topic>\S+)/(?P<partition>\d+) is paused: (?P<why>.*)", re.DOTALL)
_STOPPED: Final = "stopped: "
LOSS: Final = "loss"
RESTORE: Final = "restore"
OLD_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do where a reason says this; `accept` is what a resumption may have to agree to."""

    says: str
    do: str
    accept: str | None = None


ADVICE: Final = (
    Advice(
        "retention removed records",
        "Have the sender send again what is missing. Then resume, and accept the loss.",
        LOSS,
    ),
    Advice(
        r"ends at .* but was read to|has another record at",
        "Restore the topic, then resume. If that can't be done, accept the loss: the new topic is read from its start.",
        LOSS,
    ),
    Advice(
        r"older copy|group's offsets name batch|was published to",
        "Restore the newest copy of the database, then resume. If there is none, accept the older copy.",
        RESTORE,
    ),
    Advice("set by somebody else", "Delete the group's offsets in Kafka, then resume."),
    Advice("Kafka refused what batch", "Raise the topic's max.message.bytes, then resume."),
    Advice("changed by somebody who doesn't own", "Find the second writer to the tables and end it, then resume."),
    Advice(
        "rules failed on|(are in|went into) quarantine",
        "Most often a bad deploy: go back or mend it, then resume. Orders on which other code failed are tried again.",
    ),
    Advice(
        "could not be read",
        "The hub can't read what it should: check the last deploy, resume, then retry the dead letters.",
    ),
    Advice("paused by", "Ask who paused it, then resume."),
    Advice(
        "transaction of its sender is open",
        "The sender's producer ends it when it starts again; Kafka ends it within 15 minutes. Nothing is lost.",
    ),
    Advice("no process works on it", "Start a process with hub run; hub check says what is missing."),
    Advice("no hub process", "Start a process with hub run."),
    Advice("got nothing done", "Look at the log of its process. It is ended by itself if it is stuck."),
)
"""What to do, by what the reason says; docs/howto/stopped-shard.md has it at length."""
ELSE: Final = Advice("", "It goes on by itself once the cause is gone; the log of its process says more.")
ELSE_STOPPED: Final = Advice("", "Report it with the log of the hub, and resume after the fix.")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that holds the hub up: what (`title`, with what is filled in), why, what to do, and where."""

    state: str
    title: str
    because: str
    do: str
    filled: Mapping[str, Any] = field(default_factory=dict)
    where: str | None = None


@dataclass(frozen=True, slots=True)
class ShardLook:
    """How a shard does: its state, by which it is shown, the reason in words, and what to do."""

    state: str
    reason: str
    advice: Advice


def advice(reason: str) -> Advice:
    """Return what to do where something is held up for a reason."""
    usual = ELSE_STOPPED if reason.startswith(_STOPPED) else ELSE
    return next((each for each in ADVICE if re.search(each.says, reason)), usual)


def reasons(health: Mapping[str, Any]) -> dict[int, str]:
    """Return why shards aren't worked on, by their numbers."""
    found = (_OF_SHARD.fullmatch(each) for each in health["reasons"])
    return {int(each[1]): each[2] for each in found if each is not None}


def shard_look(row: Mapping[str, Any], why: Mapping[int, str]) -> ShardLook:
    """Return how a shard does, by its row and by what health says of it."""
    stopped = None if row["stopped"] is None else f"{_STOPPED}{row['stopped']}"
    reason = stopped or why.get(row["number"]) or row["trouble"] or ""
    return ShardLook(_state(reason), reason.removeprefix(_STOPPED), advice(reason))


def _state(reason: str) -> str:
    for begins, state in (
        (f"{_STOPPED}paused by", "paused"),
        (_STOPPED, "stopped"),
        ("no process works on it", "unattended"),
    ):
        if reason.startswith(begins):
            return state
    return "held_up" if reason else "works"


def troubles(
    overview: Mapping[str, Any], shards: Sequence[Mapping[str, Any]], now: datetime | None = None
) -> list[Trouble]:
    """Return what holds the hub up, the worst first."""
    health, held = overview["health"], reasons(overview["health"])
    for row in shards:
        seen = shard_look(row, held)
        if seen.reason:
            held[row["number"]] = f"{_STOPPED}{row['stopped']}" if row["stopped"] else seen.reason
    found = [_of_shard(number, reason) for number, reason in sorted(held.items())]
    whole = [_whole(each) for each in health["reasons"] if _OF_SHARD.fullmatch(each) is None]
    return [*whole, *found, *_paused(overview), *_reading(overview, now or datetime.now(UTC))]


def is_at_work(overview: Mapping[str, Any]) -> bool:
    """Tell whether at least one shard is worked on."""
    health = overview["health"]
    return health["live"] is not False and (health["ready"] or len(reasons(health)) < health["shards"])


TITLES: Final[Mapping[str, str]] = {
    "paused": "Shard {shard} is paused",
    "stopped": "Shard {shard} has stopped",
    "unattended": "Nobody works on shard {shard}",
    "held_up": "Shard {shard} is held up",
}


def _of_shard(number: int, reason: str) -> Trouble:
    state = _state(reason)
    said, where = reason.removeprefix(_STOPPED).removeprefix("held up: "), f"/ops/shards/{number}"
    return Trouble(state, TITLES[state], said, advice(reason).do, {"shard": number}, where)


def _whole(reason: str) -> Trouble:
    return Trouble("unattended", marked("The hub does not work"), reason, advice(reason).do, where="/ops/processes")


def _paused(overview: Mapping[str, Any]) -> list[Trouble]:
    """Return what people hold back: partitions, by their topics, and partners."""
    topics: dict[tuple[str, str], list[str]] = {}
    for note in overview["health"]["notes"]:
        if found := _PAUSED.fullmatch(note):
            topics.setdefault((found["topic"], found["why"]), []).append(found["partition"])
    return [_of_topic(topic, why, partitions) for (topic, why), partitions in topics.items()] + [
        Trouble(
            "paused",
            marked("{source} is held back, {kept} records are kept"),
            f"{each['who']}: {each['why']}",
            marked("Resume the partner once its records can be relied on: the kept ones go first."),
            {"source": each["source"], "kept": each["kept"]},
            f"/ops/partners/{spelling(each['source'])}",
        )
        for each in overview["paused"]
    ]


def _of_topic(topic: str, why: str, partitions: Sequence[str]) -> Trouble:
    do = marked("Resume it once the cause is gone; its records wait in Kafka.")
    filled = {"topic": topic, "partitions": ", ".join(partitions)}
    many = marked("{topic} is read no further: partitions {partitions}")
    title = many if len(partitions) > 1 else marked("{topic}/{partitions} is read no further")
    return Trouble("paused", title, why, do, filled, f"/ops/topics/{topic}")


def _reading(overview: Mapping[str, Any], now: datetime) -> list[Trouble]:
    """Return what makes figures and lists less than true."""
    found, listing, sample = [], overview["listing"], overview["sample"]
    if listing is not None and listing["state"] == "behind":
        title = marked("Lists and search are {seconds} s behind")
        found.append(
            Trouble(
                "held_up", title, "", marked("They catch up by themselves."), {"seconds": listing["behind_seconds"]}
            )
        )
    if listing is not None and listing["state"] == "building":
        title = marked("Lists and search are being built: {percent} %")
        found.append(
            Trouble(
                "held_up", title, "", marked("They are whole when it is done."), {"percent": listing["percent"] or 0}
            )
        )
    if sample is not None and (now - datetime.fromisoformat(sample["at"])).total_seconds() > OLD_SECONDS:
        found.append(
            Trouble(
                "held_up",
                marked("The figures are old"),
                "",
                marked("They are taken while an API runs that reaches PostgreSQL."),
            )
        )
    if sample is not None and sample["figures"].get("lag") is None:
        found.append(
            Trouble(
                "held_up", marked("Nobody knows the lag"), "", marked("Kafka did not say in time where its topics end.")
            )
        )
    return found
