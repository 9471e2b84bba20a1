"""The order as it is stored, and the values that it consists of.

Import them from this package: `from domain.orders.order import Order, Shipment`. Its modules hold them by subject.
"""

from domain.orders.order.alerts import Alert
from domain.orders.order.contact import Contact, OwnAddress
from domain.orders.order.exchanges import EXCHANGES, Exchange, ExchangeState, Origin, Replaced
from domain.orders.order.flash_reorders import FLASHES, Finding, Flash, FlashLine, FlashState, Unfound
from domain.orders.order.fraud import Verdict
from domain.orders.order.lines import LINES, Counted, Line, LineState
from domain.orders.order.locks import Lock
from domain.orders.order.order import Order
from domain.orders.order.payment import PAYMENTS, Payment, PaymentState, Reservation, Told
from domain.orders.order.pending import ArmedTimer, ParkedFact
from domain.orders.order.recalls import RECALLS, Recall, RecallState
from domain.orders.order.refunds import REFUNDS, Refund, RefundedPieces, RefundState, Reversal
from domain.orders.order.returns import RETURNS, Receipt, Return, ReturnedLine, ReturnState
from domain.orders.order.shipments import SHIPMENT_RANK, SHIPMENTS, Scan, Shipment, ShipmentState
from domain.orders.order.state import DISPATCHED, ENDED, FREE, ORDERS, RANK, State

__all__ = [
    "DISPATCHED",
    "ENDED",
    "EXCHANGES",
    "FLASHES",
    "FREE",
    "LINES",
    "ORDERS",
    "PAYMENTS",
    "RANK",
    "RECALLS",
    "REFUNDS",
    "RETURNS",
    "SHIPMENTS",
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
