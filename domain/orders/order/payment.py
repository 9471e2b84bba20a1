"""The payment of an order, and what the payment service said of its money."""

from datetime import datetime
from typing import Final

from domain.deciding.traits import traits
from domain.deciding.values import Value
from domain.deciding.words import Word


class PaymentState(Word):
    """The states of a payment."""

    NOT_REQUIRED = "not_required"
    REQUESTED = "requested"
    REFUSED = "refused"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    VOIDED = "voided"


PAYMENTS: Final = traits(
    PaymentState,
    f"{__name__}.PAYMENTS",
    """
    open: its money is still to come: it is asked for, or was refused
    | empty: no money of it is in use: what is taken now takes its place
    | | accepts: money that a bank takes unasked counts for it
    | | | asked_for: its money was asked for at some time
    | | | | covered: its money is reserved or taken
    | | | | | settled: no other reservation is needed beside it
    | | | | | | chequed: a cheque may be on its way, or here
    - - - - - + - not_required
    + + + + - - + requested
    + + + + - - - refused
    - - - + + + + authorised
    - - + + + + + captured
    - + + + - - - voided
    """,
)
"""The sets of states that rules ask for; what is said of a set is true of a payment in each of its states."""


class Told(Value):
    """One amount that the payment service named, or a person in its place (`noted`), in minor units.

    `kind` is authorised, captured, voided or refused; kind, request and payment together count once.
    """

    kind: str
    request_id: str
    payment_id: str = ""
    amount: int = 0
    currency: str = ""
    """Only where it is not the currency of the order: then the amount is in no sum."""
    noted: bool = False
    struck: bool = False
    """Whether a later word took it out of the books; said again it is no news."""


class Reservation(Value):
    """Money under another payment id than the one in use. All amounts are in minor units.

    `ours` is true where the hub asked for it; such a reservation is set free once another one is used.
    """

    payment_id: str
    authorised: int = 0
    captured: int = 0
    voided: int = 0
    ours: bool = False
    collected: bool = False
    """True once its capture was requested: it is the rest of money that was taken short."""
    voids: int = 0
    void_failed: bool = False

    @property
    def held(self) -> int:
        """Return what is still reserved, in minor units."""
        return self.authorised - self.captured - self.voided


class Payment(Value):
    """The payment of an order. All amounts are in minor units.

    `asked` is the amount of the last authorisation request. `raises` counts the attempts to raise an authorised amount
    after the total has grown; `raising` is true while one is under way. `cheque_amount` is the total that a cheque was
    compared with.
    """

    state: PaymentState = PaymentState.NOT_REQUIRED
    attempt: int = 0
    payment_id: str | None = None
    authorised: int = 0
    captured: int = 0
    voided: int = 0
    capture_asked: bool = False
    void_asked: bool = False
    cheque_received: bool = False
    cheque_checked: bool = False
    cheque_amount: int = 0
    expires_at: datetime | None = None
    asked: int = 0
    refused_at: datetime | None = None
    """The time at which the last cheque bounced."""
    to_capture: int = 0
    """The amount of the capture request."""
    raising: bool = False
    raises: int = 0
    asks: tuple[int, ...] = ()
    """The amount of each authorisation request, the first attempt first."""
    captures: int = 0
    """How many captures were requested; payments of earlier rules count theirs by `capture_asked` alone."""
    capture_failed: bool = False
    voids: int = 0
    void_failed: bool = False
    renewing: bool = False
    """True while a new reservation is requested in place of one that runs out."""
    renewals: int = 0
    """How often in a row a reservation was asked for anew without one that stands."""
    collecting: bool = False
    """True while the rest of money that was taken short is asked for."""
    written_off: int = 0
    """What a person gave up of the money that is due."""
    told: tuple[Told, ...] = ()
    others: tuple[Reservation, ...] = ()
    """Money under other payment ids: replaced reservations, second ones, and what nobody asked for."""

    @property
    def taken(self) -> int:
        """Return what was captured under all payment ids, in minor units."""
        return self.captured + sum(other.captured for other in self.others) if self.others else self.captured

    @property
    def held(self) -> int:
        """Return what is still reserved under the payment id in use, in minor units."""
        return self.authorised - self.captured - self.voided

    @property
    def times_captured(self) -> int:
        """Return how many captures were requested."""
        return max(self.captures, int(self.capture_asked))

    @property
    def times_voided(self) -> int:
        """Return how often it was asked to set the payment in use free."""
        return max(self.voids, int(self.void_asked))
