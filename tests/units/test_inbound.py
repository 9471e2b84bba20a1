"""From the wire to a fact and back: no field is lost between a contract and the domain, on either side."""

from datetime import UTC, datetime
from enum import StrEnum
from types import ModuleType
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel
from pydantic_core import to_json

from adapters.rows import TimerRow
from consumers.inbound import Inbound
from contracts import samples
from contracts.decoding import decode
from contracts.message import Message
from contracts.partitioning import home
from contracts.signing import Signatures
from contracts.topics import INBOUND, INTERNAL, ORDER_EVENTS, OUTBOUND, SHOP, Topic
from contracts.wire import Outgoing
from domain.deciding.decision import Decision, Outcome, ToOrder
from domain.deciding.received import Cause, Received
from domain.deciding.values import Value, fields
from domain.orders import desk_facts as desk
from domain.orders import events, facts, requests
from domain.orders.order import Order, State
from hub.wiring import CONSUMERS
from producers.messages import EVENTS, REQUESTS, TO_ORDERS, Messages

SIGNATURES = Signatures.of([b"a-key-for-tests-only"])
SHARDS = 4
NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
READ = [(module.inbound, message) for module in CONSUMERS for message in module.inbound.topic.messages]


def name(value: object) -> str:
    """How a case is called."""
    return value.topic.name if isinstance(value, Inbound) else getattr(value, "__name__", str(value))


def kinds(module: ModuleType, base: type[Any]) -> set[type[Any]]:
    """The classes of a module below a base; a slotted dataclass leaves a ghost among the base's subclasses."""
    found = [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__]
    return {each for each in found if issubclass(each, base) and each is not base}


def by_name(found: set[type[Any]]) -> list[type[Any]]:
    return sorted(found, key=lambda kind: kind.__name__)


def differences(fact: Any, part: Any, path: str = "") -> list[str]:
    """Where a value of the domain differs from the part of a message that it was made of."""
    if isinstance(fact, Value):
        assert isinstance(part, BaseModel)
        names = {spec.name for spec in fields(type(fact))}
        missing = [f"{path}.{each} has no counterpart" for each in names ^ set(type(part).model_fields)]
        inner = [differences(getattr(fact, each), getattr(part, each, None), f"{path}.{each}") for each in names]
        return missing + [each for found in inner for each in found]
    if isinstance(part, tuple):
        if len(fact) != len(part):
            return [f"{path} has another length"]
        return [
            each for i, pair in enumerate(zip(fact, part, strict=True)) for each in differences(*pair, f"{path}[{i}]")
        ]
    return [] if fact == part and not isinstance(fact, BaseModel | StrEnum) else [f"{path}: {fact!r} is not {part!r}"]


def sample(topic: Topic, message: type[Message]) -> bytes:
    """The data of a valid message with every field."""
    return to_json(samples.valid(topic, message.type()))


# -- inbound ---------------------------------------------------------------------------------------------------------


def test_every_inbound_topic_has_one_consumer() -> None:
    assert sorted(module.inbound.topic.name for module in CONSUMERS) == sorted(topic.name for topic in INBOUND)


@pytest.mark.parametrize(("inbound", "message"), READ, ids=name)
def test_a_message_is_the_fact_of_its_name_with_equal_fields(inbound: Inbound, message: type[Message]) -> None:
    read = message.model_validate_json(sample(inbound.topic, message), strict=True)

    fact = inbound.fact(read)

    assert type(fact).__name__ == message.__name__
    assert differences(fact, read) == []


@pytest.mark.parametrize(("inbound", "message"), READ, ids=name)
def test_a_message_with_its_required_fields_only_is_a_fact_with_the_same_defaults(
    inbound: Inbound, message: type[Message]
) -> None:
    full = samples.valid(inbound.topic, message.type())
    least = {each: full[each] for each, spec in message.model_fields.items() if spec.is_required()}
    read = message.model_validate_json(to_json(least), strict=True)

    fact = inbound.fact(read)

    assert differences(fact, read) == []
    assert fact == msgspec.json.decode(to_json(least), type=type(fact))


def test_every_fact_comes_from_some_topic() -> None:
    reached = {fact for module in CONSUMERS for fact in module.inbound.facts.values()}

    assert (kinds(facts, facts.Fact) | kinds(desk, facts.Fact)) - {facts.Command} == reached


def test_a_topic_whose_message_is_no_fact_is_refused() -> None:
    with pytest.raises(LookupError, match=r"shop\.events: no fact for OrderPlaced"):
        Inbound(SHOP, {})


@pytest.mark.parametrize(("inbound", "message"), [(i, m) for i, m in READ if m in i.references], ids=name)
def test_a_reference_is_a_kind_and_a_value_of_the_message(inbound: Inbound, message: type[Message]) -> None:
    read = message.model_validate_json(sample(inbound.topic, message), strict=True)

    reference = inbound.reference(read)

    assert reference is not None
    assert reference[0] in {"tracking", "rma"}
    assert reference[1] in {samples.VALUES["tracking_number"], samples.VALUES["rma_code"]}


# -- outbound --------------------------------------------------------------------------------------------------------


def test_every_event_and_request_of_the_domain_has_a_contract_and_every_contract_is_used() -> None:
    assert kinds(events, events.Event) <= set(EVENTS)
    assert kinds(requests, requests.Request) <= set(REQUESTS)
    assert set(EVENTS.values()) == set(ORDER_EVENTS.messages)
    asked = {message for topic in OUTBOUND if topic.name.endswith(".requests") for message in topic.messages}
    assert {message for _, message in REQUESTS.values()} == asked
    assert set(TO_ORDERS.values()) == set(INTERNAL.messages)


def decided(**told: Any) -> Decision:
    """A decision that tells something."""
    cause = Cause("/partners/test", "e-1", "fraud.scored.v1", "fraud.events", 0, 7)
    received = Received(facts.CustomerAnswered(text="yes"), cause, NOON, NOON)
    order = Order(id=samples.ORDER_ID, number="N-1", state=State.APPROVED, version=3)
    return Decision(received, order, Outcome.APPLIED, **told)


def encoded(decision: Decision) -> Outgoing:
    (message,) = Messages(SHARDS, SIGNATURES).encode(samples.ORDER_ID, "4", decision)
    return message


def check(message: Outgoing, topic: Topic, contract: type[Message], value: Any) -> Message:
    """A partner reads the message by its contract, and finds the domain's value in it."""
    assert message.topic == topic.name
    read = decode(topic, topic.by_type, message.key, message.headers, message.value)
    assert type(read.message) is contract
    assert (read.envelope.id, read.envelope.time) == (f"{samples.ORDER_ID}:4:0", NOON)
    assert read.envelope.extensions["causationid"] == "e-1"
    own = type(read.message).model_construct(**{f.name: getattr(read.message, f.name) for f in fields(type(value))})
    assert [each for each in differences(value, own) if "no counterpart" not in each] == []
    return read.message


@pytest.mark.parametrize("kind", by_name(kinds(events, events.Event)), ids=name)
def test_an_event_reaches_its_readers_with_its_fields_and_its_cause(kind: type[events.Event]) -> None:
    contract = EVENTS[kind]
    event = msgspec.json.decode(sample(ORDER_EVENTS, contract), type=kind)

    read = check(encoded(decided(events=(event,))), ORDER_EVENTS, contract, event)

    told = read.model_dump()
    assert (told["number"], told["version"], told["status"], told["cause"]["offset"]) == ("N-1", 3, "approved", 7)


@pytest.mark.parametrize("kind", by_name(kinds(requests, requests.Request)), ids=name)
def test_a_request_reaches_its_party_with_its_fields(kind: type[requests.Request]) -> None:
    topic, contract = REQUESTS[kind]
    request = msgspec.json.decode(sample(topic, contract), type=kind)

    check(encoded(decided(requests=(request,))), topic, contract, request)


@pytest.mark.parametrize("kind", TO_ORDERS, ids=name)
def test_a_word_to_another_order_goes_to_that_orders_home(kind: type[facts.Fact]) -> None:
    contract = TO_ORDERS[kind]
    fact = msgspec.json.decode(sample(INTERNAL, contract), type=kind)

    message = encoded(decided(to_orders=(ToOrder("another-order", fact),)))

    check(message, INTERNAL, contract, fact)
    assert (message.key, message.partition) == (b"another-order", home("another-order", SHARDS))


def test_a_due_timer_comes_back_as_the_fact_of_that_timer() -> None:
    message = Messages(SHARDS, SIGNATURES).due(TimerRow("o-1", "t-1", "payment_answer", NOON))

    read = decode(INTERNAL, INTERNAL.by_type, message.key, message.headers, message.value)

    internal = next(module.inbound for module in CONSUMERS if module.inbound.topic is INTERNAL)
    assert internal.fact(read.message) == facts.TimerDue(timer_id="t-1", kind="payment_answer", due_at=NOON)
    assert (read.order_id, message.partition) == ("o-1", home("o-1", SHARDS))


def test_the_messages_of_a_decision_are_numbered_in_order() -> None:
    told = decided(events=(events.OrderApproved(), events.OrderRiskReview()))

    ids = [message.header("ce_id") for message in Messages(SHARDS, SIGNATURES).encode("o-1", "4", told)]

    assert ids == [b"o-1:4:0", b"o-1:4:1"]
