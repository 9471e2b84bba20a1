"""What stands still besides orders, and waits for a person: why, and the command that gets it going."""

from dataclasses import dataclass
from shlex import quote

from adapters.postgres import attention_reads, failed_causes, gateway_reads, pauses, reads
from adapters.postgres.failed_reads import Selection
from adapters.postgres.gateway_calls import State
from adapters.postgres.gateway_reads import OpenCall
from adapters.postgres.reads import PausedPartition
from adapters.rows.set_aside import AsideKind
from hub.desk import health
from hub.desk.resources import Desk


@dataclass(frozen=True, slots=True)
class Standstill:
    """Something that goes no further by itself: what, why, and what gets it going."""

    what: str
    because: str
    do: str


def release(subject: str) -> str:
    """Return what lets the records of an aggregate in quarantine go on."""
    return f"once it is mended: hub failed retry --order {quote(subject)} --why …"


def paused(row: PausedPartition) -> Standstill:
    """Return a partition that is read no further: why, and what gets it going."""
    do = f"hub topics resume {row.topic} --partition {row.partition} --why …"
    return Standstill(f"{row.topic}/{row.partition}", row.paused, do)


async def partitions(desk: Desk) -> list[Standstill]:
    """Return the partitions that are read no further."""
    return [paused(row) for row in await reads.paused_partitions(desk.engine)]


async def shards(desk: Desk) -> list[Standstill]:
    """Return the shards that have stopped until a person has looked."""
    rows = [row for row in await reads.shards(desk.engine) if row.stopped]
    return [
        Standstill(f"shard {row.number}", row.stopped or "", f"hub shard resume {row.number} --why …") for row in rows
    ]


async def unattended(desk: Desk) -> list[Standstill]:
    """Return the shards that nobody works on although nobody stopped them, or whose process can't."""
    view = await health.read(desk)
    found = [row for row in view.shards if row.reason and not row.reason.startswith("stopped")]
    return [
        Standstill(f"shard {row.shard}", row.reason, "hub check says what is missing" if row.owner else "hub run")
        for row in found
    ]


async def partners(desk: Desk) -> list[Standstill]:
    """Return the partners whose records are kept back."""
    return [
        Standstill(
            row.source,
            f"paused by {row.who}: {row.why}; {row.kept} records kept",
            f"hub partner resume {quote(row.source)} --why …",
        )
        for row in await pauses.paused_partners(desk.engine)
    ]


async def references(desk: Desk, limit: int) -> list[Standstill]:
    """Return the numbers that records wait for, as no order has them."""
    return [
        Standstill(
            f"{row.kind} {row.value}",
            f"no order has it, and {row.count} records wait for it until {row.until:%m-%d %H:%M} UTC",
            f"hub failed show {row.first}; tell whoever should have named it",
        )
        for row in await attention_reads.unexplained(desk.engine, limit)
    ]


async def calls(desk: Desk, limit: int) -> list[Standstill]:
    """Return the calls to the payment provider that are in doubt, given up, or were not followed."""
    found = await gateway_reads.open_calls(desk.engine, only_unknown=True, limit=limit)
    return [Standstill(f"{row.kind} of order {row.order_id}", _doubt(row), _call(row)) for row in found]


def _doubt(row: OpenCall) -> str:
    return f"{row.state}: {row.last_error or 'its outcome is unknown'}"


def _call(row: OpenCall) -> str:
    act = "dismiss" if row.state == State.UNREADABLE else "retry"
    return f"hub gateway {act} {quote(row.request_id)} --why …"


async def failed(desk: Desk) -> list[Standstill]:
    """Return the causes for which records are dead letters, until they are tried again or archived."""
    return [
        Standstill(
            f"{row.count} records of {row.topic}",
            f"{row.code}: {row.example}",
            f"hub failed list --each --cause {quote(row.code)}, then retry, edit or archive",
        )
        for row in await failed_causes.groups(desk.engine, Selection(kind=AsideKind.DEAD_LETTER.value))
    ]
