"""What is read from one topic: which of its messages are facts."""

from dataclasses import dataclass

from contracts.message import Fact, Message
from contracts.topics import Topic


@dataclass(frozen=True, slots=True)
class Inbound:
    """One topic: its `facts`, each of which a rule takes."""

    topic: Topic
    facts: tuple[type[Fact], ...]

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
