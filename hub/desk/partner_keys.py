"""Keys of partners: each writes as one source, to its topics, and reads nothing."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from adapters.postgres import api_keys
from adapters.postgres.api_keys import PartnerKey as PartnerKey
from contracts.topics import API_SOURCE, COMMANDS, INTERNAL, TOPICS, Direction
from hub.desk.errors import Refused
from hub.desk.resources import Desk
from hub.errors import Kind

PREFIX: Final = "hubk_"
WRITABLE: Final = tuple(t.name for t in TOPICS if t.direction is Direction.INBOUND and t not in (COMMANDS, INTERNAL))
"""The topics that partners may write to over HTTP; commands go through the acts."""


NOTED: Final = timedelta(minutes=1)
"""How exactly it is known when a key was used last."""


class TopicIsNotForPartners(Refused):
    """partners don't write to {topics}; they may write to {known}."""

    def __init__(self, topics: Sequence[str]) -> None:
        super().__init__(topics=", ".join(topics), known=", ".join(WRITABLE))


class SourceIsOurs(Refused):
    """sources that begin with /hub/ or are /api are the hub's own: name the partner's, such as /warehouses/north."""


class TwoKeysAlready(Refused):
    """{source} has two good keys: revoke the older one first."""

    kind = Kind.CONFLICT

    def __init__(self, source: str) -> None:
        super().__init__(source=source)


async def create(
    desk: Desk, source: str, topics: Sequence[str], by: str, life: timedelta | None = None
) -> tuple[PartnerKey, str]:
    """Make a key for a source and these topics; returns it with the key itself, which is told this once.

    Raises TopicIsNotForPartners, SourceIsOurs, TwoKeysAlready.
    """
    odd = sorted(set(topics) - set(WRITABLE))
    if odd or not topics:
        raise TopicIsNotForPartners(odd or ["nothing"])
    if source.startswith("/hub/") or source == API_SOURCE:
        raise SourceIsOurs
    secret = PREFIX + secrets.token_urlsafe(32)
    until = None if life is None else datetime.now(UTC) + life
    made = await api_keys.add(desk.engine, str(uuid4()), source, sorted(set(topics)), digest(secret), by, until)
    if made is None:
        raise TwoKeysAlready(source)
    return made, secret


async def find(desk: Desk, secret: str) -> PartnerKey | None:
    """Return whose key it is; None where it is nobody's, or good no more."""
    if not secret.startswith(PREFIX) or len(secret) > 100:
        return None
    found = await api_keys.find(desk.engine, digest(secret))
    if found is not None and (found.used_at is None or datetime.now(UTC) - found.used_at > NOTED):
        await api_keys.used(desk.engine, found.id)
    return found


async def listed(desk: Desk) -> Sequence[PartnerKey]:
    """Return every key, the newest first."""
    return await api_keys.all_of(desk.engine)


async def revoke(desk: Desk, id_: str) -> bool:
    """End a key at once; False where there is none of this id that is good."""
    return await api_keys.revoke(desk.engine, id_)


def digest(secret: str) -> bytes:
    """Return what is kept of a key: of 256 random bits a plain hash gives nothing away."""
    return hashlib.sha256(secret.encode()).digest()
