"""fraud.events and fraud.requests: scoring an order, the customer's answer, proven fraud."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.declaring import Words
from contracts.message import Code, Comment, Fact, Id, Money, ReadableEnum, Request


class Verdict(ReadableEnum):
    """What the service thinks; a decline, or a word it invented since, counts as `review` in the rules (A-09)."""

    CLEAR = "clear"
    REVIEW = "review"
    DECLINE = "decline"
    UNKNOWN = "unknown"


class FraudScored(Fact):
    """The order was scored: 0 is harmless, 100 the riskiest."""

    name: ClassVar[str] = "fraud.scored"

    verdict: Annotated[str, Words(Verdict)]
    request_id: Id | None = None
    score: Annotated[int, Field(ge=0, le=100)] | None = None
    reasons: Annotated[tuple[Code, ...], Field(max_length=50)] = ()


class CustomerAnswered(Fact):
    """The customer answered the follow-up (O-16)."""

    name: ClassVar[str] = "fraud.customer_answered"

    text: Comment = ""


class ScoreRequested(Request):
    """Score this order."""

    name: ClassVar[str] = "fraud.score_requested"

    request_id: Id
    number: Id
    customer_id: Id
    amount: Money
    channel: Code
    country: Code
    store: Id | None = None


class FraudConfirmed(Request):
    """A person proved fraud and cancelled the order (O-18)."""

    name: ClassVar[str] = "fraud.confirmed"

    number: Id
    reason: Code
    store: Id | None = None
