"""What is read from one topic: its messages, the facts they are, and how an order is found without its id."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast, get_args, get_origin, get_type_hints

from contracts.message import Message
from contracts.topics import Topic
from contracts.values import Value, fields
from domain.deciding.money import Money
from domain.orders.facts import Fact

Translate = Callable[[Message], Fact]
Reference = Callable[[Any], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Inbound:
    """One topic: `facts` says which fact each message is, `references` where to find the order without its id."""

    topic: Topic
    facts: Mapping[type[Message], type[Fact]]
    references: Mapping[type[Message], Reference] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = [message.__name__ for message in self.topic.messages if message not in self.facts]
        if missing:
            raise LookupError(f"{self.topic.name}: no fact for {', '.join(missing)}; add a row to its consumer")

    @property
    def types(self) -> dict[str, type[Message]]:
        """Return the messages by CloudEvents type."""
        return self.topic.by_type

    def fact(self, message: Message) -> Fact:
        """Return the fact that a message is."""
        kind = self.facts[type(message)]
        translate = _TRANSLATORS.get(kind)
        if translate is None:
            translate = _TRANSLATORS[kind] = _translator(kind)
        fact = translate(message)
        assert isinstance(fact, Fact)
        return fact

    def reference(self, message: Message) -> tuple[str, str] | None:
        """Return (kind, value) of the number that names the order, None where the message has none."""
        find = self.references.get(type(message))
        return None if find is None else find(message)


_TRANSLATORS: dict[type[Any], Callable[[Any], Any]] = {}


def _translator(kind: type[Any]) -> Callable[[Any], Any]:
    """Return a function from a contract's part to the domain's value with the same field names, as if by hand."""
    hints = get_type_hints(kind)
    steps = {spec.name: _step(hints[spec.name]) for spec in fields(kind)}
    known = {"kind": kind, **{f"step_{name}": step for name, step in steps.items()}}
    told = [f"{name}=part.{name}" if step is None else _stepped(name) for name, step in steps.items()]
    source = f"lambda part: kind({', '.join(told)})"
    return cast("Callable[[Any], Any]", eval(compile(source, f"<{kind.__name__}>", "eval"), known))  # noqa: S307 - ours


def _stepped(name: str) -> str:
    return f"{name}=None if part.{name} is None else step_{name}(part.{name})"


def _step(hint: Any) -> Callable[[Any], Any] | None:
    """Return how a field's value is translated, None where it stays as it is."""
    options = [option for option in get_args(hint) if option is not type(None)]
    if get_origin(hint) is tuple:
        inner = _step(options[0])
        return tuple if inner is None else lambda values: tuple(map(inner, values))
    if options:
        return _step(options[0])
    if hint is Money:
        return lambda money: Money(money.amount, money.currency)
    if isinstance(hint, type) and issubclass(hint, Value):
        return _translator(hint)
    if hint is str:
        return lambda text: text.value if isinstance(text, StrEnum) else text
    return None
