"""Each message is declared once: what msgspec takes pydantic takes alike, and all else is pydantic's to judge."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, Final

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, TypeAdapter
from pydantic_core import to_json

from contracts import samples
from contracts.declaring import Declaring, Words
from contracts.fraud import FraudScored, Verdict
from contracts.judging import Refused, judged, read, read_fast
from contracts.message import Code, Event, Id, Message, Moment, Part
from contracts.personal import NotPersonal
from contracts.shop import OrderPlaced
from contracts.topics import TOPICS, Topic
from contracts.values import Value, asdict

MESSAGES: Final = [(topic, message) for topic in TOPICS for message in topic.messages]
each_message = pytest.mark.parametrize(
    ("topic", "kind"), MESSAGES, ids=[f"{topic.name}-{message.type()}" for topic, message in MESSAGES]
)
NOON: Final = datetime(2026, 11, 25, 12, 0, 0, 123456, UTC)
# Words as they are, and as they must not be: empty, long, with a NUL, a space, a last line break, half a character.
RIGHT: Final = ("card", "refund", "EUR", "FR", "released", "o-1", "opened", "é \u6f22 \x7f\u2028", '"\\/\t\x1f', "😀")
WRONG: Final = ("", "\x00", "a\x00b", "two words", "EUR\n", "o-1\n", "x" * 200, "x" * 201, "y" * 2001, chr(0xD800))
NUMBERS: Final = (-1, 0, 1, 2, 100, 101, 10_000, 10_001, 10**6, 10**6 + 1, 10**15, 10**15 + 1, 2**62, 2**64, 10**40)
TIMES: Final = (
    *("2026-11-25T12:00:00Z", "2026-11-25t12:00:00.5z", "2026-11-25 12:00:00.123456Z", "2026-11-25T12:00:00"),
    *("2026-11-25T12:00:00.1234567Z", "2026-11-25T12:00:00.9999999Z", "2026-11-25T12:00:00+02:00", "2026-11-25"),
    *("2026-11-25T12:00:00-00:00", "2026-11-25T12:00:00+0000", "0001-01-01T00:00:00+05:00", "2026-11-25T24:00:00Z"),
    *("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59-05:00", "2026-11-25T12:00:60Z", "2026-02-30T12:00:00Z"),
    *(
        "20260314",
        "2016-12-31T23:59:60.5Z",
        "2026-11-25T12:00:00.5+0000",
        "2026-11-25T12:00Z",
        "2026-11-25T12:00:00,5Z",
    ),
)
ODD: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    1.0,
    2.0,
    1.5,
    1e15,
    1e16,
    [],
    {},
    [1],
    {"amount": 1, "currency": "EUR"},
    "1",
    "true",
    "unknown",
)
VALUES: Final = st.sampled_from((*RIGHT, *WRONG, *NUMBERS, *TIMES, *ODD)).map(deepcopy)


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, inner in pairs:
        yield (*path, step)
        yield from places(inner, (*path, step))


@st.composite
def documents(draw: st.DrawFn, topic: Topic, kind: type[Message]) -> bytes:
    """The data of a message with some places changed, taken away or doubled, in one of JSON's many spellings."""
    data = samples.valid(topic, kind.type())
    for _ in range(draw(st.integers(0, 3))):
        *way, last = draw(st.sampled_from(list(places(data)) or [("invented",)]))
        place = data
        for step in way:
            place = place[step]
        match draw(st.sampled_from(("change", "change", "remove", "add", "repeat"))):
            case "change":
                place[last] = draw(VALUES)
            case "remove" if isinstance(place, dict):
                place.pop(last, None)
            case "add" if isinstance(place, dict):
                place[draw(st.sampled_from(("invented", "head", "kind", "amount", "cause")))] = draw(VALUES)
            case "repeat" if isinstance(place, list):
                place.extend(place * draw(st.sampled_from((1, 250))))
    text = json.dumps(data, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from((None, 1))))
    if draw(st.booleans()) and text.startswith('{"'):
        name = next(iter(data))
        text = f'{{"{name}": {json.dumps(draw(VALUES))}, {text[1:]}'  # the same field twice
    text = draw(st.sampled_from((text, text.replace("2026", "\\u0032026"), text.replace("E", "\\u0045"), text + " ")))
    return text.encode(errors="surrogatepass")


def plain(value: Any) -> Any:
    """The fields of a value in the order in which they are declared, as pydantic writes them."""
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if not isinstance(value, Part):
        return value
    fields = asdict(value)
    head = fields.pop("head", None)
    own = {name: plain(fields[name]) for name in value.declared.hints if fields[name] is not None}
    return (plain(head) | own) if head is not None else own


def by_pydantic(kind: type[Message], data: bytes) -> Message | str:
    """What pydantic alone makes of data, or what it says against it."""
    try:
        value: Message = judged(kind, data)
    except Refused as refused:
        return str(refused)
    return value


@each_message
def test_msgspec_takes_only_what_pydantic_takes_and_alike(topic: Topic, kind: type[Message]) -> None:
    @settings(max_examples=60, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(documents(topic, kind))
    def holds(data: bytes) -> None:
        expected = by_pydantic(kind, data)
        if isinstance(expected, str):
            with pytest.raises(Refused) as refused:
                kind.read(data)
            assert str(refused.value) == expected
            return
        value = kind.read(data)
        assert value == expected
        assert repr(value) == repr(expected)
        assert value.encoded() == value.written() == to_json(plain(value))

    holds()


@each_message
def test_a_valid_message_needs_no_look_of_pydantic(topic: Topic, kind: type[Message]) -> None:
    data = json.dumps(samples.valid(topic, kind.type())).encode()

    if issubclass(kind, Event):  # the hub writes them, in two parts, and never reads them
        assert read_fast(
            kind, to_json({n: held for n, held in plain(kind.read(data)).items() if n in kind.declared.hints})
        )
    else:
        assert read_fast(kind, data) == judged(kind, data)


WORDS_: Final = st.sampled_from((*RIGHT, *WRONG))
MOMENTS: Final = st.sampled_from(
    [NOON, NOON.replace(microsecond=0), NOON.replace(tzinfo=None), NOON.astimezone(timezone(timedelta(hours=2)))]
)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Right and wrong values for an annotation."""
    bare = hint.__origin__ if hasattr(hint, "__metadata__") else hint
    inner = getattr(bare, "__args__", ())
    if type(None) in inner:
        return st.none() | values(next(each for each in inner if each is not type(None)))
    if inner:
        return st.lists(values(inner[0]), max_size=3).map(tuple)
    if isinstance(bare, type) and issubclass(bare, Part):
        return whole(bare)
    drawn = {str: WORDS_, int: st.sampled_from(NUMBERS), bool: st.booleans(), datetime: MOMENTS}
    return drawn[bare] | (WORDS_ if bare is int else st.nothing())


def whole(kind: type[Part]) -> st.SearchStrategy[Any]:
    """A value of right and wrong fields."""
    return st.builds(kind, **{name: values(hint) for name, hint in kind.declared.hints.items()})


@each_message
def test_what_leaves_is_what_pydantic_lets_through(topic: Topic, kind: type[Message]) -> None:
    head = {} if kind.declared.head is None else {"head": whole(kind.declared.head)}

    @settings(max_examples=25, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.builds(kind, **head, **{name: values(hint) for name, hint in kind.declared.hints.items()}))
    def holds(value: Message) -> None:
        try:
            expected = to_json(plain(judged(kind, to_json(plain(value)))))
        except ValueError:  # pydantic says no, or can't write half a character
            with pytest.raises(ValueError):
                value.encoded()
        else:
            assert value.encoded() == expected

    holds()


def test_pydantic_and_what_is_built_on_it_take_the_class_itself() -> None:
    class Posted(BaseModel):
        scores: tuple[FraudScored, ...]

    posted = Posted.model_validate_json(b'{"scores": [{"verdict": "clear"}, {"verdict": "invented_since"}]}')

    assert posted.scores == (FraudScored("clear"), FraudScored("unknown"))
    assert TypeAdapter(OrderPlaced).json_schema()["properties"].keys() == OrderPlaced.declared.hints.keys()


def test_a_refusal_tells_no_value() -> None:
    with pytest.raises(Refused) as refused:
        read(FraudScored, b'{"verdict": "clear", "request_id": "Mina Okafor"}')

    assert "Okafor" not in repr(refused.value)
    assert "Okafor" not in str(refused.value.__cause__)


@pytest.mark.parametrize(
    "hint",
    [
        float,
        dict[str, int],
        Annotated[int, BeforeValidator(lambda value: value)],
        Annotated[str, NotPersonal, AfterValidator(lambda value: value)],
        Annotated[int, Field(gt=0)],
        Annotated[str, NotPersonal, Field(pattern="^a")],
        Annotated[str, NotPersonal, Field(pattern="^a$", strict=True)],
        Annotated[int | None, Field(ge=0)],
    ],
    ids=["type", "mapping", "validator", "check", "bound", "open pattern", "strict", "bound of nothing"],
)
def test_a_bound_that_msgspec_would_not_keep_is_refused_when_the_class_is_made(hint: Any) -> None:
    make: Any = Declaring

    with pytest.raises(TypeError, match=r"say here|bounded as a whole|for the whole text"):
        make("Odd", (Part,), {"__annotations__": {"weight": hint}, "__module__": __name__})


class Parcel(Part):
    """A part with a field of each kind."""

    parcel_id: Id
    weight: Annotated[int, Field(ge=0)]
    said: Annotated[str, Words(Verdict)] = Verdict.REVIEW
    packed_at: Moment | None = None
    labels: tuple[Code, ...] = ()


class Pallet(Parcel, kw_only=True):
    """A part with fields before those that it has from another."""

    count: int


def test_a_declaration_is_a_value_a_reader_and_a_model() -> None:
    parcel = Parcel("p-1", 300, labels=("fragile",))

    assert isinstance(parcel, Value)
    assert parcel.said == "review"
    assert type(parcel.said) is str
    assert parcel.written() == b'{"parcel_id":"p-1","weight":300,"said":"review","labels":["fragile"]}'
    assert Parcel.read(parcel.written()) == parcel == msgspec.json.decode(parcel.written(), type=Parcel)
    with pytest.raises(Refused, match=r"^/weight: .* greater than or equal to 0; /labels/0: .* at least 1 character$"):
        Parcel.read(b'{"parcel_id": "p-1", "weight": -1, "labels": [""]}')


def test_fields_are_written_in_the_order_in_which_they_are_declared() -> None:
    assert Pallet(parcel_id="p", weight=1, count=2).written() == (
        b'{"parcel_id":"p","weight":1,"said":"review","labels":[],"count":2}'
    )
