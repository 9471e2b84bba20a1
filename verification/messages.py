"""A message that the hub writes: its name, its fingerprint, and its place among all messages of a shard."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Final

from contracts.partitioning import murmur2
from contracts.signing import unsigned
from contracts.topics import BY_NAME, INBOUND, Direction
from contracts.wire import HEADER_HOME, HEADER_REPEAT, Outgoing, RawHeaders, Record, unpack
from verification.snapshot import Row

# Number every message of a shard: a batch has under 100,000 rows, a row under 10,000 messages.
BATCH_STEP: Final = 1_000_000_000
ROW_STEP: Final = 10_000

_DEAD: Final = {topic.dead_letters for topic in INBOUND}
_PLACE: Final = "kafka_dlt-original-"


def written_by_the_hub(topic: str, headers: RawHeaders) -> bool:
    """Tell whether the hub wrote a record: all but what partners send to inbound topics."""
    known = BY_NAME.get(topic)
    return known is None or known.direction is not Direction.INBOUND or any(name == HEADER_HOME for name, _ in headers)


def identity(topic: str, headers: RawHeaders) -> str:
    """Return the name of a message within its topic: the place it comes from, or else its event id."""
    last = dict(headers)  # a record that travelled twice is named by its last journey
    if topic in _DEAD:
        partition = int.from_bytes(last.get(f"{_PLACE}partition") or b"", "big")
        return f"dead letter of {partition}/{int.from_bytes(last.get(f'{_PLACE}offset') or b'', 'big')}"
    home = last.get(HEADER_HOME)
    if home is not None and topic in BY_NAME and BY_NAME[topic].direction is not Direction.OUTBOUND:
        return f"sent home from {home.decode(errors='replace')}"
    return (last.get("ce_id") or b"without an id").decode(errors="replace")


def is_repeat(headers: RawHeaders) -> bool:
    """Tell whether this is a stored answer given once more. It may come as often as it was asked for."""
    return any(name == HEADER_REPEAT for name, _ in headers)


def fingerprint(message: Outgoing | Record) -> bytes:
    """Return 16 bytes over key, headers without signature, and value: older versions stored messages unsigned."""
    # The literal of nested tuples of bytes is unambiguous, and written in one go.
    parts = (message.key, tuple(map(tuple, unsigned(message.headers))), message.value)
    return blake2b(repr(parts).encode(), digest_size=16).digest()


def expected(row: Row, shard: int, counts: Mapping[str, int], *, pending: bool) -> Iterator[tuple[object, ...]]:
    """Yield the messages of a row that a shard wrote, as rows of the ledger's table `expected`.

    `counts` are the partitions of each topic. `pending` messages may not be published yet.
    """
    aside = "kind" in row
    origin = f"set_aside row {row['id']}" if aside else f"order {row['order_id']} journal row {row['seq']}"
    recorded = int(row["recorded_at"].timestamp() * 1000)
    place = row["batch"] * BATCH_STEP + row["n"] * ROW_STEP
    for number, message in enumerate(unpack(row["messages"])):
        yield (
            message.topic,
            identity(message.topic, message.headers),
            _partition(message, counts),
            shard,
            place + number,
            is_repeat(message.headers),
            pending,
            fingerprint(message),
            origin,
            recorded,
        )


def _partition(message: Outgoing, counts: Mapping[str, int]) -> int:
    """Return where a message belongs: the partition it names, or that of its key."""
    if message.partition is not None:
        return message.partition
    return (murmur2(message.key or b"") & 0x7FFFFFFF) % counts.get(message.topic, 1)
