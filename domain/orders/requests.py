"""Requests: what an order asks of others; each has an id that its answer names."""

from contracts.availability import *  # noqa: F403
from contracts.flash_reorders import *  # noqa: F403
from contracts.fraud import *  # noqa: F403
from contracts.message import Request as Request
from contracts.notifications import *  # noqa: F403
from contracts.payments import *  # noqa: F403
from contracts.warehouse import *  # noqa: F403
