"""How a command gets at a hub: its settings read or refused, its desk opened, its work awaited, its desk closed."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from pydantic import ValidationError

from hub.desk import Desk, open_desk
from hub.errors import NotUsable
from hub.servers import attached
from hub.settings import Settings, unknown_names
from hub.wiring import ENGINE_COMMAND_SECONDS

SECRETS: Final = "HUB_SECRETS"
"""Names the folder of secrets."""
T = TypeVar("T")


def at_desk(
    data: Path | None, work: Callable[[Desk], Awaitable[T]], command_seconds: float = ENGINE_COMMAND_SECONDS
) -> T:
    """Do a command's work at a desk on the servers that the settings name, or those of the `hub up` of the folder.

    Raises NotUsable or NoServer.
    """
    return desk_on(servers_of(data), work, command_seconds)


def desk_on(
    settings: Settings, work: Callable[[Desk], Awaitable[T]], command_seconds: float = ENGINE_COMMAND_SECONDS
) -> T:
    """Do a command's work at a desk on these servers."""

    async def run() -> T:
        async with open_desk(settings, command_seconds) as desk:
            return await work(desk)

    return asyncio.run(run())


def servers_of(data: Path | None) -> Settings:
    """Return the settings with both servers known; raises NotUsable or NoServer."""
    return attached(read_settings(data))


def _secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that are files of the folder of secrets, as Docker and Kubernetes mount them.

    A file has the setting's name, and its value as it stands, but for a line's end; the environment goes first.
    """
    if SECRETS not in environment:
        return {}
    folder = Path(environment[SECRETS])
    try:
        files = [each for each in folder.iterdir() if each.name.startswith("HUB_") and each.is_file()]
        found = {each.name: each.read_text().rstrip("\n") for each in files}
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "a file is no text"
        raise NotUsable(f"{SECRETS}: {folder} can't be read: {why}") from error
    return {name: value for name, value in found.items() if name not in environment}


def read_settings(data: Path | None = None) -> Settings:
    """Return the settings of the environment and of the folder of secrets that it names; raises NotUsable."""
    os.environ.update(_secrets(os.environ))
    try:
        settings = Settings()
        unknown = [*unknown_names(os.environ), *settings.unknown_policy()]
        if unknown:
            raise NotUsable(f"no setting is called {', '.join(unknown)}; docs/settings.md lists them")
        settings.domain_policy()
    except ValidationError as error:
        faults = "; ".join(f"HUB_{'__'.join(map(str, f['loc'])).upper()}: {f['msg']}" for f in error.errors())
        raise NotUsable(faults) from error
    return settings if data is None else settings.model_copy(update={"data": data})
