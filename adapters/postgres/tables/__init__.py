"""The tables, by noun; whoever imports one of them has them all in their metadata."""

from adapters.postgres.tables import (
    api,
    attention,
    console,
    documents,
    gateway_calls,
    journal,
    listing,
    operations,
    positions,
    quarantine,
    references,
    set_aside,
    shards,
    timers,
    webhooks,
)

__all__ = [
    "api",
    "attention",
    "console",
    "documents",
    "gateway_calls",
    "journal",
    "listing",
    "operations",
    "positions",
    "quarantine",
    "references",
    "set_aside",
    "shards",
    "timers",
    "webhooks",
]
