"""The knobs of mischief: how often partners misbehave, each as a probability."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Mischief:
    """Probabilities between 0 and 1; what each is drawn for stands beside it."""

    duplicates: float = 0.0
    """A record is sent again later under the same id (per record)."""
    repeats: float = 0.0
    """A fact is told again under another id (per record that may be repeated)."""
    late: float = 0.0
    """A record comes much later than it happened (per record)."""
    early: float = 0.0
    """A carrier's scans start at the release, a verdict comes before the order (per order)."""
    swapped: float = 0.0
    """The answers to one request come in another order (per request)."""
    wrong_partitions: float = 0.0
    """A record is written to a partition that is not its key's (per record)."""
    poison: float = 0.0
    """A record that can't be read is written beside a good one (per record)."""
    ids_reused: float = 0.0
    """The id of a record is used again for another content (per record that allows it)."""
    batched: float = 0.0
    """What a partner says of one matter comes in one produce batch, without a time of its own (per answer)."""
    silence: float = 0.0
    """A partner never answers (per order and kind of request)."""
    shortages: float = 0.0
    """A warehouse misses a line that its shelves show (per order)."""
    empty_shelves: float = 0.0
    """A warehouse misses a line for good (per order)."""
    flash_refusals: float = 0.0
    """The reorder desk finds nothing (per flash reorder)."""
    fraud_reviews: float = 0.0
    """The fraud service doubts an order (per order)."""
    fraud_proven: float = 0.0
    """A doubted order is fraud indeed (per doubted order)."""
    payment_refusals: float = 0.0
    """The first attempt to pay is refused, a later one succeeds (per order)."""
    payment_final_refusals: float = 0.0
    """Every attempt to pay is refused (per order)."""
    webhooks_swapped: float = 0.0
    """The first attempt's refusal by a time-out is told beside its authorisation, before or after it (per order)."""
    reservations_lost: float = 0.0
    """The bank lets the first reservation go of its own accord, soon after it was made (per order)."""
    reservations_lapsing: float = 0.0
    """The first reservation ends at its `expires_at`, seconds after it was made, and nobody says so (per order)."""
    voids_crossed: float = 0.0
    """Somebody takes the money in the provider's console while the hub asks to set it free (per order)."""
    refund_failures: float = 0.0
    """The first attempt to refund fails, the next one succeeds (per refund)."""
    refund_refusals: float = 0.0
    """Every attempt to refund fails (per refund)."""
    partial_receipts: float = 0.0
    """A return arrives in two parcels (per return that can be divided)."""
    numbers_reused: float = 0.0
    """A label bears a tracking number that other parcels of its carrier have, too (per parcel)."""
    carrier_exceptions: float = 0.0
    """The carrier reports trouble before it delivers (per parcel)."""
    commands: float = 0.0
    """A stale, an unauthorised or a misdirected command is sent (per order)."""
    desk: float = 0.0
    """An agent edits, holds, recalls, splits or copies an order, or it is paid by cheque (per order and kind)."""


NONE: Final = Mischief()
LOW: Final = Mischief(
    duplicates=0.02,
    repeats=0.01,
    late=0.02,
    early=0.02,
    swapped=0.02,
    wrong_partitions=0.01,
    poison=0.002,
    ids_reused=0.002,
    batched=0.02,
    shortages=0.05,
    flash_refusals=0.1,
    fraud_reviews=0.05,
    payment_refusals=0.02,
    refund_failures=0.05,
    partial_receipts=0.2,
    carrier_exceptions=0.01,
    commands=0.03,
    desk=0.03,
)
HIGH: Final = Mischief(
    duplicates=0.1,
    repeats=0.05,
    late=0.05,
    early=0.1,
    swapped=0.1,
    wrong_partitions=0.05,
    poison=0.005,
    ids_reused=0.01,
    batched=0.1,
    silence=0.001,
    shortages=0.15,
    empty_shelves=0.01,
    flash_refusals=0.2,
    fraud_reviews=0.1,
    fraud_proven=0.2,
    payment_refusals=0.05,
    payment_final_refusals=0.01,
    webhooks_swapped=0.05,
    reservations_lost=0.05,
    reservations_lapsing=0.05,
    voids_crossed=0.3,
    refund_failures=0.2,
    refund_refusals=0.02,
    partial_receipts=0.4,
    numbers_reused=0.03,
    carrier_exceptions=0.03,
    commands=0.1,
    desk=0.06,
)
PRESETS: Final = MappingProxyType({"none": NONE, "low": LOW, "high": HIGH})
"""The presets by the name that a command line knows them by."""
