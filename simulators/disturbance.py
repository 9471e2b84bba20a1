"""How mischief changes what a partner meant to say; pure, by the generator it is given."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import Any, Final

from aiokafka.partitioner import murmur2

from contracts.availability import AvailabilityReported
from contracts.carriers import CarrierCollected, CarrierDelivered, CarrierInTransit
from contracts.commands import Command
from contracts.fraud import FraudScored
from contracts.message import Message
from contracts.payments import PaymentCaptured, RefundExecuted
from contracts.shop import CancellationRequested, OrderPlaced, ReturnRequested
from contracts.values import changed
from contracts.warehouse import ParcelPacked, ReturnReceived
from simulators.mischief import Mischief
from simulators.planned import Planned, Poison, Trick

COPY_WITHIN: Final = 2.0  # seconds after the original that a copy comes at most
LATE_WITHIN: Final = (1.0, 4.0)  # seconds that a late record is behind its time
POISONS: Final = tuple(Poison)

NEVER_REPEATED: Final[tuple[type[Message], ...]] = (ReturnRequested, CancellationRequested, ReturnReceived, Command)
"""Messages that name no matter of their own: told under another id they are another wish, not the same one again."""

OTHER_CONTENT: Final = MappingProxyType[type[Message], Mapping[str, Any]](
    {
        OrderPlaced: {"channel": "kiosk"},
        FraudScored: {"reasons": ("rewritten",)},
        AvailabilityReported: {"warehouse": "elsewhere"},
        ParcelPacked: {"parcel_id": "rewritten"},
        CarrierCollected: {"location": "elsewhere"},
        CarrierInTransit: {"location": "elsewhere"},
        CarrierDelivered: {"location": "elsewhere"},
        PaymentCaptured: {"payment_id": "rewritten"},
        RefundExecuted: {"provider_reference": "rewritten"},
    }
)
"""What is changed where an id is used again."""


def disturbed(
    planned: Sequence[Planned],
    rng: Random,
    mischief: Mischief,
    partitions: int,
    new_id: Callable[[str, str], str],
) -> list[Planned]:
    """Return what is really sent; `new_id(event id, why)` derives the ids of records that are made up here."""
    told = _batched(planned, rng, mischief) or _swapped(list(planned), rng, mischief)
    return [record for original in told for record in _with_company(original, rng, mischief, partitions, new_id)]


def wrong_partition(key: str, partitions: int, rng: Random) -> int | None:
    """Return a partition that isn't the key's own one; None where there is only one."""
    if partitions < 2:
        return None
    return (home_partition(key, partitions) + rng.randrange(1, partitions)) % partitions


def home_partition(key: str, partitions: int) -> int:
    """Return the partition that is a key's own one."""
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions


def _batched(planned: Sequence[Planned], rng: Random, mischief: Mischief) -> list[Planned]:
    """Return the records as one batch, written when the last of them is due; nothing where they are sent one by one."""
    if len(planned) < 2 or rng.random() >= mischief.batched:
        return []
    at = max(each.delay for each in planned)
    return [replace(each, delay=at, tricks=each.tricks | {Trick.BATCHED}) for each in planned]


def _swapped(planned: list[Planned], rng: Random, mischief: Mischief) -> list[Planned]:
    if len(planned) < 2 or rng.random() >= mischief.swapped:
        return planned
    at = rng.randrange(len(planned) - 1)
    first, second = planned[at], planned[at + 1]
    planned[at] = replace(first, delay=second.delay, tricks=first.tricks | {Trick.SWAPPED})
    planned[at + 1] = replace(second, delay=first.delay, tricks=second.tricks | {Trick.SWAPPED})
    return planned


def _with_company(
    original: Planned, rng: Random, mischief: Mischief, partitions: int, new_id: Callable[[str, str], str]
) -> Iterator[Planned]:
    main = _late(original, rng, mischief)
    if Trick.BATCHED not in main.tricks and rng.random() < mischief.wrong_partitions:
        main = _misplaced(main, rng, partitions)
    yield main
    if rng.random() < mischief.duplicates:
        copy = _after(main, rng, Trick.DUPLICATE)
        yield _misplaced(copy, rng, partitions) if rng.random() < mischief.wrong_partitions else copy
    if rng.random() < mischief.repeats and not isinstance(main.message, NEVER_REPEATED):
        yield replace(_after(main, rng, Trick.REPEAT), id=new_id(main.id, "repeat"))
    if rng.random() < mischief.poison:
        spoilt = replace(_after(main, rng, Trick.POISON), poison=rng.choice(POISONS), structured=False)
        yield replace(spoilt, id=new_id(main.id, "poison"))
    # The other content must not come before the first one, so nothing that may be sent home first is chosen.
    if rng.random() < mischief.ids_reused and main.partition is None and type(main.message) in OTHER_CONTENT:
        other = changed(main.message, **dict(OTHER_CONTENT[type(main.message)]))
        yield replace(_after(main, rng, Trick.ID_REUSED), message=other)


def _late(planned: Planned, rng: Random, mischief: Mischief) -> Planned:
    if Trick.BATCHED in planned.tricks or rng.random() >= mischief.late:
        return planned
    return replace(planned, delay=planned.delay + rng.uniform(*LATE_WITHIN), tricks=planned.tricks | {Trick.LATE})


def _misplaced(planned: Planned, rng: Random, partitions: int) -> Planned:
    partition = wrong_partition(planned.subject, partitions, rng)
    if partition is None:
        return planned
    return replace(planned, partition=partition, tricks=planned.tricks | {Trick.WRONG_PARTITION})


def _after(planned: Planned, rng: Random, trick: Trick) -> Planned:
    """Return a companion of a record, some time after it and on the key's own partition."""
    delay = planned.delay + rng.uniform(0.05, COPY_WITHIN)
    return replace(planned, delay=delay, partition=None, tricks=frozenset({trick}))
