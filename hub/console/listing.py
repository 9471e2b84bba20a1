"""Lists: a page of one of the API's, or why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from hub.console.asking import Refused
from hub.console.visit import Visit

ANSWERS: frozenset[int] = frozenset({400, 422, 503})
"""Problems that a list's page shows in place of its rows: the rest of the page stays."""
OURS: frozenset[str] = frozenset({"done", "order"})
"""What addresses of lists tell the page alone: which act led there, and which row is looked at."""


def asked(request: Request, **usual: str) -> list[tuple[str, str]]:
    """Return what a list is asked by, with what is usual where the address says nothing of it."""
    given = [(name, held) for name, held in request.query_params.multi_items() if held and name not in OURS]
    named = {name for name, _ in given}
    return [each for each in given if each[1] != "any"] + [each for each in usual.items() if each[0] not in named]


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list's page shows: its address, the rows, or the problem in their place.

    `asked` is what stands in the address, which is not all that the API is asked: what names a person is not there.
    `done` is the command that led there.
    """

    path: str
    asked: Sequence[tuple[str, str]]
    found: dict[str, Any] | None
    problem: dict[str, Any] | None = None
    done: str | None = None

    @classmethod
    async def read(cls, visit: Visit, route: str, asked: Sequence[tuple[str, str]]) -> "Listing":
        """Read a page of a list; raises Refused where the caller may not see it at all."""
        query = visit.request.query_params
        shown = [each for each in query.multi_items() if each[1] and each[0] not in OURS | {"after"}]
        path = visit.request.url.path
        done = next((act.command for act in visit.house.acts.get(query.get("done", ""), ())), None)
        try:
            found = await visit.api.get(route, asked)
        except Refused as error:
            if error.status not in ANSWERS:
                raise
            return cls(path, shown, None, dict(error.problem), done)
        return cls(path, shown, found, done=done)

    @property
    def rows(self) -> Sequence[Any]:
        """Return the rows."""
        return [] if self.found is None else self.found["items"]

    @property
    def is_current(self) -> bool:
        """Tell whether the list shows all that has happened; one that is read where it is written always does."""
        behind = None if self.found is None else self.found.get("listing")
        return behind is None or behind["state"] == "current"

    @property
    def following(self) -> str | None:
        """Return the address of the next page."""
        cursor = None if self.found is None else self.found["next_cursor"]
        return None if cursor is None else self.address(cursor=cursor)

    @property
    def beginning(self) -> str | None:
        """Return the address of the first page, where this is another one."""
        return self.address() if self.values("cursor") else None

    def values(self, name: str) -> list[str]:
        """Return what a filter is set to."""
        return [held for each, held in self.asked if each == name]

    def address(self, **changed: str | None) -> str:
        """Return the address of this list with other filters, from its beginning."""
        kept = [(name, held) for name, held in self.asked if name not in changed and name != "cursor"]
        return self._at([*kept, *((name, held) for name, held in changed.items() if held is not None)])

    def without(self, name: str, held: str) -> str:
        """Return the address of this list without one value of a filter."""
        return self._at([each for each in self.asked if each != (name, held) and each[0] != "cursor"])

    def _at(self, query: Sequence[tuple[str, str]]) -> str:
        return f"{self.path}?{urlencode(query)}" if query else self.path
