"""payment.events: what the payment service says."""

from consumers.inbound import Inbound
from contracts import payments
from contracts.topics import PAYMENT
from domain.orders import facts

inbound = Inbound(
    PAYMENT,
    {
        payments.PaymentAuthorized: facts.PaymentAuthorized,
        payments.PaymentRefused: facts.PaymentRefused,
        payments.PaymentCaptured: facts.PaymentCaptured,
        payments.PaymentVoided: facts.PaymentVoided,
        payments.ChequeReceived: facts.ChequeReceived,
        payments.RefundExecuted: facts.RefundExecuted,
        payments.RefundFailed: facts.RefundFailed,
        payments.RefundReversed: facts.RefundReversed,
    },
)
