"""Numbers identify, add up and stand for times as the contracts say, in every message, for both readers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest

from contracts import shapes, times
from contracts.bounds import LARGEST
from contracts.checks import Identifies
from contracts.declaring import Declaring
from contracts.judging import Refused, judged, read_fast
from contracts.message import Id, LineNumber, Part
from contracts.personal import innermost
from contracts.shop import OrderPlaced
from contracts.topics import TOPICS
from tests.contracts import examples

SUMS = ("shop.events/order.placed.v1", "hub.commands/order.submit.v1", "hub.commands/order.draft.v1")


def parts(kind: Any, value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The places of a message's fields and list entries, with their annotations."""
    head = kind.declared.head
    for name, hint in (dict(head.declared.hints) if head else {} | {}).items() | kind.declared.hints.items():
        held = value.get(name) if isinstance(value, dict) else None
        yield (*path, name), hint
        inner = innermost(hint)
        for place, each in enumerate(held) if isinstance(held, list) else [(None, held)]:
            here = (*path, name) if place is None else (*path, name, place)
            if isinstance(inner, Declaring):
                yield from parts(inner, each, here)
            elif place is not None:
                yield here, inner


def cases(of: type) -> list[tuple[str, tuple[Any, ...]]]:
    """Every place of every message that holds a value of this type."""
    found = []
    for topic in TOPICS:
        for kind in topic.messages:
            name = f"{topic.name}/{kind.type()}"
            data = examples.data(name, "valid")
            for path, hint in parts(kind, data):
                held = data
                for step in path:
                    held = held[step]
                if innermost(hint) is of and not isinstance(held, list):
                    found.append((name, path))
    return found


def refusal(name: str, data: Any) -> str | None:
    """What both readers say against a message: they must agree."""
    kind, told = examples.message(name)[1], json.dumps(data).encode()
    answers = []
    for reader in (kind.read, lambda content: judged(kind, content)):
        try:
            reader(told)
        except Refused as refused:
            answers.append(str(refused))
        else:
            answers.append("")
    assert answers[0] == answers[1]
    return answers[0] or None


def put(name: str, path: tuple[Any, ...], value: object) -> Any:
    """The valid example of a message with another value in one place."""
    data = examples.data(name, "valid")
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return data


IDENTIFIED = [
    (f"{topic.name}/{kind.type()}", check.name.removeprefix("unique "))
    for topic in TOPICS
    for kind in topic.messages
    for check in kind.declared.checks
    if check.name.startswith("unique ")
]


@pytest.mark.parametrize(("name", "place"), IDENTIFIED)
@pytest.mark.rule("O-70")
def test_what_identifies_the_entries_of_a_list_is_in_it_once(name: str, place: str) -> None:
    data = examples.data(name, "valid")
    field, _, identity = place.partition("/")
    data[field] = [data[field][0]] * 2

    told = refusal(name, data)

    pointer = f"/{field}/1/{identity}" if identity else f"/{field}/1"
    assert told is not None
    assert told.startswith(f"{pointer}: Input should differ from /{field}/0")


@pytest.mark.rule("O-70")
def test_every_list_whose_entries_have_a_line_number_is_looked_at() -> None:
    numbered = {
        (f"{topic.name}/{kind.type()}", f"{field}/line")
        for topic in TOPICS
        for kind in topic.messages
        for field, hint in kind.declared.hints.items()
        if isinstance(innermost(hint), Declaring) and "line" in innermost(hint).declared.hints
    }

    assert numbered
    assert numbered <= set(IDENTIFIED)


@pytest.mark.rule("O-70")
def test_a_list_that_may_be_missing_and_one_of_bare_numbers_are_looked_at_too() -> None:
    class Shelf(Part):
        shelf_id: Annotated[Id, Identifies]

    class Room(Part):
        shelves: tuple[Shelf, ...] | None = None
        numbers: tuple[LineNumber, ...] = ()

    assert Room.read(b"{}") == Room()
    assert Room.read(b'{"shelves": [{"shelf_id": "a"}, {"shelf_id": "b"}]}').shelves is not None
    for data in (b'{"shelves": [{"shelf_id": "a"}, {"shelf_id": "a"}]}', b'{"numbers": [1, 2, 1]}'):
        with pytest.raises(Refused, match="should differ"):
            Room.read(data)


@pytest.mark.parametrize("name", SUMS)
@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"unit_price": LARGEST, "quantity": 2, "discount": 0}, "/lines/0/unit_price"),
        ({"unit_price": LARGEST, "quantity": 10**6, "discount": 0}, "/lines/0/unit_price"),
        ({"unit_price": LARGEST, "quantity": 1, "discount": 0}, "/shipping_fee"),
        ({"unit_price": LARGEST, "quantity": 1, "discount": 590}, None),
        ({"unit_price": 1, "quantity": 1, "discount": LARGEST}, None),
    ],
)
@pytest.mark.rule("O-71")
def test_a_sum_is_bounded_like_its_parts(name: str, changes: dict[str, int], pointer: str | None) -> None:
    data = examples.data(name, "valid")
    data["lines"][0] |= changes

    told = refusal(name, data)

    assert (told and told.split(":")[0]) == pointer


@pytest.mark.rule("O-71")
def test_the_lines_of_an_order_add_up_and_so_do_those_that_are_added() -> None:
    placed = examples.data(SUMS[0], "valid")
    line = placed["lines"][0] | {"unit_price": LARGEST // 2, "quantity": 1, "discount": 0}
    placed["lines"] = [line | {"line": number} for number in (1, 2, 3)]
    modified = examples.data("hub.commands/order.modify.v1", "valid")
    modified["add"] = [modified["add"][0] | {"unit_price": LARGEST, "quantity": 1, "discount": 0}] * 2

    assert str(refusal(SUMS[0], placed)).startswith("/lines/2/unit_price: ")
    assert str(refusal("hub.commands/order.modify.v1", modified)).startswith("/add/1/unit_price: ")


@pytest.mark.parametrize(("name", "path"), cases(int))
@pytest.mark.rule("O-72")
def test_a_whole_number_may_be_written_with_a_fraction_of_nothing(name: str, path: tuple[Any, ...]) -> None:
    kind = examples.message(name)[1]
    data = examples.data(name, "valid")
    held = data
    for step in path:
        held = held[step]

    assert kind.read(json.dumps(put(name, path, float(held))).encode()) == kind.read(json.dumps(data).encode())
    assert refusal(name, put(name, path, held + 0.5)) is not None


@pytest.mark.parametrize("written", ["2", "2.0", "2.00", "2e0", "0.2e1", "20E-1"])
@pytest.mark.rule("O-72")
def test_json_has_one_kind_of_numbers(written: str) -> None:
    data = examples.content(SUMS[0], "valid").replace(b'"quantity": 2', b'"quantity": ' + written.encode())

    assert OrderPlaced.read(data).lines[0].quantity == 2


@pytest.mark.rule("O-72")
def test_a_number_that_a_fraction_would_change_is_refused() -> None:
    kind = examples.message("hub.commands/order.hold.v1")[1]

    kind.read(b'{"expected_version": 9007199254740992.0}')
    for written in (b"9007199254740994.0", b"4e18", b"1e400"):
        with pytest.raises(Refused, match=r"^/expected_version: "):
            kind.read(b'{"expected_version": %b}' % written)


RIGHT_TIMES = {
    "2026-03-14T09:26:53Z": datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC),
    "2026-03-14t09:26:53z": datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC),
    "2026-03-14 09:26:53.5Z": datetime(2026, 3, 14, 9, 26, 53, 500_000, tzinfo=UTC),
    "2026-03-14T09:26:53+02:00": datetime(2026, 3, 14, 7, 26, 53, tzinfo=UTC),
    "2026-03-14T09:26:53.123456789Z": datetime(2026, 3, 14, 9, 26, 53, 123_456, tzinfo=UTC),
    "2016-12-31T23:59:60Z": datetime(2017, 1, 1, tzinfo=UTC),
    "2017-01-01T00:59:60.5+01:00": datetime(2017, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC),
    "2026-03-14T09:26:60Z": datetime(2026, 3, 14, 9, 27, tzinfo=UTC),
}
WRONG_TIMES = (
    *("20260314", "1710404813", "20260314T092653Z", "2026-03-14", "2026-03-14T09:26:53", "2026-03-14T09:26Z"),
    *("2026-03-14T09:26:53+0200", "2026-03-14T09:26:53+0000", "2026-03-14T09:26:53,5Z", "2026-03-14_09:26:53Z"),
    *("2026-W11-6T09:26:53Z", "2026-03-14T24:00:00Z", "2026-03-14T09:26:61Z", "2026-02-30T09:26:53Z", "", "soon"),
    *("2026-03-14T09:26:53+24:00", "0000-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "0001-01-01T00:00:00+23:00"),
    *("2026-03-14T09:26:53.Z", "2026-03-14T09:26:53 Z", "٢٠26-03-14T09:26:53Z", "2026-03-14T09:26:53Z\n"),
)
MOMENTS = cases(datetime)


@pytest.mark.parametrize(("name", "path"), MOMENTS)
@pytest.mark.rule("O-73")
def test_a_time_is_one_of_rfc_3339_and_nothing_else(name: str, path: tuple[Any, ...]) -> None:
    pointer = "/" + "/".join(map(str, path))
    for wrong in (*WRONG_TIMES, 20260314, 1710404813.5, True):
        assert str(refusal(name, put(name, path, wrong))).startswith(f"{pointer}: "), wrong
    for right in RIGHT_TIMES:
        assert refusal(name, put(name, path, right)) is None, right


@pytest.mark.parametrize(("written", "moment"), RIGHT_TIMES.items())
@pytest.mark.rule("O-73")
def test_a_time_is_read_as_what_it_says(written: str, moment: datetime) -> None:
    kind = examples.message("shop.events/order.placed.v1")[1]
    data = json.dumps(put("shop.events/order.placed.v1", ("placed_at",), written)).encode()
    fast = read_fast(kind, data)

    assert times.read(written) == moment
    assert kind.read(data) == judged(kind, data)
    assert fast is None or fast == judged(kind, data)
    assert b'"placed_at":"%b' % moment.isoformat()[:19].encode() in kind.read(data).written()


@pytest.mark.rule("O-70", "O-71")
def test_a_schema_tells_in_words_what_must_hold_between_fields() -> None:
    for topic in TOPICS:
        for kind in topic.messages:
            told = shapes.schema(topic, kind)["description"]
            assert all(check.says in told for check in kind.declared.checks)
