"""Sizes: what no topic takes is refused before anything of it is stored."""

from collections.abc import Iterable
from typing import Final

from adapters.errors import Sentence
from contracts.topics import BY_NAME, HEADROOM
from contracts.wire import Outgoing

SMALL: Final = 64 * 1024
"""Bytes of a value that fits every topic, whatever headers the hub adds."""


class MessageTooLarge(Sentence):
    """A message of {size} bytes is over the limit of {topic} ({limit} bytes); nothing of this decision is stored."""

    def __init__(self, topic: str, size: int, limit: int) -> None:
        super().__init__(topic, size, limit)
        self.topic = topic
        self.size = size
        self.limit = limit


def is_too_large(message: Outgoing) -> bool:
    """Tell whether a message with what the hub may still add is larger than its topic takes."""
    return message.size > BY_NAME[message.topic].max_bytes - HEADROOM


def check_sizes(messages: Iterable[Outgoing]) -> None:
    """Raise `MessageTooLarge` for what no topic takes; headers are short, only a long value needs to be measured."""
    for message in messages:
        if len(message.value or b"") > SMALL and is_too_large(message):
            raise MessageTooLarge(message.topic, message.size, BY_NAME[message.topic].max_bytes - HEADROOM)
