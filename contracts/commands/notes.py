"""Notes, links to other orders, e-mails sent again, and item corrections."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.commands.command import Command
from contracts.message import Code, Comment, Id


class CommentOrder(Command):
    """Add a note to the order's history (EP-22)."""

    name: ClassVar[str] = "order.comment"

    text: Comment


class LinkOrder(Command):
    """Say that another order belongs to this one (PEL-25)."""

    name: ClassVar[str] = "order.link"

    other_id: Id
    link: Code = "related"


class ResendEmail(Command):
    """Send an e-mail of the order again (OMC-35)."""

    name: ClassVar[str] = "email.resend"

    template: Annotated[str, Field(pattern="^(recorded|validated|shipped|cancellation|refund|rma)$")] = "recorded"


class CorrectItem(Command):
    """Have the warehouse correct an item's weight or size (OSM-55)."""

    name: ClassVar[str] = "item.correct"

    model: Id
