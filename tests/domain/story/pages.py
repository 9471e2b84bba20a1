"""Pages: what the hub says at every row of the tables and at every gate; `python -m tests.domain.story` writes them.

The pages in data/said are approved by reading their diff: a change of what partners, customers and agents are told
shows there, word for word. What must be so by the specification is in transitions.toml and gates.csv.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from contracts.message import Request
from domain.deciding.decision import Decision, Outcome
from domain.deciding.money import Money, plain
from domain.deciding.values import Value, default_of, fields
from domain.orders.order import Order
from domain.orders.view.waiting import waiting
from tests.domain.story.rows import ROWS
from tests.domain.story.situations import SITUATIONS
from tests.domain.story.specified import DATA, OPEN, SPECIFIED, cells, happens

FOLDER = DATA / "said"
_ID = re.compile(r"\b([0-9a-f]{4})[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
PAGES = (*SITUATIONS, "gates")


def written(page: str) -> str:
    """The page as it stands in the folder."""
    return (FOLDER / f"{page}.txt").read_text(encoding="utf-8")


def said(page: str) -> str:
    """The page as the hub speaks today."""
    sections = _gates() if page == "gates" else _table(page)
    return _ID.sub(r"#\1", "\n".join(sections)) + "\n"


def _table(table: str) -> Iterator[str]:
    for happening, situations in SPECIFIED[table].items():
        for situation, cell in situations.items():
            if cell != OPEN:
                story = SITUATIONS[table][situation]()
                before = story.order
                made = happens(story, table, happening)
                yield f"== {happening} at {situation}"
                for decision in made:
                    yield from _decision(decision)
                yield from _left(before, story.order)


def _gates() -> Iterator[str]:
    for cell in cells():
        row = ROWS[cell.row]
        story = row.story(cell.state)
        decision = story.command(row.command(story))
        yield f"== {cell.row} at {cell.state}"
        yield from _decision(decision)


def _decision(decision: Decision[Order]) -> Iterator[str]:
    fact = type(decision.received.fact).__name__
    yield f"{decision.after.id}: {fact} {decision.outcome} by {' '.join(decision.rules) or 'no rule'}"
    if decision.refusal is not None:
        yield f"  no, {decision.refusal.code}: {decision.refusal.detail}; {decision.refusal.hint}"
    if decision.outcome is Outcome.APPLIED:
        yield from (f"  says  {_told(event)}" for event in decision.events)
        yield from (f"  asks  {_told(request)}" for request in decision.requests)
        yield from (f"  tells {message.subject}: {_told(message.fact)}" for message in decision.to_others)


def _left(before: Order, after: Order) -> Iterator[str]:
    """What the order has set itself, and what it waits for."""
    had = {(timer.kind, timer.subject, timer.due_at) for timer in before.timers}
    for timer in after.timers:
        if (timer.kind, timer.subject, timer.due_at) not in had:
            yield f"  until {timer.kind} {timer.subject} {timer.due_at - timer.since}".replace("  ", " ")
    yield f"  waits {', '.join(f'{each.message} of the {each.party}' for each in waiting(after)) or 'for nothing'}"


def _told(message: Any) -> str:
    said = [
        f"{field.name}={_value(getattr(message, field.name))}"
        for field in fields(type(message))
        if _is_set(message, field)
    ]
    return " ".join((type(message).__name__, *said))


def _is_set(message: Any, field: Any) -> bool:
    if isinstance(message, Request) and field.name == "store":
        return False  # every request names it: tests/domain/test_requests.py
    value = getattr(message, field.name)
    return field.required or bool(value != default_of(field))


def _value(value: object) -> str:
    if isinstance(value, Money):
        return plain(value).replace(" ", "")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return f"({' '.join(map(_value, value))})"
    if isinstance(value, Value):
        return f"<{_told(value)}>"
    return str(value)
