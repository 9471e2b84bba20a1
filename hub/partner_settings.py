"""What an operator sets about partners: who may write where, and how much of what they write may go wrong."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from consumers.shard.limits import Limits
from consumers.shard.sources import Sources, Strangers
from contracts.topics import INBOUND


class SourceSettings(BaseModel):
    """Which sources write to which topic, and what is done about others; see consumers/shard/sources.py."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    registered: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    unknown: Strangers = Strangers.TOLD

    @model_validator(mode="after")
    def _topics(self) -> Self:
        """Refuse a topic that the hub doesn't read: its sources would be registered nowhere."""
        odd = sorted(set(self.registered) - {topic.name for topic in INBOUND})
        if odd:
            raise ValueError(f"the hub reads no topic {', '.join(odd)}")
        return self

    def of_shards(self) -> Sources:
        """Return them as the shards take them."""
        return Sources(self.registered, self.unknown)


class LimitSettings(BaseModel):
    """How much may go wrong before somebody is told, or something stops; see consumers/shard/limits.py."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unreadable_in_a_row: Annotated[int, Field(ge=1)] = 200
    unreadable_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    unreadable_window: Annotated[int, Field(ge=10)] = 1_000
    paused_sources: Annotated[int, Field(ge=2)] = 3
    failed_in_a_row: Annotated[int, Field(ge=1)] = 50
    quarantined: Annotated[int, Field(ge=1)] = 200
    queue: Annotated[int, Field(ge=1)] = 10_000
    bugs: Annotated[int, Field(ge=1)] = 5
    parked: Annotated[int, Field(ge=1, le=1_000)] = 200

    def of_shards(self) -> Limits:
        """Return them as the shards take them."""
        return Limits(**self.model_dump())
