"""Orders in quarantine: try the waiting records again, or give one up."""

from typing import ClassVar

from contracts.commands.command import Command


class ReleaseQuarantine(Command):
    """Try a quarantined order's waiting records again, in their order; passes the queue itself."""

    name: ClassVar[str] = "quarantine.release"


class DiscardQuarantined(Command):
    """Give up the record that put the order into quarantine, with a reason, and go on with the next."""

    name: ClassVar[str] = "quarantine.discard"
