"""Limits: how much may go wrong before a shard stops or a partner is paused, rather than hide a disaster."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What operators can set (`HUB_LIMITS__…`); each protects from one kind of disaster.

    Broken partners: `unreadable_in_a_row` records of a source, or `unreadable_share` of its last `unreadable_window`,
    pause the source; where they name none, a person is told. `failed_in_a_row` records of a source on which rules fail,
    or more than `quarantined` orders by one, pause it, too. Broken deploys: topics of `paused_topics` parties that
    break at once, `paused_sources` sources on which rules fail at once, the same number of failures on what the hub
    tells itself, or `bugs` batches in a row that the pipeline itself failed on, stop the shard. An order that keeps
    `parked` early facts, or has `queue` records behind it in quarantine, takes no more of them: they are set aside.
    """

    unreadable_in_a_row: int = 200
    unreadable_share: float = 0.5
    unreadable_window: int = 1_000
    paused_topics: int = 3
    paused_sources: int = 3
    failed_in_a_row: int = 50
    quarantined: int = 200
    queue: int = 10_000
    bugs: int = 5
    parked: int = 200
