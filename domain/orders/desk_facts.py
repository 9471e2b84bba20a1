"""Commands: what people tell an order."""

from contracts.commands import *  # noqa: F403
