"""Where an aggregate lives: the hash that every Kafka client uses for keys, so that partners and the hub agree."""

from functools import lru_cache
from typing import Final

from contracts.subjects import id_of

SEED: Final = 0x9747B28C
MIX: Final = 0x5BD1E995
MASK: Final = 0xFFFFFFFF
REMEMBERED: Final = 16_384
"""Subjects whose hash needn't be worked out again."""


@lru_cache(maxsize=REMEMBERED)
def home(subject: str, partitions: int) -> int:
    """Return the partition of an aggregate: murmur2 of its bare id, as Java's default partitioner computes it."""
    return home_of_key(id_of(subject).encode(), partitions)


def partition_of(subject: str, partitions: int, shards: int) -> int:
    """Return the partition of an aggregate's records in a topic with so many partitions.

    Where these are a multiple of the shards it is the one in which every client puts the key, the bare id, and it stays
    the same when there are more shards one day. Else it is one that the aggregate's shard reads for certain.
    """
    return home(subject, partitions if partitions % shards == 0 else shards)


@lru_cache(maxsize=REMEMBERED)  # what an aggregate tells has its key
def home_of_key(key: bytes, partitions: int) -> int:
    """Return the partition of a record's key."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """Return the 32-bit murmur2 hash of `data`, unsigned."""
    length = len(data)
    result = SEED ^ length
    whole = length & ~3
    for start in range(0, whole, 4):
        word = (int.from_bytes(data[start : start + 4], "little") * MIX) & MASK
        word = ((word ^ (word >> 24)) * MIX) & MASK
        result = ((result * MIX) & MASK) ^ word
    if whole < length:
        result ^= int.from_bytes(data[whole:], "little")
        result = (result * MIX) & MASK
    result ^= result >> 13
    result = (result * MIX) & MASK
    return result ^ (result >> 15)
