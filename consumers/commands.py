"""hub.commands: what people tell the hub to do; each message is a command that the rules of its aggregate take."""

from consumers.inbound import Inbound
from contracts.message import Fact
from contracts.topics import COMMANDS
from domain.aggregates import KINDS

inbound = Inbound(
    COMMANDS, tuple(each for each in COMMANDS.messages if issubclass(each, Fact) and each in KINDS.facts_of(each))
)
