"""Errors in our own words: what failed and where in the code, never what the error itself says of a value.

The text of an error may quote whatever was in hand: a name, an address, anything that a partner wrote.
"""

from types import TracebackType
from typing import Final

from adapters.errors import Sentence

ROOMS: Final = frozenset({"adapters", "consumers", "contracts", "domain", "producers", "verification", "hub"})
LONGEST: Final = 500


def own_words(error: BaseException) -> str:
    """Return the kind of an error and where in our code it was raised; of an error of our own, its sentence."""
    name = type(error).__name__
    if isinstance(error, Sentence):
        return f"{name}: {error}"[:LONGEST]
    where = _innermost(error.__traceback__)
    return name if where is None else f"{name} in {where}"[:LONGEST]


def _innermost(trace: TracebackType | None) -> str | None:
    """Return the innermost place of ours that an error went through."""
    found = None
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] in ROOMS:
            found = f"{module}, line {trace.tb_lineno} ({trace.tb_frame.f_code.co_name})"
        trace = trace.tb_next
    return found
