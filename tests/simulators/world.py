"""Partners and a little hub in virtual time, without any broker."""

import heapq
import itertools
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from contracts.decoding import BrokenContract, Decoded, decode
from contracts.topics import INBOUND, Topic
from simulators import PARTNERS, Simulation
from simulators.customer_service import TOKEN_HEADER
from simulators.ledger import Ledger
from simulators.partner import Partner
from simulators.planned import Heard, Planned
from simulators.record import Record, written
from tests.simulators.little_hub import LittleHub, Said

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class World:
    """Plays a simulation to its end; `written` are all records in the order of their sending."""

    settings: Simulation
    ledger: Ledger = field(default_factory=Ledger)
    written: list[tuple[Planned, Record]] = field(default_factory=list)
    unreadable: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._at = 0.0
        self.settings = replace(self.settings, now=lambda: BEGIN + timedelta(seconds=self._at))
        self.hub = LittleHub(self.settings.token or "")
        self.partners: list[Partner] = [kind(self.settings, self.ledger) for kind in PARTNERS]
        self._due: list[tuple[float, int, Planned]] = []
        self._number = itertools.count()

    def play(self) -> None:
        """Send everything that is planned until nothing is left."""
        for partner in self.partners:
            self._plan(0.0, partner.opening())
        while self._due:
            at, _, planned = heapq.heappop(self._due)
            self._at = at
            if planned.unless is None or not planned.unless():
                self._send(at, planned)

    def _plan(self, at: float, planned: list[Planned]) -> None:
        for item in planned:
            heapq.heappush(self._due, (at + item.delay, next(self._number), item))

    def _send(self, at: float, planned: Planned) -> None:
        record = written(planned, BEGIN)
        self.written.append((planned, record))
        self.ledger.sent(planned)
        try:
            decoded = decode(planned.topic, planned.topic.by_type, record.key, record.headers, record.value)
        except BrokenContract as broken:
            self.unreadable[broken.code] += 1
            return
        token = dict(record.headers).get(TOKEN_HEADER)
        self._overheard(at, planned.topic, decoded)
        if planned.topic in INBOUND:
            for said in self.hub.hear(decoded, None if token is None else token.decode()):
                self._tell(at, said)

    def _overheard(self, at: float, topic: Topic, decoded: Decoded) -> None:
        if decoded.subject is not None:
            self._hear(at, Heard(topic, decoded.envelope.id, decoded.subject, decoded.message))

    def _tell(self, at: float, said: Said) -> None:
        topic, order_id, message = said
        self._hear(at, Heard(topic, f"hub-{next(self._number)}", order_id, message))

    def _hear(self, at: float, heard: Heard) -> None:
        for partner in self.partners:
            if type(heard.message) in partner.hears.get(heard.topic, ()):
                self._plan(at, partner.reply(heard))
