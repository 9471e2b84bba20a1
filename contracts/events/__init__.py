"""order.events: everything that happened to an order, and the answers to commands; they hold no personal data.

Import events from this package: `from contracts.events import OrderCreated`. Its modules hold them by subject.
"""

# The published documents list the events in this order. A few have a place of their own, apart from their module.
# ruff: noqa: F403, I001
from contracts.events.event import *
from contracts.events.lifecycle import *
from contracts.events.holds import *
from contracts.events.locks import *
from contracts.events.drafts import *
from contracts.events.edits import *
from contracts.events.shipments import OrderShipmentSplit as OrderShipmentSplit
from contracts.events.recalls import *
from contracts.events.notes import ItemCorrectionAsked as ItemCorrectionAsked
from contracts.events.payments import RetriesCleared as RetriesCleared
from contracts.events.notes import OrderLinked as OrderLinked
from contracts.events.shipments import *
from contracts.events.payments import *
from contracts.events.returns import *
from contracts.events.refunds import *
from contracts.events.exchanges import *
from contracts.events.flash_reorders import *
from contracts.events.alerts import *
from contracts.events.notes import *
from contracts.events.answers import *
