"""payment.events: what the payment service says."""

from consumers.inbound import Inbound
from contracts import payments
from contracts.topics import PAYMENT

inbound = Inbound(
    PAYMENT,
    (
        payments.PaymentAuthorized,
        payments.PaymentRefused,
        payments.PaymentCaptured,
        payments.PaymentVoided,
        payments.ChequeReceived,
        payments.RefundExecuted,
        payments.RefundFailed,
        payments.RefundReversed,
    ),
)
