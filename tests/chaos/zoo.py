"""The zoo: strange records as careless or broken partners write them, each with the end that it must have."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.partitioning import home
from tests.stage import Stage

TOPIC: Final = "fraud.events"
CLEAN: Final = b'{"verdict":"clear"}'
Header = tuple[str, bytes | None]
LARGE: Final = 990_000
"""Bytes of a value just below the topic's limit: its dead letter is larger still."""
DECIDED: Final = "decided"
"""The end of a record that has a row in the journal; the other ends are codes and kinds of set_aside."""


@dataclass(frozen=True)
class Animal:
    """A strange record where it lies, and how it must end."""

    species: str
    partition: int
    offset: int
    end: str


@dataclass(frozen=True)
class Species:
    """A kind of strange record: what is changed in a good one, and how it must end."""

    end: str
    value: bytes | None = CLEAN
    changes: Mapping[str, bytes | None] | None = None
    without: Sequence[str] = ()
    has_key: bool = True
    astray: bool = False


SPECIES: Final[Mapping[str, Species]] = {
    "not JSON": Species("data_invalid", b"\xff{not json"),
    "wrong schema": Species("data_invalid", b'{"verdict":7}'),
    "null value": Species("data_missing", None),
    "no key": Species(DECIDED, has_key=False),
    "no key and no subject": Species("order_missing", has_key=False, without=("ce_subject",)),
    "header not UTF-8": Species("header_not_utf8", changes={"ce_id": b"\xff\xfe"}),
    "header null": Species("header_null", changes={"ce_subject": None}),
    "large and broken": Species("data_invalid", b"[" + b"7," * (LARGE // 2)),
    "unknown type": Species("type_unknown", changes={"ce_type": b"fraud.sung.v1"}),
    "unknown word": Species(DECIDED, b'{"verdict":"perhaps"}'),
    "wrong partition": Species("forwarded", astray=True),
}


def _headers(event_id: str, order: str, species: Species) -> list[Header]:
    named: dict[str, bytes | None] = {
        "ce_specversion": b"1.0",
        "ce_id": event_id.encode(),
        "ce_source": b"/partners/zoo",
        "ce_type": b"fraud.scored.v1",
        "ce_subject": order.encode(),
        "content-type": b"application/json",
    }
    named |= species.changes or {}
    return [(name, content) for name, content in named.items() if name not in species.without]


async def let_loose(stage: Stage, visit: int, keep: Callable[[Animal], Any]) -> None:
    """Write one of each species, and an id used twice for two contents; `keep` hears of each that was written."""
    for number, (name, species) in enumerate(SPECIES.items()):
        order = f"zoo-{visit}-{number}"
        at_home = home(order, stage.settings.shards)
        partition = (at_home + 1) % stage.settings.shards if species.astray else at_home
        written = await stage.write(
            TOPIC,
            key=order.encode() if species.has_key else None,
            value=species.value,
            headers=_headers(f"zoo-{visit}-{number}", order, species),
            partition=partition,
        )
        keep(Animal(name, *written, species.end))
    await _use_an_id_twice(stage, visit, keep)


async def _use_an_id_twice(stage: Stage, visit: int, keep: Callable[[Animal], Any]) -> None:
    order = f"zoo-{visit}-twice"
    headers = _headers(order, order, Species(DECIDED))
    partition = home(order, stage.settings.shards)
    for value, end in ((CLEAN, DECIDED), (b'{"verdict":"review"}', "id_reused")):
        written = await stage.write(TOPIC, key=order.encode(), value=value, headers=headers, partition=partition)
        keep(Animal("id used twice", *written, end))


async def misplaced(stage: Stage, animals: Sequence[Animal]) -> list[str]:
    """Return what ended otherwise than it must."""
    decided = await stage.rows('SELECT partition, "offset" FROM journal WHERE topic = :t', t=TOPIC)
    aside = await stage.rows('SELECT partition, "offset", kind, code FROM set_aside WHERE topic = :t', t=TOPIC)
    ends: dict[tuple[int, int], set[str]] = {}
    for row in decided:
        ends.setdefault((row["partition"], row["offset"]), set()).add(DECIDED)
    for row in aside:
        ends.setdefault((row["partition"], row["offset"]), set()).update({row["kind"], row["code"] or ""})
    return [
        f"{each.species} at {TOPIC}/{each.partition}/{each.offset} must end as {each.end}, ended as "
        f"{sorted(ends.get((each.partition, each.offset), ()))}"
        for each in animals
        if each.end not in ends.get((each.partition, each.offset), ())
    ]
