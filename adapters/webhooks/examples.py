"""Examples: events as the contracts make them up, so that a receiver can be tried before anything has happened."""

from datetime import datetime
from typing import Final

from adapters.webhooks.payloads import EVENTS, Event
from contracts import samples
from contracts.envelope import rfc3339
from contracts.sample_values import ORDER_ID
from contracts.topics import BY_NAME
from contracts.wire import json_bytes

ORDER: Final = ORDER_ID
"""The order that examples are about."""


def example(type_: str, event_id: str, at: datetime) -> Event:
    """Return an example of a type of events."""
    return Event(event_id, type_, ORDER, rfc3339(at), json_bytes(samples.valid(BY_NAME[EVENTS], type_)))
