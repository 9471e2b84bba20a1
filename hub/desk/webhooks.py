"""Webhooks: their owners make, change, rotate and delete them, look at attempts and have events sent again."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres import api_calls, webhook_reads, webhooks
from adapters.postgres.webhook_reads import Attempt as Attempt
from adapters.postgres.webhook_reads import Delivery as Delivery
from adapters.postgres.webhooks import ALL
from adapters.postgres.webhooks import Endpoint as Endpoint
from adapters.webhooks import examples, guard, signing
from adapters.webhooks.guard import Forbidden
from adapters.webhooks.payloads import TYPES
from adapters.webhooks.payloads import message_id as message_id
from hub.desk.acts import KeyIsReused, command_id
from hub.desk.callers import Caller
from hub.desk.resources import Desk
from hub.errors import ErrorKind, HubError

MOST: Final = 100
"""Endpoints of one owner."""
PAUSED: Final = "its owner"


class WebhookIsUnknown(HubError):
    """You have no webhook, or no attempt, {name}."""

    kind = ErrorKind.NOT_FOUND

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class TooManyWebhooks(HubError):
    """You have {most} webhooks: delete one that you don't need."""

    kind = ErrorKind.CONFLICT

    def __init__(self) -> None:
        super().__init__(most=MOST)


class WebhookIsWrong(HubError):
    """{member}: {why}."""

    kind = ErrorKind.INVALID

    def __init__(self, member: str, why: str) -> None:
        self.member = member
        super().__init__(member=member, why=why)


@dataclass(frozen=True, slots=True)
class Keyed:
    """An act of a caller under a key of his own, and what tells it from another one under the same key."""

    caller: Caller
    key: str
    fingerprint: bytes

    @property
    def id(self) -> str:
        """Return the act's id."""
        return command_id(self.caller, self.key)


@dataclass(frozen=True, slots=True)
class Shown:
    """An endpoint, and its secret where the act has just drawn it."""

    endpoint: Endpoint
    secret: str | None = None


def _checked(desk: Desk, caller: Caller, wish: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is wished of an endpoint; raises WebhookIsWrong where it can't be, or the caller may not."""
    if "url" in wish:
        try:
            guard.checked(wish["url"], desk.settings.webhooks.allow_private)
        except Forbidden as error:
            raise WebhookIsWrong("url", str(error)) from error
    unknown = sorted({*wish.get("types", ())} - TYPES - {ALL})
    if unknown:
        raise WebhookIsWrong("types", f"there is no event {', '.join(unknown[:5])}")
    foreign = set() if caller.sees is None else {*wish.get("stores", ())} - caller.sees - {ALL}
    if foreign:
        raise WebhookIsWrong("stores", f"{', '.join(sorted(foreign)[:5])} is none of your stores")
    return {**wish, "owner_stores": sorted(caller.stores), "owner_reads": caller.reads}


def _id(act: str) -> str:
    return f"wh_{uuid.UUID(act).hex}"


async def _once(connection: AsyncConnection, act: Keyed, type_: str, about: str) -> tuple[bool, Any]:
    """Write an act down; returns whether it is new, and what it was answered else. Raises KeyIsReused."""
    caller = act.caller.id
    call, new = await api_calls.accept_in(connection, caller, act.key, act.fingerprint, act.id, type_, about)
    if call.fingerprint != act.fingerprint:
        raise KeyIsReused(act.key)
    return new, call.answer


async def _own(connection: AsyncConnection, caller: Caller, name: str) -> Endpoint:
    found = await webhooks.find(connection, caller.id, name)
    if found is None:
        raise WebhookIsUnknown(name)
    return found


def _shown(desk: Desk, endpoint: Endpoint, act: Keyed) -> Shown:
    """Return an endpoint with its secret where this act drew it: who repeats it may have missed the answer."""
    mine = endpoint.secret_act == act.id
    return Shown(endpoint, signing.unsealed(endpoint.secret, desk.settings.webhooks.sealing()) if mine else None)


async def make(desk: Desk, act: Keyed, wish: Mapping[str, object]) -> Shown:
    """Make an endpoint, once for its key; raises WebhookIsWrong, TooManyWebhooks, KeyIsReused."""
    values, name = _checked(desk, act.caller, wish), _id(act.id)
    async with desk.engine.begin() as connection:
        new, _ = await _once(connection, act, "webhook.make", name)
        if new:
            if len(await webhooks.of_owner(connection, act.caller.id)) >= MOST:
                raise TooManyWebhooks
            secret = signing.sealed(signing.new_secret(), desk.settings.webhooks.sealing())
            drawn = {"id": name, "owner": act.caller.id, "secret": secret, "secret_act": act.id}
            await webhooks.make(connection, {**values, **drawn})
        return _shown(desk, await _own(connection, act.caller, name), act)


async def own(desk: Desk, caller: Caller) -> Sequence[Endpoint]:
    """Return a caller's endpoints, the oldest first."""
    async with desk.engine.connect() as connection:
        return await webhooks.of_owner(connection, caller.id)


async def one(desk: Desk, caller: Caller, name: str) -> Endpoint:
    """Return a caller's endpoint; raises WebhookIsUnknown."""
    async with desk.engine.connect() as connection:
        return await _own(connection, caller, name)


async def change(desk: Desk, caller: Caller, name: str, wish: Mapping[str, object], enabled: bool | None) -> Endpoint:
    """Change a caller's endpoint, or let it rest or go on; raises WebhookIsUnknown, WebhookIsWrong."""
    async with desk.engine.begin() as connection:
        before = await _own(connection, caller, name)
        values = _checked(desk, caller, {"stores": before.stores, **wish})
        if enabled:
            values |= {"enabled": True, "disabled_because": None, "disabled_at": None, "rest_until": None, "rests": 0}
        elif enabled is False and before.enabled:
            now = await webhooks.moment(connection, desk.settings.clock.ahead)
            values |= {"enabled": False, "disabled_because": PAUSED, "disabled_at": now}
        await webhooks.change(connection, caller.id, name, values)
        return await _own(connection, caller, name)


async def remove(desk: Desk, caller: Caller, name: str) -> None:
    """Delete a caller's endpoint; raises WebhookIsUnknown."""
    async with desk.engine.begin() as connection:
        if not await webhooks.remove(connection, caller.id, name):
            raise WebhookIsUnknown(name)


async def rotate(desk: Desk, act: Keyed, name: str) -> Shown:
    """Draw a new secret for a caller's endpoint, once for the key; the one before signs beside it for a day."""
    async with desk.engine.begin() as connection:
        await _own(connection, act.caller, name)
        new, _ = await _once(connection, act, "webhook.rotate", name)
        if new:
            secret = signing.sealed(signing.new_secret(), desk.settings.webhooks.sealing())
            await webhooks.rotate(connection, act.caller.id, name, secret, act.id)
        return _shown(desk, await _own(connection, act.caller, name), act)


async def send_example(desk: Desk, act: Keyed, name: str, type_: str | None) -> Delivery:
    """Have an example sent to a caller's endpoint, once for the key; raises WebhookIsUnknown, WebhookIsWrong."""
    if type_ is not None and type_ not in TYPES:
        raise WebhookIsWrong("type", f"there is no event {type_}")
    async with desk.engine.begin() as connection:
        endpoint = await _own(connection, act.caller, name)
        await _once(connection, act, "webhook.example", name)
        chosen = type_ or next((each for each in endpoint.types if each != ALL), "order.created.v1")
        ahead = desk.settings.clock.ahead
        return await webhook_reads.add_example(connection, name, f"example:{act.id}", chosen, examples.ORDER, ahead)


async def recover(desk: Desk, act: Keyed, name: str, since: datetime) -> int:
    """Have everything sent again that has failed since a moment, once for the key; returns how many events."""
    stores, ahead = _stores(act.caller), desk.settings.clock.ahead
    async with desk.engine.begin() as connection:
        await _own(connection, act.caller, name)
        new, answer = await _once(connection, act, "webhook.recover", name)
        if not new:
            return int((answer or {}).get("recovered", 0))
        count = await webhook_reads.recover(connection, name, since, stores, ahead)
        await api_calls.answer_in(connection, act.id, {"recovered": count})
    return count


async def attempts(
    desk: Desk, caller: Caller, name: str, before: int | None, limit: int
) -> tuple[Sequence[Attempt], int | None]:
    """Return an endpoint's attempts, the newest first, and after which one the next page begins."""
    async with desk.engine.connect() as connection:
        await _own(connection, caller, name)
        found = await webhook_reads.attempts(connection, name, _stores(caller), before, limit + 1)
    return found[:limit], found[limit - 1].id if len(found) > limit else None


async def replay(desk: Desk, act: Keyed, attempt: int) -> Delivery:
    """Have what an attempt was about sent again, once for the key; raises WebhookIsUnknown."""
    async with desk.engine.begin() as connection:
        new, answer = await _once(connection, act, "webhook.replay", str(attempt))
        if not new and answer is not None:
            return Delivery(**{**answer, "next_at": datetime.fromisoformat(answer["next_at"])})
        ahead = desk.settings.clock.ahead
        done = await webhook_reads.replay(connection, act.caller.id, attempt, _stores(act.caller), ahead)
        if done is None:
            raise WebhookIsUnknown(str(attempt))
        await api_calls.answer_in(connection, act.id, {**asdict(done), "next_at": done.next_at.isoformat()})
    return done


def _stores(caller: Caller) -> Sequence[str] | None:
    return None if caller.sees is None else sorted(caller.sees)
