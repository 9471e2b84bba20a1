"""Paths: where the specification lets an order and its things go (tables b.1 to b.6), and which event tells of it."""

from domain.orders import events
from domain.orders.events import Event

START = ""
ORDER_PATHS: dict[str, str] = {
    START: "draft payment_pending approved",
    "draft": "payment_pending approved voided",
    "payment_pending": "approved risk_review cancelled",
    "risk_review": "approved risk_follow_up cancelled",
    "risk_follow_up": "risk_review approved cancelled",
    "approved": "availability_requested completed cancelled",
    "availability_requested": "processing confirmed completed cancelled",
    "processing": "availability_requested confirmed completed cancelled",
    "confirmed": "picking processing cancelled",
    "picking": "shipping processing cancelled",
    "shipping": "sent",
    "sent": "delivered completed",
    "delivered": "completed",
}
SHIPMENT_PATHS: dict[str, str] = {
    START: "awaiting_availability cancelled not_required",
    "awaiting_availability": "reserved cancelled",
    "reserved": "released picking awaiting_availability cancelled",
    "released": "picking awaiting_availability",
    "picking": "packed awaiting_availability",
    "packed": "sent",
    "sent": "delivered",
}
RETURN_PATHS: dict[str, str] = {
    START: "drafted",
    "drafted": "confirmed ended",
    "confirmed": "partial received validated ended",
    "partial": "partial received validated",
    "received": "validated ended",
}
REFUND_PATHS: dict[str, str] = {
    START: "requested",
    "requested": "approved cancelled executed failed",
    "approved": "executed failed",
    "failed": "approved executed",
    "executed": "failed executed",
    "cancelled": "executed",
}
EXCHANGE_PATHS: dict[str, str] = {START: "created", "created": "released cancelled", "released": "cancelled"}
FLASH_PATHS: dict[str, str] = {
    START: "draft",
    "draft": "draft sent cancelled",
    "sent": "accepted fulfilled refused cancelled",
    "accepted": "accepted fulfilled refused cancelled",
    "refused": "refused",
}
CREATED = {"regular": "payment_pending", "support": "draft", "zero": "draft", "exchange": "approved"}
STATES: dict[type[Event], str] = {
    events.OrderDrafted: "draft",
    events.OrderApproved: "approved",
    events.OrderRiskReview: "risk_review",
    events.OrderFollowUp: "risk_follow_up",
    events.OrderAvailabilityRequested: "availability_requested",
    events.OrderProcessing: "processing",
    events.OrderReopened: "processing",
    events.OrderConfirmed: "confirmed",
    events.OrderPicking: "picking",
    events.OrderShipping: "shipping",
    events.OrderSent: "sent",
    events.OrderDelivered: "delivered",
    events.OrderCompleted: "completed",
    events.OrderCancelled: "cancelled",
    events.OrderVoided: "voided",
}
STEPS: dict[type[Event], tuple[str, str, str]] = {
    events.ReturnDrafted: ("return", "rma_code", "drafted"),
    events.ReturnConfirmed: ("return", "rma_code", "confirmed"),
    events.ReturnValidated: ("return", "rma_code", "validated"),
    events.ReturnEnded: ("return", "rma_code", "ended"),
    events.RefundRequested: ("refund", "refund_id", "requested"),
    events.RefundApproved: ("refund", "refund_id", "approved"),
    events.RefundCancelled: ("refund", "refund_id", "cancelled"),
    events.RefundExecuted: ("refund", "refund_id", "executed"),
    events.RefundFailed: ("refund", "refund_id", "failed"),
    events.ExchangeCreated: ("exchange", "rma_code", "created"),
    events.ExchangeReleased: ("exchange", "rma_code", "released"),
    events.ExchangeCancelled: ("exchange", "rma_code", "cancelled"),
    events.FlashDrafted: ("flash", "flash_id", "draft"),
    events.FlashSent: ("flash", "flash_id", "sent"),
}
PATHS = {
    "shipment": SHIPMENT_PATHS,
    "return": RETURN_PATHS,
    "refund": REFUND_PATHS,
    "exchange": EXCHANGE_PATHS,
    "flash": FLASH_PATHS,
}
"""Where each thing of an order may go from each of its states (tables b.1 to b.6, O-38 step by step)."""
