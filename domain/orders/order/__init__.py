"""The order as it is stored, and the values that it consists of.

Import them from this package: `from domain.orders.order import Order, Shipment`. Its modules hold them by subject.
"""

from domain.orders.order.alerts import Alert
from domain.orders.order.contact import Contact, OwnAddress
from domain.orders.order.exchanges import Exchange, ExchangeState, Origin, Replaced
from domain.orders.order.flash_reorders import Finding, Flash, FlashLine, FlashState, Unfound
from domain.orders.order.fraud import Verdict
from domain.orders.order.lines import Counted, Line, LineState
from domain.orders.order.locks import Lock
from domain.orders.order.order import Order
from domain.orders.order.payment import Payment, PaymentState, Reservation, Told
from domain.orders.order.pending import ArmedTimer, ParkedFact
from domain.orders.order.recalls import Recall, RecallState
from domain.orders.order.refunds import Refund, RefundedPieces, RefundState, Reversal
from domain.orders.order.returns import Receipt, Return, ReturnedLine, ReturnState
from domain.orders.order.shipments import SHIPMENT_RANK, Scan, Shipment, ShipmentState
from domain.orders.order.state import DISPATCHED, ENDED, FREE, RANK, State

__all__ = [
    "DISPATCHED",
    "ENDED",
    "FREE",
    "RANK",
    "SHIPMENT_RANK",
    "Alert",
    "ArmedTimer",
    "Contact",
    "Counted",
    "Exchange",
    "ExchangeState",
    "Finding",
    "Flash",
    "FlashLine",
    "FlashState",
    "Line",
    "LineState",
    "Lock",
    "Order",
    "Origin",
    "OwnAddress",
    "ParkedFact",
    "Payment",
    "PaymentState",
    "Recall",
    "RecallState",
    "Receipt",
    "Refund",
    "RefundState",
    "RefundedPieces",
    "Replaced",
    "Reservation",
    "Return",
    "ReturnState",
    "ReturnedLine",
    "Reversal",
    "Scan",
    "Shipment",
    "ShipmentState",
    "State",
    "Told",
    "Unfound",
    "Verdict",
]
