"""From a record to what the pipeline decides on: decoded, with its order or the number that names it, or set aside."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.rows import Kind, Origin, Waiting
from consumers.inbound import Inbound
from contracts.decoding import BrokenContract, Decoded, decode, is_order_id
from contracts.message import Message
from contracts.wire import HEADER_HOME, HEADER_ORDER, Record

EPOCH: Final = datetime.fromtimestamp(0, UTC)
_PLACE: Final = re.compile(rb"([a-z.-]{1,100})/(\d{1,9})/(\d{1,18})")
LAST: Final = 4_102_444_800_000
"""The year 2100, in milliseconds: a log stamps no record later, only a writer of a topic made by hand does."""


@dataclass(slots=True)
class Read:
    """A record after decoding: either `decoded` or `fault` (code, detail) is set."""

    record: Record
    inbound: Inbound
    decoded: Decoded | None = None
    fault: tuple[str, str] | None = None
    order_id: str | None = None
    reference: tuple[str, str] | None = None
    claimed: str | None = None
    """The order that a header names which the hub alone may write; it counts once it is `resolved`."""
    resolved: bool = False
    """Whether the hub itself has resolved the record's reference, and sent it home."""
    row: int | None = None
    """The row of set_aside that it waited in, None when it comes from the log."""
    kind: Kind | None = None
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
    def origin(self) -> Origin | None:
        """Return the place that the record says it was sent home from; None where it names none."""
        said = [content for name, content in self.record.headers if name == HEADER_HOME]
        place = _PLACE.fullmatch(said[-1] or b"") if said else None
        return None if place is None else (place[1].decode(), int(place[2]), int(place[3]))

    def refuse_claim(self) -> None:
        """Set the record aside: it names its order in a header that the hub alone may write."""
        what = f"header {HEADER_ORDER} is the hub's own, for records that it sends home; this one it did not send"
        self.fault = ("header_reserved", f"{what}: leave it out, and name the order in ce_subject or the key")

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
        if read.claimed is not None and read.fault is None:
            if read.claimed == row.order_id:  # it was found to be true before it was kept
                read.order_id, read.resolved = read.claimed, True
            else:
                read.refuse_claim()
        return read

    def read(self, record: Record, row: int | None = None) -> Read:
        """Return what a record says; a record that breaks its contract has a fault."""
        inbound = self._inbound[record.topic]
        types = self._types[record.topic]
        read = Read(record, inbound, row=row, ahead=self._ahead)
        if record.unreadable:
            read.fault = ("undecodable", f"the batch that ends here can't be taken apart: {record.unreadable}")
            return read
        if not read.stamped:
            what = f"the record's time, {record.appended_at} ms, is none that the log gave"
            read.fault = ("time_invalid", f"{what}: set the topic's message.timestamp.type to LogAppendTime")
            return read
        try:
            decoded = decode(inbound.topic, types, record.key, record.headers, record.value)
        except BrokenContract as broken:
            read.fault = (broken.code, broken.detail)
            return read
        read.decoded = decoded
        read.order_id = decoded.order_id
        claimed = record.header(HEADER_ORDER)
        if claimed is not None:
            read.claimed = claimed.decode(errors="replace")
            if decoded.order_id is not None or read.origin is None or not is_order_id(read.claimed):
                read.refuse_claim()
                return read
        if read.order_id is None:
            read.reference = inbound.reference(decoded.message)
            if read.reference is None:
                read.fault = (
                    "order_missing",
                    f"a {decoded.envelope.type} must name its order: set ce_subject or the key to the order id",
                )
        return read
