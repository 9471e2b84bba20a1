"""Keys of partners: each writes as one source, to its topics, and reads nothing."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid5

from adapters.postgres import api_keys
from adapters.postgres.api_keys import PartnerKey as PartnerKey
from adapters.postgres.api_keys import WantedKey
from contracts.topics import API_SOURCE, COMMANDS, INTERNAL, TOPICS, Direction
from hub.desk.acts import NAMESPACE, ApiKeyIsMissing
from hub.desk.errors import Refused
from hub.desk.operations import Act
from hub.desk.resources import Desk
from hub.errors import ErrorKind

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

    kind = ErrorKind.CONFLICT

    def __init__(self, source: str) -> None:
        super().__init__(source=source)


async def create(
    desk: Desk, act: Act, source: str, topics: Sequence[str], by: str, life: timedelta | None = None
) -> tuple[PartnerKey, str | None]:
    """Make a key for a source and these topics, once for the act; return it with the key itself.

    The act's repetition is told the key again until it is used, for its answer may have been lost; later None.
    Raises TopicIsNotForPartners, SourceIsOurs, TwoKeysAlready, KeyIsOfOther, ApiKeyIsMissing.
    """
    odd = sorted(set(topics) - set(WRITABLE))
    if odd or not topics:
        raise TopicIsNotForPartners(odd or ["nothing"])
    if source.startswith("/hub/") or source == API_SOURCE:
        raise SourceIsOurs
    id_ = str(uuid5(NAMESPACE, f"{act.key}\npartner key"))
    secret = _secret(desk, id_)
    wanted = WantedKey(id_, source, sorted(set(topics)), digest(secret), by, life)
    made = await api_keys.add(desk.engine, act.operation("make partner key"), wanted)
    if made is None:
        raise TwoKeysAlready(source)
    key, kept = made
    unused = key.used_at is None and key.revoked_at is None
    return key, secret if unused and kept == wanted.hash else None


def _secret(desk: Desk, id_: str) -> str:
    """Return the key of an id: always the same, so that it needn't be kept, and known to who has HUB_API__KEY alone."""
    if desk.settings.api.key is None:
        raise ApiKeyIsMissing
    key = desk.settings.api.key.get_secret_value().encode()
    drawn = hmac.digest(key, f"key of a partner\n{id_}".encode(), "sha256")
    return PREFIX + urlsafe_b64encode(drawn).decode().rstrip("=")


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


async def revoke(desk: Desk, act: Act, id_: str) -> bool:
    """End a key at once; False where there is none of this id that is good. Raises KeyIsOfOther."""
    return await api_keys.revoke(desk.engine, act.operation("end partner key"), id_)


def digest(secret: str) -> bytes:
    """Return what is kept of a key: of 256 random bits a plain hash gives nothing away."""
    return hashlib.sha256(secret.encode()).digest()
