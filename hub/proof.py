"""`hub verify`: the proof from outside, with progress."""

from typing import Any

from rich.console import Console

from hub.errors import NotUsable
from hub.settings import Settings
from verification import Report, Verification, verify
from verification import table as table


async def prove(settings: Settings, console: Console, *, quiet: bool) -> Report:
    """Compare the log, the journal and the orders; nothing is changed."""
    others, (_, parts) = settings.other_databases(), settings.database.share
    if len(others) != parts - 1:
        raise NotUsable(f"this is one of {parts} databases: name the other ones in HUB_DATABASE__OTHERS")
    what = Verification(
        settings.connection(), settings.database_url(), settings.shards, ahead=settings.clock.ahead, others=others
    )
    if not quiet:
        console.print("Verifying: every record, every decision, every message", highlight=False)
    return await verify(what)


__all__: list[Any] = ["prove", "table"]
