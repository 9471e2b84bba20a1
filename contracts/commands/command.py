"""The base of every command."""

from typing import Annotated

from pydantic import Field

from contracts.message import Code, Fact


class Command(Fact, kw_only=True):
    """What every command carries: `expected_version` is the version its author saw (K-06)."""

    expected_version: Annotated[int, Field(ge=0, le=2**62)] | None = None
    reason: Code | None = None
