"""Rules about what messages hold and which topic they are on."""

import json

import pytest

from contracts.decoding import BrokenContract
from contracts.message import fields_of
from contracts.topics import BY_NAME, INBOUND, OUTBOUND, TOPICS, Direction
from tests.contracts import examples
from tests.contracts.records import binary, read

BEGINNINGS = ("shop.events/order.placed.v1", "hub.commands/order.submit.v1", "hub.commands/order.draft.v1")
each_beginning = pytest.mark.parametrize("name", BEGINNINGS)


def fault_of(name: str, data: object) -> str:
    """Why a message with this content is refused."""
    with pytest.raises(BrokenContract) as refused:
        read(name, binary(name), json.dumps(data).encode())
    return refused.value.detail


@each_beginning
@pytest.mark.rule("EP-57")
def test_an_order_without_a_customer_is_refused(name: str) -> None:
    data = examples.data(name, "valid")
    nobody = {field: value for field, value in data.items() if field != "customer"}
    nameless = {**data, "customer": {"status": "anonymous"}}

    assert fault_of(name, nobody).startswith("/customer: ")
    assert fault_of(name, {**data, "customer": None}).startswith("/customer: ")
    assert fault_of(name, nameless).startswith("/customer/id: ")
    assert fault_of(name, {**data, "customer": {"id": ""}}).startswith("/customer/id: ")


@each_beginning
@pytest.mark.rule("EP-57")
def test_an_anonymous_customer_is_one(name: str) -> None:
    data = {**examples.data(name, "valid"), "customer": {"id": "guest-7", "status": "anonymous"}}

    message = read(name, binary(name), json.dumps(data).encode()).message

    assert fields_of(message)["customer"]["status"] == "anonymous"


PARTIES = {
    "shop": {"shop.events"},
    "warehouse": {"warehouse.events", "warehouse.requests", "availability.events", "availability.requests"},
    "reorder desk": {"flash-reorder.events", "flash-reorder.requests"},
    "mail": {"notification.requests"},
    "payment service": {"payment.events", "payment.requests"},
    "fraud service": {"fraud.events", "fraud.requests"},
    "carrier": {"carrier.events"},
}
OURS = {"hub.commands", "hub.internal", "order.events", "order.status", "catalogue.events", "catalogue.status"}
"""Topics of the hub itself: what it is told to do, says to itself, and says to everybody."""


@pytest.mark.rule("OSM-99")
def test_each_party_has_topics_of_its_own() -> None:
    taken = [topic for topics in PARTIES.values() for topic in topics]

    assert sorted(taken) == sorted(BY_NAME.keys() - OURS)
    for topic in INBOUND:
        if topic.name not in OURS:
            assert topic.name in PARTIES[topic.writer]
    assert {topic.writer for topic in OUTBOUND if topic.direction is Direction.OUTBOUND} == {"hub"}


@pytest.mark.rule("OSM-99")
def test_no_message_is_on_two_topics() -> None:
    models = [message for topic in TOPICS for message in topic.messages]

    assert len(models) == len(set(models))
