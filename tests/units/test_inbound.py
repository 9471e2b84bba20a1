"""From the wire to a fact, and from what was decided to the wire: a message is read and told as it is declared."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic_core import to_json

from adapters.rows.timers import TimerRow
from consumers.inbound import Inbound
from contracts import sample_values, samples
from contracts.decoding import decode
from contracts.message import Message
from contracts.partitioning import home
from contracts.signing import Signatures
from contracts.topics import INBOUND, INTERNAL, ORDER_EVENTS, OUTBOUND, SHOP, Topic
from contracts.wire import Outgoing
from domain.aggregates import KINDS
from domain.deciding import codec
from domain.deciding.decision import Decision, Outcome, ToSubject
from domain.deciding.received import Cause, Received
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.aggregate import ORDER
from domain.orders.order import Order, State
from hub.wiring import CONSUMERS
from producers.messages import TOPICS_OF, Messages

SIGNATURES = Signatures.of([b"a-key-for-tests-only"])
SHARDS = 4
NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
READ = [(module.inbound, message) for module in CONSUMERS for message in module.inbound.topic.messages]


def name(value: object) -> str:
    """How a case is called."""
    return value.topic.name if isinstance(value, Inbound) else getattr(value, "__name__", str(value))


def sample(topic: Topic, message: type[Message]) -> bytes:
    """The data of a valid message with every field."""
    return to_json(samples.valid(topic, message.type()))


# -- inbound ---------------------------------------------------------------------------------------------------------


def test_every_inbound_topic_has_one_consumer() -> None:
    assert sorted(module.inbound.topic.name for module in CONSUMERS) == sorted(topic.name for topic in INBOUND)


@pytest.mark.parametrize(("inbound", "message"), READ, ids=name)
def test_a_message_is_a_fact_as_it_is_read(inbound: Inbound, message: type[Message]) -> None:
    read = message.read(sample(inbound.topic, message))

    assert inbound.fact(read) is read
    assert type(read) is message


def test_every_fact_has_a_rule_and_every_rule_a_fact_of_some_topic() -> None:
    facts_read = {fact for module in CONSUMERS for fact in module.inbound.facts}

    assert facts_read == {fact for kind in KINDS.by_name.values() for fact in kind.facts}


def test_a_topic_whose_message_is_no_fact_is_refused() -> None:
    with pytest.raises(LookupError, match=r"shop\.events: no row for OrderPlaced"):
        Inbound(SHOP, ())


# -- outbound --------------------------------------------------------------------------------------------------------


def test_every_message_that_leaves_is_of_one_topic() -> None:
    leaving = [(message, topic) for topic in OUTBOUND for message in topic.messages]

    assert dict(leaving) == TOPICS_OF
    assert len(TOPICS_OF) == len(leaving)
    assert set(INTERNAL.messages) <= set(codec.FACTS.values())


def decided(**told: Any) -> Decision[Order]:
    """A decision that tells something."""
    cause = Cause("/partners/test", "e-1", "fraud.scored.v1", "fraud.events", 0, 7)
    received = Received(facts.CustomerAnswered(text="yes"), cause, NOON, NOON)
    order = Order(id=sample_values.ORDER_ID, number="N-1", state=State.APPROVED, version=3)
    return Decision(received, order, Outcome.APPLIED, **told)


def encoded(decision: Decision[Order]) -> Outgoing:
    (message,) = Messages(SHARDS, SIGNATURES).encode(ORDER, sample_values.ORDER_ID, "4", decision)
    return message


def check(message: Outgoing, topic: Topic, kind: type[Message]) -> Message:
    """A partner reads the message by its contract."""
    assert message.topic == topic.name
    read = decode(topic, topic.by_type, message.key, message.headers, message.value)
    assert type(read.message) is kind
    assert (read.envelope.id, read.envelope.time) == (f"{sample_values.ORDER_ID}:4:0", NOON)
    assert read.envelope.extensions["causationid"] == "e-1"
    return read.message


@pytest.mark.parametrize("kind", ORDER_EVENTS.messages, ids=name)
def test_an_event_reaches_its_readers_with_its_fields_and_its_cause(kind: type[Message]) -> None:
    whole = kind.read(sample(ORDER_EVENTS, kind))
    assert isinstance(whole, events.OrderEvent)
    event = changed(whole, head=None)

    read = check(encoded(decided(events=(event,))), ORDER_EVENTS, kind)

    assert isinstance(read, events.OrderEvent)
    assert changed(read, head=None) == event
    assert read.head is not None
    assert (read.head.number, read.head.version, read.head.status, read.head.cause.offset) == ("N-1", 3, "approved", 7)


@pytest.mark.parametrize("kind", [kind for kind in TOPICS_OF if issubclass(kind, requests.Request)], ids=name)
def test_a_request_reaches_its_party_with_its_fields(kind: type[requests.Request]) -> None:
    topic = TOPICS_OF[kind]
    request = kind.read(sample(topic, kind))

    assert check(encoded(decided(requests=(request,))), topic, kind) == request


@pytest.mark.parametrize("kind", INTERNAL.messages, ids=name)
def test_a_word_to_another_order_goes_to_that_orders_home(kind: type[facts.Fact]) -> None:
    fact = kind.read(sample(INTERNAL, kind))

    message = encoded(decided(to_others=(ToSubject("another-order", fact),)))

    assert check(message, INTERNAL, kind) == fact
    assert (message.key, message.partition) == (b"another-order", home("another-order", SHARDS))


def test_a_due_timer_comes_back_as_the_fact_of_that_timer() -> None:
    message = Messages(SHARDS, SIGNATURES).due(TimerRow("o-1", "t-1", "payment_answer", NOON))

    read = decode(INTERNAL, INTERNAL.by_type, message.key, message.headers, message.value)

    internal = next(module.inbound for module in CONSUMERS if module.inbound.topic is INTERNAL)
    assert internal.fact(read.message) == facts.TimerDue(timer_id="t-1", kind="payment_answer", due_at=NOON)
    assert (read.subject, message.partition) == ("o-1", home("o-1", SHARDS))


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("given", "known"),
    [
        (f"00-{TRACE}-00f067aa0ba902b7-01", True),
        (f"cc-{TRACE}-00f067aa0ba902b7-00-what the future adds", True),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"ff-{TRACE}-00f067aa0ba902b7-01", False),
        (f"00-{TRACE.upper()}-00f067aa0ba902b7-01", False),
        ("rubbish", False),
        ("\xff", False),
    ],
)
def test_what_a_record_leads_to_belongs_to_its_trace_if_it_names_one(given: str, known: bool) -> None:
    told = decided(events=(events.OrderApproved(), events.OrderRiskReview()))

    once, again = (
        Messages(SHARDS, SIGNATURES).encode(ORDER, "o-1", "4", told, given.encode("latin-1")) for _ in range(2)
    )

    spans = [(message.header("traceparent") or b"").decode().split("-") for message in once]
    assert once == again
    if known:
        assert [(version, of, flags) for version, of, _, flags in spans] == [("00", TRACE, given[53:55])] * 2
        assert len({span for _, _, span, _ in spans} | {"00f067aa0ba902b7"}) == 3
    else:
        assert spans == [[""], [""]]


def test_the_messages_of_a_decision_are_numbered_in_order() -> None:
    told = decided(events=(events.OrderApproved(), events.OrderRiskReview()))

    ids = [message.header("ce_id") for message in Messages(SHARDS, SIGNATURES).encode(ORDER, "o-1", "4", told)]

    assert ids == [b"o-1:4:0", b"o-1:4:1"]
