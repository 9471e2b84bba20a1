"""Limits: how much may go wrong before a shard stops or a partition is paused, rather than hide a disaster."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What operators can set (`HUB_LIMITS__…`); each protects from one kind of disaster.

    Broken partners: `unreadable_in_a_row` records, or `unreadable_share` of the last `unreadable_window`, pause their
    partition. Broken deploys: `paused_topics` topics paused at once, `failed_in_a_row` records of different orders,
    `quarantined` orders, `queue` records behind one order, or `bugs` batches in a row that the pipeline itself failed
    on, stop the shard. An order that keeps `parked` early facts takes no more of them: they are set aside.
    """

    unreadable_in_a_row: int = 200
    unreadable_share: float = 0.5
    unreadable_window: int = 1_000
    paused_topics: int = 3
    failed_in_a_row: int = 50
    quarantined: int = 200
    queue: int = 10_000
    bugs: int = 5
    parked: int = 200
