"""From a record to what the pipeline decides on: decoded, with its order or the number that names it, or set aside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from adapters.rows.set_aside import AsideKind, StoredAside
from consumers.inbound import Inbound
from consumers.shard.sources import Sources
from contracts import tracing
from contracts.decoding import BrokenContract, Decoded, decode, is_order_id
from contracts.envelope import MAX_ATTRIBUTE_BYTES, Envelope
from contracts.message import Fact, Message
from contracts.signing import Signatures, needs_signature
from contracts.subjects import ORDER
from contracts.topics import COMMANDS, INTERNAL
from contracts.wire import HEADER_HOME, HEADER_ORDER, Record

SIGNATURE_INVALID: Final = "signature_invalid"
HEADER_RESERVED: Final = "header_reserved"
FORGED: Final = (SIGNATURE_INVALID, HEADER_RESERVED)
"""The codes of records that only the hub may write, and that somebody else wrote."""
_NOT_OURS: Final = (
    f"{INTERNAL.name} is for what the hub tells itself, and this record has no signature of this hub: let nobody "
    "else write there (Kafka's ACLs), and tell the hub with a record on the topic of the message"
)
_RESERVED: Final = (
    f"headers {HEADER_HOME} and {HEADER_ORDER} are the hub's own, for records that it sends home; this one it did "
    "not send: leave them out, and name the order in ce_subject or the key"
)
EPOCH: Final = datetime.fromtimestamp(0, UTC)
LAST: Final = 4_102_444_800_000
"""The year 2100, in milliseconds: a log stamps no record later, only a writer of a topic made by hand does."""


class Suspended(Enum):
    """Why a record is not decided on: its order waits, or, where it names none, it is a dead letter."""

    NOT_STORABLE = "PostgreSQL can't store what comes of this record"
    PROCESS_DIED = "processes died while they decided on this record: see their logs before it is tried again"

    @property
    def code(self) -> str:
        """Return the code of the dead letter."""
        return self.name.lower()


@dataclass(slots=True)
class Read:
    """A record after decoding: either `decoded` or `fault` (code, detail) is set."""

    record: Record
    inbound: Inbound
    decoded: Decoded | None = None
    fault: tuple[str, str] | None = None
    sender: tuple[Envelope, str] | None = None
    """Of a command that breaks its contract: its envelope, and what it is about, where both can be read."""
    source: str = ""
    """Who wrote it, empty where that can't be told."""
    stranger: str = ""
    """What is to be told about its source, where it counts all the same."""
    subject: str | None = None
    """What it is about, as `contracts.subjects` writes it."""
    reference: tuple[str, str] | None = None
    resolved: bool = False
    """Whether the hub itself has resolved the record's reference, and sent it home."""
    row: int | None = None
    """The row of set_aside that it waited in, None when it comes from the log."""
    kind: AsideKind | None = None
    """Why it was set aside, None when it comes from the log."""
    ahead: timedelta = timedelta()
    """How far the hub's clock is moved; append times move with it."""
    appended_at: datetime = field(init=False)
    """When the log took the record, by the hub's clock."""

    def __post_init__(self) -> None:
        told = self.record.appended_at if self.stamped else 0
        self.appended_at = EPOCH + timedelta(milliseconds=told) + self.ahead

    @property
    def stamped(self) -> bool:
        """Tell whether the record's time is one that a log gives."""
        return 0 < self.record.appended_at < LAST

    @property
    def logged_at(self) -> datetime:
        """Return when the log took the record, by the log's own clock."""
        return self.appended_at - self.ahead

    @property
    def occurred_at(self) -> datetime:
        """Return its party's own time; the append time where it has none or a later one."""
        appended = self.appended_at
        told = self.decoded.envelope.time if self.decoded is not None else None
        return appended if told is None or told > appended else told

    @property
    def trace(self) -> bytes | None:
        """Return the `traceparent` of the record, where it has one."""
        return self.record.header(tracing.HEADER)

    @property
    def sent_home(self) -> bool:
        """Tell whether the hub already sent this record to its home once."""
        return self.record.header(HEADER_HOME) is not None

    @property
    def is_forged(self) -> bool:
        """Tell whether somebody else than the hub wrote it, where only the hub may."""
        return self.fault is not None and self.fault[0] == SIGNATURE_INVALID

    @property
    def key(self) -> tuple[str, str, str]:
        """Return (order id, source, event id), by which the journal knows it."""
        assert self.decoded is not None
        return (self.subject or "", self.decoded.envelope.source, self.decoded.envelope.id)


def _claimed(record: Record) -> str:
    """Return the source that a record names whose envelope can't be read, as far as it can be kept."""
    claimed = (record.header("ce_source") or b"").decode(errors="replace")
    return claimed.replace("\x00", "")[:MAX_ATTRIBUTE_BYTES]


class Reader:
    """Decodes records by the consumers' tables; `ahead` moves the hub's clock, `sources` says who may write where."""

    def __init__(
        self,
        inbound: Mapping[str, Inbound],
        signatures: Signatures,
        ahead: timedelta = timedelta(),
        sources: Sources | None = None,
    ) -> None:
        self._inbound = inbound
        self._sources = sources or Sources()
        self._signatures = signatures
        self._ahead = ahead
        self._types: dict[str, dict[str, type[Message]]] = {name: each.types for name, each in inbound.items()}

    def again(self, row: StoredAside) -> Read:
        """Return what a record says that was set aside, as an operator left it; its signature counted then."""
        read = self._read(row.record, row.id, proved=row.code not in FORGED)
        read.kind = row.kind
        return read

    def read(self, record: Record) -> Read:
        """Return what a record says; a record that breaks its contract has a fault."""
        return self._read(record, None, proved=False)

    def refused(self, record: Record, why: Suspended, detail: str = "") -> Read:
        """Return a record that isn't even looked at."""
        return Read(record, self._inbound[record.topic], fault=(why.code, detail or why.value), ahead=self._ahead)

    def _read(self, record: Record, row: int | None, *, proved: bool) -> Read:
        inbound = self._inbound[record.topic]
        read = Read(record, inbound, row=row, ahead=self._ahead)
        read.fault = self._fault(read, proved=proved)
        if read.fault is not None:
            read.source = _claimed(record)
            return read
        try:
            decoded = decode(inbound.topic, self._types[record.topic], record.key, record.headers, record.value)
        except BrokenContract as broken:
            read.sender = broken.sender if record.topic == COMMANDS.name else None
            read.fault, read.source = (broken.code, broken.detail), broken.source or _claimed(record)
            return read
        read.source = decoded.envelope.source
        counts, read.stranger = self._sources.judge(record.topic, read.source)
        if not counts:
            read.fault = ("source_unknown", read.stranger)
            return read
        read.decoded = decoded
        read.subject = decoded.subject
        if read.subject is None:
            self._refer(read, decoded)
        return read

    def _fault(self, read: Read, *, proved: bool) -> tuple[str, str] | None:
        """Return what is wrong with a record before anything of it is decoded: the log's part, and who wrote it."""
        record = read.record
        if record.unreadable:
            return ("undecodable", f"the batch that ends here can't be taken apart: {record.unreadable}")
        if not read.stamped:
            what = f"the record's time, {record.appended_at} ms, is none that the log gave"
            return ("time_invalid", f"{what}: set the topic's message.timestamp.type to LogAppendTime")
        if not needs_signature(record.topic, record.headers) or proved or self._signatures.proves(record):
            return None
        return (SIGNATURE_INVALID, _NOT_OURS) if record.topic == INTERNAL.name else (HEADER_RESERVED, _RESERVED)

    def _refer(self, read: Read, decoded: Decoded) -> None:
        """Find the number that stands for the order, or the order that the hub has resolved it to before."""
        resolved = read.record.header(HEADER_ORDER)
        if resolved is not None:
            read.subject, read.resolved = resolved.decode(errors="replace"), True
            if not is_order_id(read.subject):
                read.fault = (HEADER_RESERVED, _RESERVED)
            return
        read.reference = decoded.reference
        if read.reference is None:
            about = decoded.message.about if isinstance(decoded.message, Fact) else ORDER
            what = f"a {decoded.envelope.type} must name its {about}: set ce_subject or the key to the {about} id"
            read.fault = ("order_missing", what)
            if about != ORDER:
                read.fault = ("subject_missing", f"{what}, without {about}: before it")
