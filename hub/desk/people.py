"""People: what those are called who were seen, beside the ids that their acts bear."""

from collections.abc import Sequence

from adapters.postgres import people
from adapters.postgres.people import SeenPerson as SeenPerson
from hub.desk.callers import Caller
from hub.desk.operations import Act
from hub.desk.resources import Desk


async def seen(desk: Desk, caller: Caller) -> None:
    """Note what a caller is called, if his token says so."""
    if caller.called is not None:
        await people.note(desk.engine, caller.issuer, caller.name, caller.called)


async def named(desk: Desk, ids: Sequence[str]) -> Sequence[SeenPerson]:
    """Return what people with these ids are called, as far as that is known and certain."""
    return await people.find(desk.engine, ids)


async def erase(desk: Desk, act: Act, id_: str) -> bool:
    """Erase what somebody is called; False where it isn't known. It is noted anew if he signs in again."""
    return act.dry_run or await people.erase(desk.engine, act.operation("erase person"), id_)
