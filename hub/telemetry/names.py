"""The one table of metrics: their names, kinds, labels and what they say; nothing is named anywhere else.

Names end in their unit, counters in `_total`, as Prometheus has it. Labels are words of the hub's own and numbers of
its shards and partitions: nothing that a partner or a customer wrote becomes one.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a metric is to Prometheus."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Told(StrEnum):
    """Who tells a metric."""

    PIPELINE = "each process of `hub run`"
    API = "each process of `hub api`"
    HUB = "each process of `hub api`, of the hub as a whole: take the largest, not the sum"
    PROCESS = "every process"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric; the name of a counter stands without its `_total`, as the library adds it."""

    name: str
    kind: Kind
    told: Told
    says: str
    labels: tuple[str, ...] = ()

    @property
    def exposed(self) -> tuple[str, ...]:
        """Return the names under which it is found in what Prometheus reads."""
        if self.kind is Kind.COUNTER:
            return (f"{self.name}_total",)
        if self.kind is Kind.HISTOGRAM:
            return (f"{self.name}_bucket", f"{self.name}_sum", f"{self.name}_count")
        return (self.name,)


_COUNTER, _GAUGE, _HISTOGRAM = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM
_PIPELINE, _API, _HUB, _PROCESS = Told.PIPELINE, Told.API, Told.HUB, Told.PROCESS

RECORD_SECONDS: Final = Metric(
    "hub_record_seconds",
    _HISTOGRAM,
    _PIPELINE,
    "Seconds from the log's append time to the effect, stored and published; its count is that of records handled.",
    ("topic",),
)
BATCH_RECORDS: Final = Metric("hub_batch_records", _HISTOGRAM, _PIPELINE, "Records in a batch.")
STAGE_SECONDS: Final = Metric(
    "hub_stage_seconds",
    _HISTOGRAM,
    _PIPELINE,
    "Seconds that a batch spent in a stage: read, load, decide, finish, store, publish.",
    ("stage",),
)
OUTCOMES: Final = Metric(
    "hub_outcomes",
    _COUNTER,
    _PIPELINE,
    "What became of records and of what followed from them, by the hub's word for it: applied, late, duplicates, "
    "parked, refused, dead_letter, waiting, quarantined, timers and so on.",
    ("outcome",),
)
BATCHES: Final = Metric("hub_batches", _COUNTER, _PIPELINE, "Batches stored and published.")
MESSAGES: Final = Metric("hub_messages", _COUNTER, _PIPELINE, "Messages published.")
TAKE_OVERS: Final = Metric("hub_take_overs", _COUNTER, _PIPELINE, "Shards taken over, after failures as well.")
PUBLISHED_AGAIN: Final = Metric(
    "hub_published_again",
    _COUNTER,
    _PIPELINE,
    "Messages that a take-over published, as the batch was stored and Kafka's transaction had not ended.",
)
BATCH_FAILURES: Final = Metric(
    "hub_batch_failures",
    _COUNTER,
    _PIPELINE,
    "Batches that failed, by what was done about it: take over, bug, stop, leave, halve.",
    ("treatment",),
)
PARTITION_LAG: Final = Metric(
    "hub_partition_lag",
    _GAUGE,
    _PIPELINE,
    "Records of a partition that lie ahead of the shard's position, as far as its consumer has heard.",
    ("topic", "partition"),
)
SHARD_RUNNING: Final = Metric(
    "hub_shard_running", _GAUGE, _PIPELINE, "1 where the process works on the shard, 0 where it can't.", ("shard",)
)
SHARD_IDLE: Final = Metric(
    "hub_shard_idle_seconds",
    _GAUGE,
    _PIPELINE,
    "Seconds since the shard last got something done or found nothing to do.",
    ("shard",),
)
LEASE_AGE: Final = Metric(
    "hub_lease_age_seconds", _GAUGE, _PIPELINE, "Seconds since the process last renewed its leases."
)
REQUESTS: Final = Metric("hub_api_requests", _COUNTER, _API, "Requests answered.", ("method", "route", "status"))
REQUEST_SECONDS: Final = Metric(
    "hub_api_request_seconds", _HISTOGRAM, _API, "Seconds from a request to its answer.", ("method", "route")
)
REFUSED_CONNECTIONS: Final = Metric(
    "hub_api_refused_connections", _COUNTER, _API, "Connections refused before a request.", ("code",)
)
READY: Final = Metric("hub_ready", _GAUGE, _HUB, "1 where every shard is worked on, 0 where one is not.")
PROCESSES: Final = Metric("hub_processes", _GAUGE, _HUB, "Processes of `hub run` that gave a sign of life lately.")
SHARDS: Final = Metric("hub_shards", _GAUGE, _HUB, "Shards: worked on, or not.", ("state",))
LAG: Final = Metric("hub_lag", _GAUGE, _HUB, "Records in the inbound topics that no shard has stored yet.")
ORDERS: Final = Metric(
    "hub_open_orders",
    _GAUGE,
    _HUB,
    "Orders in states that are not the last, by state; each counted to 100,000.",
    ("state",),
)
OVERDUE: Final = Metric(
    "hub_overdue_answers",
    _GAUGE,
    _HUB,
    "Orders that wait for an answer beyond its deadline, by who owes it; counted to 10,000.",
    ("party",),
)
REFUNDS: Final = Metric("hub_waiting_refunds", _GAUGE, _HUB, "Refunds that wait for approval; counted to 10,000.", ())
REFUND_AGE: Final = Metric(
    "hub_oldest_refund_seconds",
    _GAUGE,
    _HUB,
    "Seconds since the oldest refund that waits was asked for; 0: none waits.",
)
FAILED: Final = Metric(
    "hub_failed_records",
    _GAUGE,
    _HUB,
    "Records that failed and wait for an operator, by the ten newest causes.",
    ("kind", "code", "topic"),
)
HELD_BACK: Final = Metric(
    "hub_held_back",
    _GAUGE,
    _HUB,
    "What waits for an operator: orders_in_quarantine, partitions_paused, partners_paused.",
    ("what",),
)
UNFIRED: Final = Metric(
    "hub_unfired_deadlines", _GAUGE, _HUB, "Deadlines that are past by more than a minute and have not gone off."
)
LISTING_BEHIND: Final = Metric(
    "hub_listing_behind_seconds", _GAUGE, _HUB, "Seconds that lists and search are behind what is stored."
)
CALLS: Final = Metric(
    "hub_gateway_calls", _GAUGE, _HUB, "Calls to the payment provider that are open, by state.", ("state",)
)
BOOKS_DIFFER: Final = Metric(
    "hub_gateway_differences", _GAUGE, _HUB, "Differences between both books that the last comparison found."
)
WEBHOOKS: Final = Metric(
    "hub_webhook_deliveries", _GAUGE, _HUB, "Deliveries that are due and not made; counted to 10,000."
)
WEBHOOK_AGE: Final = Metric(
    "hub_oldest_webhook_seconds", _GAUGE, _HUB, "Seconds since the oldest delivery that is due was due; 0: none is."
)
WEBHOOKS_DISABLED: Final = Metric("hub_disabled_webhooks", _GAUGE, _HUB, "Webhooks that are disabled.")
LOOKED_AT: Final = Metric(
    "hub_figures_age_seconds", _GAUGE, _HUB, "Seconds since the figures of the hub as a whole were read last."
)
LOOP_DELAY: Final = Metric(
    "hub_loop_delay_seconds",
    _GAUGE,
    _PROCESS,
    "The longest that the event loop kept a task waiting within the last 15 seconds.",
)
BUILD: Final = Metric(
    "hub_build_info",
    _GAUGE,
    _PROCESS,
    "1, with the version and what tells this code from any other.",
    ("version", "code"),
)

METRICS: Final[tuple[Metric, ...]] = tuple(each for each in list(globals().values()) if isinstance(each, Metric))
"""All of them, as they stand above."""
