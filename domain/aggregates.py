"""The kinds of aggregates that the hub decides on: adding one is a row here, a name in `contracts.subjects`."""

from collections.abc import Iterable
from typing import Final

from contracts.commands import Command
from contracts.message import Fact, Message
from contracts.subjects import KINDS as NAMES
from contracts.topics import INBOUND
from domain.catalogue.aggregate import WORD_LIST
from domain.deciding.aggregate import Kinds
from domain.orders.aggregate import ORDER

KINDS: Final = Kinds(ORDER, WORD_LIST)


class KindsAreUnsound(Exception):
    """The kinds of aggregates can't be right: {fault}."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault

    def __str__(self) -> str:
        return (self.__doc__ or "").format(fault=self.fault)


def check(kinds: Kinds, names: Iterable[str], messages: Iterable[type[Message]]) -> None:
    """Raise `KindsAreUnsound` unless each kind has an aggregate, and each message that is read a rule of its kind."""
    differing = sorted(kinds.by_name.keys() ^ set(names))
    if differing:
        raise KindsAreUnsound(f"{', '.join(differing)} must be in contracts.subjects.KINDS and in {__name__}.KINDS")
    for message in messages:
        if issubclass(message, Fact) and message not in kinds.facts_of(message):
            raise KindsAreUnsound(f"no rule of {message.aggregate} takes {message.__name__}: write it")
        if issubclass(message, Command) and message not in kinds.by_name[message.aggregate].commands:
            raise KindsAreUnsound(f"{message.__name__} has no scope among the commands of {message.aggregate}: add it")


check(KINDS, NAMES, (message for topic in INBOUND for message in topic.messages))
