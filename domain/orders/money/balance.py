"""Balance: where the money of an order is, and the two sums that must always hold."""

from domain.deciding.values import Value
from domain.orders.order import Order, RefundState


class Balance(Value):
    """Amounts in minor units: authorised = captured + voided + held, captured = kept + refunded."""

    authorised: int
    captured: int
    voided: int
    held: int
    kept: int
    refunded: int

    @property
    def sound(self) -> bool:
        """Tell whether both sums hold and nothing is below zero."""
        amounts = (self.authorised, self.captured, self.voided, self.held, self.kept, self.refunded)
        sums = self.authorised == self.captured + self.voided + self.held and self.captured == self.kept + self.refunded
        return sums and min(amounts) >= 0


def balance(order: Order) -> Balance:
    """Return where the order's money is."""
    payment = order.payment
    refunded = sum(refund.amount for refund in order.refunds if refund.state is RefundState.EXECUTED)
    return Balance(
        payment.authorised,
        payment.captured,
        payment.voided,
        payment.authorised - payment.captured - payment.voided,
        payment.captured - refunded,
        refunded,
    )


def view(order: Order) -> str:
    """Return the word for the order's money: unpaid, authorised, paid, part_refunded or refunded."""
    money = balance(order)
    if money.refunded:
        return "refunded" if money.kept == 0 else "part_refunded"
    if money.captured:
        return "paid"
    return "authorised" if money.held else "unpaid"
