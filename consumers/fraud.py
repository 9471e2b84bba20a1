"""fraud.events: what the fraud service says about an order."""

from consumers.inbound import Inbound
from contracts import fraud
from contracts.topics import FRAUD

inbound = Inbound(
    FRAUD,
    (
        fraud.FraudScored,
        fraud.CustomerAnswered,
    ),
)
