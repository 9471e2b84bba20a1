"""What is read from one topic: which of its messages are facts, and how an order is found without its id."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.message import Fact, Message
from contracts.topics import Topic

Reference = Callable[[Any], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Inbound:
    """One topic: its `facts`, each of which a rule takes, and `references`: where to find the order without its id."""

    topic: Topic
    facts: tuple[type[Fact], ...]
    references: Mapping[type[Message], Reference] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = [message.__name__ for message in self.topic.messages if message not in self.facts]
        if missing:
            raise LookupError(f"{self.topic.name}: no row for {', '.join(missing)}; add it to its consumer")

    @property
    def types(self) -> dict[str, type[Message]]:
        """Return the messages by CloudEvents type."""
        return self.topic.by_type

    def fact(self, message: Message) -> Fact:
        """Return the fact that a message is."""
        assert isinstance(message, Fact)
        return message

    def reference(self, message: Message) -> tuple[str, str] | None:
        """Return (kind, value) of the number that names the order, None where the message has none."""
        find = self.references.get(type(message))
        return None if find is None else find(message)
