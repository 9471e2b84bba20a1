"""What routes of failed records take and tell: choices, edits, pages, one record with what would become of it."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from hub.api.list_models import Word
from hub.api.models import Model, Moment
from hub.api.operating import MOST, Why
from hub.desk.failed import FailedGroup, FailedRecord, Selection


class Chosen(Why):
    """Failed records that a preview has shown, by its token."""

    choice_token: Annotated[str, Field(max_length=60_000)]


class Tried(BaseModel):
    """What of a failed record would be changed: fields of its JSON by path, a whole new value, headers."""

    model_config = ConfigDict(frozen=True)

    set: dict[str, Any] | None = None
    value: Annotated[str | None, Field(max_length=1_000_000)] = None
    headers: dict[str, str | None] | None = None


class Edited(Tried, Why):
    """What of a failed record is changed: fields of its JSON by path, a whole new value, headers.

    With `like`, the token of a preview that has this record, `set` is made to all of the preview: all of them, or none.
    """

    like: Annotated[str | None, Field(max_length=60_000)] = None


class Selected(BaseModel):
    """Which failed records are meant; what is left out doesn't matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ids: Annotated[list[Annotated[int, Field(ge=0, le=MOST)]], Field(max_length=1000)] = []
    kind: Word | None = None
    code: Word | None = None
    topic: Word | None = None
    partition: Annotated[int | None, Field(ge=0, le=10_000)] = None
    order: Word | None = None
    source: Word | None = None
    since: Moment | None = None
    until: Moment | None = None
    archived: bool = False

    def selection(self) -> Selection:
        """Return it as the desk takes it."""
        return Selection(**self.model_dump() | {"ids": tuple(self.ids)})


class PreviewModel(Model):
    """What a choice would touch, and the token with which to act on just that."""

    groups: list[FailedGroup]
    records: int
    orders: int
    choice_token: str


class ViolationModel(Model):
    """Where a record breaks its contract, as it would be tried now: `pointer` leads into the event (JSON Pointer)."""

    pointer: str
    detail: str


class ToldModel(Model):
    """A message that would be published."""

    topic: str
    type: str


class WouldModel(Model):
    """What a record would become if it were tried now; nothing was stored or published.

    `becomes` is an outcome (`applied`, `late`, `refused` …) or why it would still be set aside (`dead_letter`,
    `waiting`, `quarantined`). `state` is that of its order afterwards.
    """

    becomes: str
    code: str | None
    detail: str | None
    rules: list[str]
    state: str | None
    messages: list[ToldModel]


class TrialModel(Model):
    """What an edit would make of a record; `value` only for those who may read orders, `would` as with a record."""

    violations: list[ViolationModel]
    would: WouldModel | None
    value: str | None


class WholeRecordModel(Model):
    """A failed record as it is; value and headers only for those who may read orders.

    `would` is null for a record that is done with, or that has more than a hundred before it in its queue.
    """

    record: dict[str, Any]
    violations: list[ViolationModel]
    would: WouldModel | None
    headers: dict[str, str] | None
    value: str | None
    edited_headers: dict[str, str] | None
    edited_value: str | None


class Listed(Selected):
    """Failed records, so many on a page."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    cursor: Annotated[str | None, Field(max_length=2000)] = None

    def selection(self) -> Selection:
        """Return it as the desk takes it."""
        return Selected(**self.model_dump(exclude={"limit", "cursor"})).selection()


class RecordsModel(Model):
    """A page of failed records, the oldest first."""

    items: list[FailedRecord]
    next_cursor: str | None
