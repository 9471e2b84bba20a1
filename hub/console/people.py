"""People: what those are called whose ids stand at locks and acts."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from hub.console.asking import Refused
from hub.console.visit import Visit


async def names(visit: Visit, ids: Iterable[str | None]) -> Mapping[str, str]:
    """Return what people are called, by their ids; who has no name is called by his id."""
    wanted = sorted({each for each in ids if each and len(each) <= 200})[:100]
    found = {each: each for each in wanted}
    if wanted:
        with suppress(Refused):
            told = await visit.api.get("/v1/people", [("id", each) for each in wanted])
            found |= {each["id"]: each["name"] for each in told["items"] if each["name"]}
    return found
