"""The audit over HTTP: who did what and why, what was refused to whom, and who was here, as one list by time."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from hub.api.context import Opened
from hub.api.list_models import Word
from hub.api.lists import name_next
from hub.api.models import Model, Moment, told
from hub.api.operating import Auditor, routes
from hub.desk import audit
from hub.desk.audit import AuditFilter, EntryKind
from hub.desk.paging import Paging

router: Final = routes()


class AuditQuery(BaseModel):
    """Entries of the audit; a `kind` may be repeated. `by` is a name, or a caller's whole id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(max_length=2000)] = None
    kind: Annotated[list[EntryKind], Field(max_length=10)] = []
    by: Word | None = None
    since: Moment | None = None
    until: Moment | None = None


class AuditEntryModel(Model):
    """What was done or refused: when, by whom, what, why, and of what (`wish`) as it was said.

    A `sign_in` is the first request of a caller in an hour.
    A `refusal` stands for `count` of them in an hour, `at` is the last one. `id` of an `operation` is its number.
    """

    kind: str
    at: datetime
    id: str
    by: str
    what: str
    why: str
    code: str | None
    count: int
    wish: dict[str, Any]


class AuditModel(Model):
    """A page of the audit, the newest entries first."""

    items: list[AuditEntryModel]
    next_cursor: str | None


@router.get("/audit", summary="Who did what")
async def list_audit(
    request: Request, response: Response, caller: Auditor, context: Opened, asked: Annotated[AuditQuery, Query()]
) -> AuditModel:
    """Return what operators did, which locks were ended by force over HTTP, what was refused, and who was here."""
    wanted = AuditFilter(tuple(sorted({*asked.kind})), asked.by, asked.since, asked.until)
    paging = Paging(context.cursor_key, asked.limit, asked.cursor or None)
    page = await audit.entries(context.desk, caller, wanted, paging)
    name_next(request, response, page.next_cursor)
    return AuditModel(items=[told(each, AuditEntryModel) for each in page.items], next_cursor=page.next_cursor)
