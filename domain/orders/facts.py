"""Facts: what partners, people and other orders tell an order; they are the messages themselves, as read."""

# What a contract declares is here of itself: a new message of a partner needs no line.
from contracts.availability import *  # noqa: F403
from contracts.carriers import *  # noqa: F403
from contracts.commands import *  # noqa: F403
from contracts.flash_reorders import *  # noqa: F403
from contracts.fraud import *  # noqa: F403
from contracts.internal import *  # noqa: F403
from contracts.message import Fact as Fact
from contracts.payments import *  # noqa: F403
from contracts.shop import *  # noqa: F403
from contracts.warehouse import *  # noqa: F403
