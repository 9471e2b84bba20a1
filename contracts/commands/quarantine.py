"""Quarantine: try the waiting records again, or give one up."""

from typing import ClassVar

from contracts.commands.command import Command
from contracts.message import OfKind
from contracts.subjects import ORDER


class _QuarantineCommand(Command, kw_only=True):
    of: OfKind | None = None

    @property
    def about(self) -> str:
        """Return the kind of what is in quarantine."""
        return self.of or ORDER


class ReleaseQuarantine(_QuarantineCommand):
    """Try the waiting records of what is in quarantine again, in their order; passes the queue itself.

    `of` is its kind, an order where it isn't said.
    """

    name: ClassVar[str] = "quarantine.release"


class DiscardQuarantined(_QuarantineCommand):
    """Give up the record that put something into quarantine, with a reason, and go on with the next.

    `of` is its kind, an order where it isn't said.
    """

    name: ClassVar[str] = "quarantine.discard"
