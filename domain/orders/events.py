"""Events: what happened to an order, for everyone who subscribes; rules tell them without their common head."""

from contracts.orders import *  # noqa: F403
from contracts.orders import OrderEvent

Event = OrderEvent
