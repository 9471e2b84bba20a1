"""Balance: where the money of an order is, and the two sums that must always hold."""

from domain.deciding.values import Value
from domain.orders.order import Order, Refund, RefundState


class Balance(Value):
    """Amounts in minor units: authorised = captured + voided + held, captured + owed = kept + refunded.

    `owed` is what was paid back beyond the captured money, as where a capture failed after all: a person looks at it.
    """

    authorised: int
    captured: int
    voided: int
    held: int
    kept: int
    refunded: int
    owed: int = 0

    @property
    def sound(self) -> bool:
        """Tell whether both sums hold and nothing is below zero."""
        amounts = (self.authorised, self.captured, self.voided, self.held, self.kept, self.refunded, self.owed)
        reserved = self.authorised == self.captured + self.voided + self.held
        return reserved and self.captured + self.owed == self.kept + self.refunded and min(amounts) >= 0


def refunded_by(refund: Refund) -> int:
    """Return what a refund has paid out, in minor units."""
    return refund.extra + (refund.amount if refund.state is RefundState.EXECUTED else 0)


def balance(order: Order) -> Balance:
    """Return where the order's money is, under all payment ids."""
    payment = order.payment
    refunded, authorised, voided = 0, payment.authorised, payment.voided
    for refund in order.refunds:
        refunded += refunded_by(refund)
    for other in payment.others:
        authorised, voided = authorised + other.authorised, voided + other.voided
    captured = payment.taken
    return Balance(
        authorised,
        captured,
        voided,
        authorised - captured - voided,
        captured - refunded if captured > refunded else 0,
        refunded,
        refunded - captured if refunded > captured else 0,
    )


def still_due(order: Order) -> int:
    """Return what is still to be paid, in minor units; below zero where more was taken than the order costs."""
    return order.total - order.payment.taken - order.payment.written_off


def view(order: Order) -> str:
    """Return the word for the order's money: unpaid, authorised, paid, part_refunded or refunded."""
    return word_of(balance(order))


def word_of(money: Balance) -> str:
    """Return the word for a balance."""
    if money.refunded:
        return "refunded" if money.kept == 0 else "part_refunded"
    if money.captured:
        return "paid"
    return "authorised" if money.held else "unpaid"
