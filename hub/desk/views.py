"""Views: filters of lists that people save, for themselves or for the people of a store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from adapters.postgres import views
from adapters.postgres.views import View as View
from domain.orders.view.spelling import folded, words
from hub.desk.callers import Caller
from hub.desk.operations import Act
from hub.desk.resources import Desk
from hub.errors import ErrorKind, HubError

MOST: Final = 200
"""Views of one owner."""
SHORTEST: Final = 3
"""Characters of a text by which views are erased: with fewer it would be in too many."""
TAIL: Final = 8
"""Digits by which a telephone number is known, however its country and area are written."""


class ViewIsUnknown(HubError):
    """There is no view {name} that you could see, or change."""

    kind = ErrorKind.NOT_FOUND

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class ViewIsTaken(HubError):
    """Somebody else has a view {name}: give yours another id."""

    kind = ErrorKind.CONFLICT

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class TooManyViews(HubError):
    """You have {most} views: delete one that you don't need."""

    kind = ErrorKind.CONFLICT

    def __init__(self) -> None:
        super().__init__(most=MOST)


class StoreIsNotYours(HubError):
    """You can share a view with stores of yours alone, and {store} is none."""

    kind = ErrorKind.INVALID

    def __init__(self, store: str) -> None:
        super().__init__(store=store)


class TextIsTooShort(HubError):
    """A text by which views are erased has {least} characters at least."""

    kind = ErrorKind.INVALID

    def __init__(self) -> None:
        super().__init__(least=SHORTEST)


@dataclass(frozen=True, slots=True)
class Wish:
    """A view as its owner wants it."""

    name: str
    list: str
    query: str
    store: str | None = None


async def seen(desk: Desk, caller: Caller, list_: str | None = None) -> Sequence[View]:
    """Return a caller's own views and those shared with his stores, of one list or of all."""
    return await views.seen(desk.engine, caller.id, caller.sees, list_)


async def show(desk: Desk, caller: Caller, name: str) -> View:
    """Return a view of the caller's, or one shared with a store of his; raises ViewIsUnknown."""
    found = await views.find(desk.engine, name, caller.id, caller.sees)
    if found is None:
        raise ViewIsUnknown(name)
    return found


async def put(desk: Desk, caller: Caller, name: str, wish: Wish) -> tuple[View, bool]:
    """Keep a view under an id, and tell whether it is new; raises StoreIsNotYours, TooManyViews, ViewIsTaken."""
    if wish.store is not None and caller.sees is not None and wish.store not in caller.sees:
        raise StoreIsNotYours(wish.store)
    if await views.count(desk.engine, caller.id, name) >= MOST:
        raise TooManyViews
    values = {"owner_name": caller.name, "name": wish.name, "list": wish.list, "query": wish.query, "store": wish.store}
    kept = await views.put(desk.engine, caller.id, name, values)
    if kept is None:
        raise ViewIsTaken(name)
    return kept


async def drop(desk: Desk, caller: Caller, name: str) -> None:
    """Delete a caller's own view; raises ViewIsUnknown."""
    if not await views.drop(desk.engine, caller.id, name):
        raise ViewIsUnknown(name)


async def tidy(desk: Desk) -> int:
    """Drop the views that nobody was told for a year; returns how many."""
    return await views.tidy(desk.engine)


async def erase(desk: Desk, act: Act, text: str) -> Sequence[View]:
    """Erase the views that mention somebody, whosever they are, and return them; raises TextIsTooShort.

    The act is written down with how many it erased, but without the text.
    """
    if len(text.strip()) < SHORTEST:
        raise TextIsTooShort

    def chosen(view: View) -> bool:
        return mentions(view, text.strip())

    if act.dry_run:
        return await views.every(desk.engine, chosen)
    return await views.erase(desk.engine, act.operation("erase views"), chosen)


def mentions(view: View, text: str) -> bool:
    """Tell whether a view's name or filters have a text in them, or all its words, or a telephone number's end.

    Case and accents don't count.
    """
    told = [view.name, *(value for _, value in parse_qsl(view.query))]
    sought, digits = set(words(text)), _digits(text)[-TAIL:]
    return any(
        folded(text) in folded(each)
        or (bool(sought) and sought <= set(words(each)))
        or (len(digits) == TAIL and digits in _digits(each))
        for each in told
    )


def _digits(text: str) -> str:
    """Return the digits of what can be a telephone number, else nothing."""
    return "" if any(each.isalpha() or each == "@" for each in text) else "".join(filter(str.isdigit, text))
