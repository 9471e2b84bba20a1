"""Personal data is marked where it is declared; errors, logs and reports show the mark, never the value."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Final

import pytest
from pydantic import Field

from contracts import samples, validation
from contracts.declaring import Declaring
from contracts.events import OrderEvent
from contracts.judging import Refused
from contracts.message import Code, Message, Part, Text, Word
from contracts.personal import NotPersonal, Personal, innermost, mark_at, mark_of, names_in
from contracts.shop import Address, Customer, OrderPlaced
from contracts.status import OrderStatus
from contracts.topics import TOPICS, Topic

ONE_OF: Final = Field(pattern="^(one|two)$")
SECRET: Final = "Mina Okafor"
BROKEN: Final = (f"{SECRET}\x00", SECRET * 200, [SECRET], {"first": SECRET})
"""A personal value in each way to break its contract."""


def texts(data: Any, kind: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place of a message's data at which a personal text stands."""
    if isinstance(data, str) and mark_at(kind, path) is not None:
        yield path
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, inner in pairs:
        yield from texts(inner, kind, (*path, step))


MESSAGES: Final = [(topic, message) for topic in TOPICS for message in topic.messages]
PLACES: Final = [
    pytest.param(topic, kind, path, id=f"{kind.type()}-{'/'.join(map(str, path))}")
    for topic, kind in MESSAGES
    for path in texts(samples.valid(topic, kind.type()), kind)
]


@pytest.mark.parametrize(("topic", "kind", "path"), PLACES)
def test_no_error_tells_a_personal_value(topic: Topic, kind: type[Message], path: tuple[str | int, ...]) -> None:
    for broken in BROKEN:
        data = samples.valid(topic, kind.type())
        place = data
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = broken
        content = json.dumps(data).encode()

        with pytest.raises(Refused) as refused:
            kind.read(content)

        told = [*validation.faults(content, f"{topic.name}/{kind.type()}"), str(refused.value), repr(refused.value)]
        assert [text for text in told if SECRET in text] == []
        assert len(told) > 2


@pytest.mark.parametrize(("topic", "kind"), MESSAGES, ids=[message.type() for _, message in MESSAGES])
def test_a_message_shows_marks_in_place_of_what_is_personal(topic: Topic, kind: type[Message]) -> None:
    data = samples.valid(topic, kind.type())
    for path in texts(data, kind):
        place = data
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = SECRET
    message = kind.read(json.dumps(data).encode())

    assert SECRET not in repr(message)
    assert SECRET not in f"{message}"
    assert kind.__name__ in repr(message)


def test_what_is_personal_and_what_is_not() -> None:
    plain = [name for kind in (Customer, Address) for name, h in kind.declared.hints.items() if not is_personal(h)]

    assert plain == ["id", "status", "locale", "country"]
    assert names_in(message for _, message in MESSAGES) == {
        *("customer", "shipping_address", "billing_address", "address", "drawer"),
        *("personalisation", "comment", "text", "note", "contact"),
    }
    assert mark_at(OrderPlaced, ("lines", 0, "personalisation")) == Personal("order.personalisation")
    assert mark_at(OrderPlaced, ("customer", "email")) == Personal("order.contact")
    assert mark_at(OrderPlaced, ("lines", 0, "sku")) is None
    assert repr(Customer("C-1", name=SECRET)) == (
        "Customer(id='C-1', status='active', name=[order.contact], email=None, phone=None, locale='en')"
    )


def test_of_personal_data_only_comments_leave_on_public_topics() -> None:
    """Who and where a customer is stays in the hub and with those who must know."""
    public = [kind for _, kind in MESSAGES if issubclass(kind, OrderEvent | OrderStatus)]
    points = {mark.point for kind in public for mark in marks_in(kind)}

    assert points == {"order.comments"}


def is_personal(hint: Any) -> bool:
    return isinstance(mark_of(hint), Personal)


def marks_in(kind: Any) -> Iterator[Personal]:
    for hint in kind.declared.hints.values():
        mark, inner = mark_of(hint), innermost(hint)
        if isinstance(mark, Personal):
            yield mark
        if hasattr(inner, "declared"):
            yield from marks_in(inner)


@pytest.mark.parametrize("hint", [str, Word, Text | None, tuple[Word, ...]], ids=["text", "word", "optional", "many"])
def test_a_text_without_a_mark_cannot_be_imported(hint: Any) -> None:
    make: Any = Declaring

    with pytest.raises(TypeError, match=r"Odd\.said is a text without a mark"):
        make("Odd", (Part,), {"__annotations__": {"said": hint}, "__module__": __name__})


@pytest.mark.parametrize(
    "hint",
    [Code, Annotated[Text, NotPersonal] | None, Annotated[tuple[Word, ...], Personal("x")], Annotated[str, ONE_OF]],
    ids=["code", "optional", "many", "listed"],
)
def test_a_marked_text_can_be(hint: Any) -> None:
    make: Any = Declaring

    made = make("Odd", (Part,), {"__annotations__": {"said": hint}, "__module__": __name__})

    assert made.declared.hints == {"said": hint}
