"""Locks: the exclusive right of one agent to edit an order."""

from typing import ClassVar

from contracts.commands.command import Command


class LockOrder(Command):
    """Begin to edit: nobody else may, until it is unlocked (K-01)."""

    name: ClassVar[str] = "order.lock"


class UnlockOrder(Command):
    """End to edit, or end another agent's lock by force (K-04, K-05)."""

    name: ClassVar[str] = "order.unlock"

    force: bool = False
