"""Choosing: which failed records are meant, as addresses say it, and what an act would touch of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from hub.console.visit import Visit

Query = Sequence[tuple[str, str]]
FILTERS: Final = ("kind", "code", "topic", "partition", "order", "source", "since", "until", "archived")
SOME: Final = 1000
"""Records that can be chosen one by one."""
ACTS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "retry": (),
    "skip": (("kind", "quarantined"),),
    "archive": (("kind", "dead_letter"),),
    "restore": (("kind", "dead_letter"), ("archived", "true")),
}
"""What may be done with failed records, and to which of them alone."""


def filters(given: Query) -> list[tuple[str, str]]:
    """Return the filters among the fields of an address."""
    return [(name, held) for name, held in given if name in FILTERS and held]


def of_cause(cause: Mapping[str, Any]) -> str:
    """Return a cause as a field of a form."""
    return urlencode([(name, cause[name]) for name in ("kind", "code", "topic") if cause[name]])


@dataclass(frozen=True, slots=True)
class Choice:
    """What an act would touch now: the groups, how many records of how many orders, and the token that means them."""

    query: Query
    groups: Sequence[Mapping[str, Any]]
    records: int
    orders: int
    token: str


async def previewed(visit: Visit, given: Query, do: str) -> Choice:
    """Return what an act would touch of what is chosen: records by number, causes, or all that filters leave.

    Where the form says that some were to be chosen, and none are, that is none, and never all.
    """
    if ("some", "yes") in given and not any(name in ("ids", "cause") for name, _ in given):
        return Choice((), (), 0, 0, "")
    asked = await _asked(visit, given, dict(ACTS[do]))
    found = (await visit.api.send("POST", "/v1/ops/failed/preview", asked)).document
    kept = [each for each in given if each[0] in (*FILTERS, "ids", "cause")]
    return Choice(kept, found["groups"], found["records"], found["orders"], found["choice_token"])


async def _asked(visit: Visit, given: Query, narrowed: dict[str, str]) -> dict[str, Any]:
    chosen: dict[str, Any] = dict(filters(given)) | narrowed
    causes = [parse_qsl(held) for name, held in given if name == "cause"]
    ids = [int(held) for name, held in given if name == "ids" and held.isdecimal()]
    if len(causes) == 1 and not ids:
        chosen = dict(causes[0]) | chosen
    elif causes:
        for cause in causes:
            ids += await _ids(visit, [*{**dict(cause), **chosen}.items()])
    return chosen | ({"ids": sorted(set(ids))[: SOME + 1]} if ids else {})


async def _ids(visit: Visit, chosen: Query) -> list[int]:
    found = await visit.api.get("/v1/ops/failed/records", [*chosen, ("limit", str(SOME))])
    return [each["id"] for each in found["items"]]
