"""Traces: W3C trace context, by which all that one record led to is found again (https://www.w3.org/TR/trace-context/)."""

import re
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final

HEADER: Final = "traceparent"
"""The header of a record, and of an HTTP request, that names its trace."""
_FORM: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
SAMPLED: Final = "01"
_SAMPLED_BIT: Final = 1


@dataclass(frozen=True, slots=True)
class TraceContext:
    """What a header names: its trace, the span in which it was sent, and flags: whether the trace is kept."""

    trace_id: str
    span_id: str
    flags: str = SAMPLED

    @property
    def sampled(self) -> bool:
        """Tell whether whoever began the trace keeps it."""
        return bool(int(self.flags, 16) & _SAMPLED_BIT)

    @property
    def header(self) -> str:
        """Return the header that hands the trace on from this span."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


def read(traceparent: bytes | None) -> TraceContext | None:
    """Return what a header names, None where it names nothing by the standard."""
    found = None if traceparent is None else _FORM.fullmatch(traceparent.decode("latin-1"))
    return None if found is None else TraceContext(found[1], found[2], found[3])


def continued(traceparent: bytes | None, message_id: bytes) -> bytes | None:
    """Return the header of a message that follows from a record with this one; None where that names no trace.

    The span is derived from the message's id: a message that is made once more is the same, byte for byte.
    """
    found = read(traceparent)
    return None if found is None else replace(found, span_id=span_of(message_id)).header.encode()


def span_of(name: bytes) -> str:
    """Return the span's id of a thing with this name, always the same: 16 hexadecimal digits."""
    return blake2b(name, digest_size=8).hexdigest()
