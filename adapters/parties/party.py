"""A party that speaks HTTP alone: pure translation from the hub's requests, and back from its answers.

It must be harmless to ask such a party twice. Whoever moves money needs books of its calls, as the payment gateway.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.message import Fact, Message
from contracts.topics import Topic


@dataclass(frozen=True, slots=True)
class Question:
    """What a party is sent: JSON, posted to a path below its address."""

    path: str
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Party:
    """One party: `question` gives what it is asked for a request and its order's id, None for what it isn't told.

    `answer` gives the fact that its JSON means. A KeyError, TypeError or ValueError says that it means nothing.
    """

    name: str
    requests: Topic
    answers: Topic
    question: Callable[[Message, str], Question | None]
    answer: Callable[[Message, Mapping[str, Any]], Fact]
