"""hub.commands: what people tell an order to do; each message is the command of its name in the domain's table."""

from consumers.inbound import Inbound
from contracts.topics import COMMANDS
from domain.orders.commands import BY_NAME

if unread := BY_NAME.keys() ^ {message.name for message in COMMANDS.messages}:
    raise LookupError(f"{COMMANDS.name}: no contract or no row of domain.orders.commands.TABLE for {sorted(unread)}")

inbound = Inbound(COMMANDS, tuple(BY_NAME[message.name].kind for message in COMMANDS.messages))
