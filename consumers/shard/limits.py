"""Limits: how much may go wrong before a person is told, a partner is paused or a shard stops."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What operators can set (`HUB_LIMITS__…`); each protects from one kind of disaster.

    Garbage: of `unreadable_in_a_row` records under one name, or `unreadable_share` of its last `unreadable_window`, a
    person is told; where this hub can't read its own examples either, the shard stops. Broken partners:
    `failed_in_a_row` records of a source on which rules fail, or more than `quarantined` orders by one, pause it.
    Broken deploys: `paused_sources` sources on which rules fail at once, `failed_in_a_row` records that the hub wrote
    itself, or `bugs` batches in a row that the pipeline itself failed on, stop the shard. An order that keeps
    `parked` early facts, or has `queue` records behind it in quarantine, takes no more of them: they are set aside.
    """

    unreadable_in_a_row: int = 200
    unreadable_share: float = 0.5
    unreadable_window: int = 1_000
    paused_sources: int = 3
    failed_in_a_row: int = 50
    quarantined: int = 200
    queue: int = 10_000
    bugs: int = 5
    parked: int = 200
