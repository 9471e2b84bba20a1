"""The words of the five systems, as tables."""

from collections.abc import Iterator

from domain.deciding.values import fields
from domain.orders.view.system_words import INSTEAD, MONEY, ORDER, SHIPMENT, OrderWords, ShipmentWords
from tests.rules.tables import NOTHING


def _heads(words: type[OrderWords] | type[ShipmentWords]) -> list[str]:
    return [field.name for field in fields(words)]


def _table(heads: list[str], rows: Iterator[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head.replace('_', ' ') for head in heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _cells(words: OrderWords | ShipmentWords) -> list[str]:
    return [getattr(words, head) or NOTHING for head in _heads(type(words))]


def orders() -> Iterator[str]:
    """Return the states of an order with their words."""
    rows = ([f"`{state}`", *_cells(words)] for state, words in ORDER.items())
    return _table(["state", *_heads(OrderWords)], rows)


def shipments() -> Iterator[str]:
    """Return the states of a shipment with their words."""
    rows = ([f"`{state}`", *_cells(words)] for state, words in SHIPMENT.items())
    return _table(["shipment", *_heads(ShipmentWords)], rows)


def instead() -> Iterator[str]:
    """Return the words that holds, alerts and parts sent make."""
    rows = (
        [each.says, ", ".join(f"`{state}`" for state in ORDER if state in each.among), each.system, each.word]
        for each in INSTEAD
    )
    return _table(["when", "in", "system", "word"], rows)


def money() -> Iterator[str]:
    """Return Travorium's words."""
    return _table(["payment", "travorium"], ([f"`{view}`", word] for view, word in MONEY.items()))
