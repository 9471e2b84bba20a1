"""From a record to what the pipeline decides on: decoded, with its order or the number that names it, or set aside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from adapters.rows import Kind, Waiting
from consumers.inbound import Inbound
from contracts.decoding import BrokenContract, Decoded, decode
from contracts.message import Message
from contracts.wire import HEADER_HOME, HEADER_ORDER, Record

EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(slots=True)
class Read:
    """A record after decoding: either `decoded` or `fault` (code, detail) is set."""

    record: Record
    inbound: Inbound
    decoded: Decoded | None = None
    fault: tuple[str, str] | None = None
    order_id: str | None = None
    reference: tuple[str, str] | None = None
    row: int | None = None
    """The row of set_aside that it waited in, None when it comes from the log."""
    kind: Kind | None = None
    """Why it was set aside, None when it comes from the log."""
    ahead: timedelta = timedelta()
    """How far the hub's clock is moved; append times move with it."""
    appended_at: datetime = field(init=False)
    """When the log took the record, by the hub's clock."""

    def __post_init__(self) -> None:
        self.appended_at = EPOCH + timedelta(milliseconds=self.record.appended_at) + self.ahead

    @property
    def occurred_at(self) -> datetime:
        """Return its party's own time; the append time where it has none or a later one."""
        appended = self.appended_at
        told = self.decoded.envelope.time if self.decoded is not None else None
        return appended if told is None or told > appended else told

    @property
    def sent_home(self) -> bool:
        """Tell whether the hub already sent this record to its home once."""
        return self.record.header(HEADER_HOME) is not None

    @property
    def resolved(self) -> bool:
        """Tell whether a reference was already resolved for this record."""
        return self.record.header(HEADER_ORDER) is not None

    @property
    def key(self) -> tuple[str, str, str]:
        """Return (order id, source, event id), by which the journal knows it."""
        assert self.decoded is not None
        return (self.order_id or "", self.decoded.envelope.source, self.decoded.envelope.id)


class Reader:
    """Decodes records by the consumers' tables; `ahead` moves the hub's clock."""

    def __init__(self, inbound: Mapping[str, Inbound], ahead: timedelta = timedelta()) -> None:
        self._inbound = inbound
        self._ahead = ahead
        self._types: dict[str, dict[str, type[Message]]] = {name: each.types for name, each in inbound.items()}

    def again(self, row: Waiting) -> Read:
        """Return what a record says that was set aside, as an operator left it."""
        read = self.read(row.record, row.id)
        read.kind = row.kind
        return read

    def read(self, record: Record, row: int | None = None) -> Read:
        """Return what a record says; a record that breaks its contract has a fault."""
        inbound = self._inbound[record.topic]
        types = self._types[record.topic]
        read = Read(record, inbound, row=row, ahead=self._ahead)
        if record.unreadable:
            read.fault = ("undecodable", f"the batch that ends here can't be taken apart: {record.unreadable}")
            return read
        try:
            decoded = decode(inbound.topic, types, record.key, record.headers, record.value)
        except BrokenContract as broken:
            read.fault = (broken.code, broken.detail)
            return read
        read.decoded = decoded
        resolved = record.header(HEADER_ORDER)
        read.order_id = resolved.decode(errors="replace") if resolved is not None else decoded.order_id
        if read.order_id is None:
            read.reference = inbound.reference(decoded.message)
            if read.reference is None:
                read.fault = (
                    "order_missing",
                    f"a {decoded.envelope.type} must name its order: set ce_subject or the key to the order id",
                )
        return read
