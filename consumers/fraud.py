"""fraud.events: what the fraud service says about an order."""

from consumers.inbound import Inbound
from contracts import fraud
from contracts.topics import FRAUD
from domain.orders import facts

inbound = Inbound(
    FRAUD,
    {
        fraud.FraudScored: facts.FraudScored,
        fraud.CustomerAnswered: facts.CustomerAnswered,
    },
)
