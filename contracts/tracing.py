"""Traces: W3C trace context, by which all that one record led to is found again (https://www.w3.org/TR/trace-context/)."""

import re
from hashlib import blake2b
from typing import Final

HEADER: Final = "traceparent"
"""The header of a record, and of an HTTP request, that names its trace."""
_FORM: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?")


def trace_id(traceparent: str) -> str | None:
    """Return the trace that a header names, None where it is none by the standard."""
    found = _FORM.fullmatch(traceparent)
    return None if found is None else found[1]


def continued(traceparent: bytes | None, message_id: bytes) -> bytes | None:
    """Return the header of a message that follows from a record with this one; None where that names no trace.

    The span is derived from the message's id: a message that is made once more is the same, byte for byte.
    """
    found = None if traceparent is None else _FORM.fullmatch(traceparent.decode("latin-1"))
    if found is None:
        return None
    span = blake2b(message_id, digest_size=8).hexdigest()
    return f"00-{found[1]}-{span}-{found[2]}".encode()
