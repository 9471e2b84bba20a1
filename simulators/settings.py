"""What a run of the simulated partners needs to know: where Kafka is, how many orders, how fast, how naughty."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from simulators.mischief import NONE, Mischief

DEFAULT_SHARDS: Final = 8


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a partner takes for one step, in seconds: most steps are near `usual`, some take up to `longest`."""

    shortest: float = 0.05
    usual: float = 0.1
    longest: float = 0.5

    def wait(self, rng: Random) -> float:
        """Draw the seconds of one step."""
        return rng.triangular(self.shortest, self.longest, self.usual)


@dataclass(frozen=True, slots=True)
class Simulation:
    """One run.

    `security` is passed to every Kafka client as it is (`security_protocol`, `ssl_context`, …). `partitions` is the
    number of partitions of every topic. `token` is the signed token of the customer service desk; without one nobody
    can decide on doubted orders, so the fraud service doubts none. `rate` is orders a second, `quiet` how many
    seconds of silence end the run (None: only `stop` does). Once `closed` says so, no
    partner begins anything by itself: the shop takes no more orders. `now` is the partners' clock.
    """

    bootstrap_servers: str
    orders: int
    seed: int = 1
    mischief: Mischief = NONE
    pace: Pace = field(default_factory=Pace)
    partitions: int = DEFAULT_SHARDS
    topic_prefix: str = ""
    token: str | None = None
    rate: float = 50.0
    quiet: float | None = 15.0
    security: Mapping[str, Any] = field(default_factory=dict)
    closed: Callable[[], bool] | None = None
    now: Callable[[], datetime] = _now
