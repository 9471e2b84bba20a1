"""Answers that leave no journal row: to what nobody knows, to what breaks its contract, and those given once more."""

from dataclasses import dataclass
from typing import Any

from adapters.rows.loading import LookedUp
from adapters.rows.set_aside import AsideKind
from consumers.shard.batch import Accumulator
from consumers.shard.deciding import Held
from consumers.shard.ports import Writer
from consumers.shard.reading import Read
from contracts.values import changed
from contracts.wire import HEADER_REPEAT, type_of, unpack
from domain.deciding.decision import Decision, Refusal
from domain.deciding.received import Received


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers the commands of a batch."""

    loaded: LookedUp
    into: Accumulator
    writer: Writer

    def give(self, read: Read, held: Held, decision: Decision[Any]) -> None:
        """Answer without a journal row: there is no aggregate whose row it could be."""
        name = f"answer:{decision.received.cause.source}:{decision.received.cause.id}"
        messages = self.writer.encode(held.kind, read.subject or "", name, decision, read.trace)
        code = decision.refusal.code if decision.refusal is not None else "accepted"
        detail = decision.refusal.detail if decision.refusal is not None else ""
        for message in messages[:1]:
            self.into.aside(read, AsideKind.ANSWER, code, detail, message=message)
        self.loaded.answers[read.key] = tuple(messages[:1])

    def refuse(self, held: Held, subject: str, received: Received, refusal: Refusal) -> None:
        """Answer a command that breaks its contract. Its id is still free: mended, it may come again."""
        cause = received.cause
        answer = held.kind.answer(held.value, received, refusal)
        name = f"refused:{cause.topic}/{cause.partition}/{cause.offset}"
        (message, *_) = self.writer.encode(held.kind, subject, name, answer)
        self.into.say(AsideKind.ANSWER, refusal.code, refusal.detail, subject, message)

    def repeat(self, read: Read) -> str | None:
        """Give the stored answer to a record once more, if it had one; return what is wrong if it isn't the same."""
        assert read.decoded is not None
        seen = self.loaded.seen.get(read.key)
        if seen is not None and seen.digest != read.decoded.digest:
            return f"its id came before of {read.decoded.envelope.source}, with other content"
        stored = unpack(seen.messages) if seen is not None else self.loaded.answers[read.key]
        answers = [m for m in stored if type_of(m).startswith("command.")]
        if not answers:
            self.into.close(read, "duplicate")
            self.into.counts["duplicates"] += 1
        for answer in answers:
            again = changed(answer, headers=(*answer.headers, (HEADER_REPEAT, b"true")))
            self.into.aside(read, AsideKind.ANSWER, "repeated", "the stored answer, given once more", message=again)
        return None
