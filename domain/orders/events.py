"""Events: what happened to an order, for everyone who subscribes; rules tell them without their common head."""

from contracts.events import *  # noqa: F403
from contracts.message import Event as Event
