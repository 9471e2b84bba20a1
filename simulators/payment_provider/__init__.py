"""A payment provider that only speaks HTTP, with books that count each key once and mischief on the wire."""

from simulators.payment_provider.server import Provider, serving
from simulators.payment_provider.tricks import NAUGHTY, NONE, Naughtiness, Trick

__all__ = ["NAUGHTY", "NONE", "Naughtiness", "Provider", "Trick", "serving"]
