"""Acts: what people do to orders over HTTP, each written down, published once, and answered from the journal."""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import msgspec

from adapters import tokens
from adapters.postgres import api_calls, listing_keepers
from adapters.postgres.api_calls import Call, Found
from contracts import envelope, tracing
from contracts.commands import Command
from contracts.topics import API_SOURCE, COMMANDS, NOT_OF_THE_API
from contracts.wire import HEADER_TOKEN, type_of, unpack
from hub.desk import listing
from hub.desk.answers import Answers
from hub.desk.callers import Caller
from hub.desk.resources import Desk
from hub.errors import ErrorKind, HubError
from producers.intake import Intake

SOURCE: Final = API_SOURCE
"""The CloudEvents source of all commands that come in over HTTP."""
NAMESPACE: Final = uuid.UUID("6f1d1a1e-3f0c-5c1a-9f6e-9f6b4c9d8a52")
TOKEN_LIFE: Final = timedelta(minutes=1)


class KeyIsReused(HubError):
    """The idempotency key {key} was used for something else: take a new key for each act."""

    kind = ErrorKind.INVALID

    def __init__(self, key: str) -> None:
        super().__init__(key=key)


class ApiKeyIsMissing(HubError):
    """HUB_API__KEY is not set: make a pair with `hub token keypair`, and name the public half in HUB_ISSUERS."""

    kind = ErrorKind.SETUP


@dataclass(frozen=True, slots=True)
class Act:
    """What a caller wants done: a command for an order, under a key that is his own."""

    caller: Caller
    key: str
    order_id: str
    command: Command
    fingerprint: bytes
    trace: str | None = None
    """The W3C `traceparent` that hands its trace on."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command; `outcome` is None while nothing is known yet.

    `code`, `detail` and `hint` say why it was refused; `caused` are the types of the events that it led to.
    """

    command_id: str
    order_id: str
    type: str
    outcome: str | None = None
    version: int = 0
    accepted: bool = False
    code: str | None = None
    detail: str | None = None
    hint: str | None = None
    caused: Sequence[str] = ()
    repeated: bool = False


class Acts:
    """The writer of acts: one for a process."""

    def __init__(self, desk: Desk, intake: Intake, answers: Answers) -> None:
        self._desk, self.intake, self._answers = desk, intake, answers

    async def do(self, act: Act, wait: timedelta) -> Answer:
        """Have a command carried out once for its key, and return its answer, or that there is none yet.

        Raises KeyIsReused, ApiKeyIsMissing, KafkaError; what was written down is published by the next try.
        """
        engine, command = self._desk.engine, act.command
        name = command_id(act.caller, act.key)
        call, new = await api_calls.accept(
            engine, act.caller.id, act.key, act.fingerprint, name, command.type(), act.order_id
        )
        if call.fingerprint != act.fingerprint:
            raise KeyIsReused(act.key)
        found = None if new else (await api_calls.answers(engine, SOURCE, [call])).get(name)
        if found is None:
            call = await self._publish(act, call)
            found = await self._answers.wait(call, wait)
        return answer_of(call, found, repeated=not new)

    async def is_repeated(self, caller: Caller, key: str, fingerprint: bytes) -> bool:
        """Tell whether just this act was accepted before."""
        return await api_calls.fingerprint_of(self._desk.engine, caller.id, key) == fingerprint

    async def look(self, caller: Caller, name: str, wait: timedelta) -> Answer | None:
        """Return the answer to a caller's own earlier act, waiting for it so long; None if he has none of this id."""
        call = await api_calls.find(self._desk.engine, caller.id, name)
        return None if call is None else answer_of(call, await self._answers.wait(call, wait), repeated=True)

    async def until_listed(self, caller: Caller, name: str) -> bool:
        """Wait until lists show what a caller's own act did; False if they don't in time, or he has no such act."""
        try:
            async with asyncio.timeout(listing.PATIENCE):
                call = await api_calls.find(self._desk.engine, caller.id, name)
                if call is None or (await self._answers.wait(call, timedelta(seconds=listing.PATIENCE))) is None:
                    return False
                wanted = await listing_keepers.mark_of(self._desk.engine, call.order_id, SOURCE, name)
                return await listing.caught_up(self._desk, wanted)
        except TimeoutError:
            return False

    async def _publish(self, act: Act, call: Call) -> Call:
        """Write the command to the log; a second time it is the same record, which the order's inbox knows."""
        headers = [*self._envelope(act, call).headers(), (HEADER_TOKEN, self._token(act, call).encode())]
        if act.trace is not None:
            headers.append((tracing.HEADER, act.trace.encode()))
        place = await self.intake.write(COMMANDS.name, act.order_id, headers, act.command.encoded())
        await api_calls.published(self._desk.engine, call.command_id, place.topic, place.partition, place.offset)
        return replace(call, topic=place.topic, partition=place.partition, offset=place.offset)

    def _envelope(self, act: Act, call: Call) -> envelope.Envelope:
        type_ = act.command.type()
        return envelope.Envelope(
            call.command_id, SOURCE, type_, act.order_id, call.at, envelope.schema_url(COMMANDS.name, type_)
        )

    def _token(self, act: Act, call: Call) -> str:
        """Return a token that says who acts, for this command alone: the API vouches for him with its own key."""
        settings, caller = self._desk.settings, act.caller
        if settings.api.key is None:
            raise ApiKeyIsMissing
        return tokens.create(
            settings.api.key.get_secret_value(),
            caller.name,
            sorted(caller.scopes),
            sorted(caller.stores),
            TOKEN_LIFE,
            audience=settings.token_audience,
            command=call.command_id,
            issuer=settings.api.issuer,
            by=caller.tool,
        )


@asynccontextmanager
async def opened_acts(desk: Desk) -> AsyncIterator[Acts]:
    """Open the writer of acts as long as the block."""
    intake, answers = Intake(desk.kafka, desk.settings.shards), Answers(desk, SOURCE)
    try:
        yield Acts(desk, intake, answers)
    finally:
        await answers.close()
        await intake.close()


def command_id(caller: Caller, key: str) -> str:
    """Return the id of the command that a caller's key stands for: the same whenever it is asked for."""
    return str(uuid.uuid5(NAMESPACE, f"{caller.id}\n{key}"))


def new_order_id(caller: Caller, key: str) -> str:
    """Return the id of an order that an act begins."""
    return str(uuid.uuid5(NAMESPACE, f"{caller.id}\n{key}\norder"))


def fingerprint(method: str, path: str, condition: str, body: bytes) -> bytes:
    """Return what tells two requests under the same key apart."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), condition.encode(), body))).digest()


def answer_of(call: Call, found: Found | None, *, repeated: bool) -> Answer:
    """Return the answer to an act as the journal has it, or as the record's fate tells."""
    name, order_id, type_ = call.command_id, call.order_id, call.type
    if found is None:
        return Answer(name, order_id, type_, repeated=repeated)
    messages = unpack(found.messages)
    types = list(map(type_of, messages))
    rejected = next((m for m, t in zip(messages, types, strict=True) if t == "command.rejected.v1"), None)
    if rejected is not None:
        told = _data(rejected.value)
        return Answer(
            name,
            order_id,
            type_,
            found.outcome,
            found.version,
            code=told.get("code"),
            detail=told.get("detail"),
            hint=told.get("hint"),
            repeated=repeated,
        )
    if found.code is not None:
        return _kept(call, found, repeated=repeated)
    caused = [each for each in types if each and not each.startswith(("command.", "order.status"))]
    return Answer(name, order_id, type_, found.outcome, found.version, accepted=True, caused=caused, repeated=repeated)


_KEPT: Final = ("quarantined", "held", "waiting")


def _kept(call: Call, found: Found, *, repeated: bool) -> Answer:
    """Return the answer where the record was set aside: it waits behind others of its order, or is a dead letter."""
    if found.outcome in _KEPT:
        detail = f"the order's records are kept back until somebody has looked ({found.code}): this one waits, too"
        hint = "tell an operator; it is carried out once the order goes on"
        code = "held"
    elif found.code == NOT_OF_THE_API:
        detail = "the hub doesn't take the API's word for who acts: HUB_ISSUERS lacks its key, or has an old one"
        hint, code = "tell an operator; nothing was done", "not_set_up"
    else:
        code, detail, hint = found.code or "data_invalid", found.detail or "the command can't be read", None
    return Answer(
        call.command_id,
        call.order_id,
        call.type,
        found.outcome,
        code=code,
        detail=detail,
        hint=hint,
        repeated=repeated,
    )


def _data(value: bytes | None) -> dict[str, str]:
    found: dict[str, str] = msgspec.json.decode(value or b"{}")
    return found
