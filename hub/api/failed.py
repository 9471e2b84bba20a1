"""Failed records over HTTP: what failed and why, chosen by a preview, tried again, edited, skipped, archived."""

import dataclasses
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Any, Final, cast

from fastapi import Query, Request, Response

from hub.api.acting import Key
from hub.api.context import Opened
from hub.api.failed_models import (
    Chosen,
    Edited,
    Listed,
    PreviewModel,
    RecordsModel,
    Selected,
    ToldModel,
    ViolationModel,
    WholeRecordModel,
    WouldModel,
)
from hub.api.lists import name_next
from hub.api.models import told
from hub.api.operating import Id, Onlooker, Operator, act_of, routes, sees_all
from hub.api.problems import Fault, Problem
from hub.desk import cursors, failed
from hub.desk.callers import Caller
from hub.desk.editing import Changes
from hub.desk.failed import Cause, Selection
from hub.desk.operations import Progress
from hub.desk.paging import Paging
from hub.desk.trials import Would

router: Final = routes()


@router.get("/failed", summary="Failed records by cause")
async def list_causes(caller: Onlooker, context: Opened, chosen: Annotated[Selected, Query()]) -> list[Cause]:
    """Return the failed records by cause: how many, of how many orders and of whom, since when, an example."""
    return list(await failed.causes(context.desk, _within(caller, chosen.selection())))


@router.get("/failed/records", summary="Failed records one by one")
async def list_records(
    request: Request, response: Response, caller: Onlooker, context: Opened, chosen: Annotated[Listed, Query()]
) -> RecordsModel:
    """Return failed records, the oldest first, page by page."""
    paging = Paging(context.cursor_key, chosen.limit, chosen.cursor or None)
    page = await failed.page(context.desk, _within(caller, chosen.selection()), paging)
    name_next(request, response, page.next_cursor)
    return RecordsModel(items=list(page.items), next_cursor=page.next_cursor)


@router.post("/failed/preview", summary="What a choice would touch")
async def preview(chosen: Selected, caller: Operator, context: Opened) -> PreviewModel:
    """Return what a choice of failed records would touch, and a token to act on just these."""
    groups, just = await failed.chosen(context.desk, _within(caller, chosen.selection()))
    wanted = chosen.model_dump(mode="json") | {"ids": just.ids}
    token = cursors.written(context.cursor_key, _CHOICE, [{"told": wanted, "marks": just.marks, "most": just.most}])
    count = sum(each.count for each in groups)
    orders = sum(each.orders for each in groups)
    return PreviewModel(groups=list(groups), records=count, orders=orders, choice_token=token)


_CHOICE: Final = cursors.fingerprint("choice of records", {})


def _within(caller: Caller, chosen: Selection) -> Selection:
    """Return a selection of what the caller may see."""
    return replace(chosen, stores=None if caller.sees is None else tuple(sorted(caller.sees)))


def _selection(context: Any, caller: Caller, token: str) -> Selection:
    (choice,) = cast("list[dict[str, Any]]", cursors.read(context.cursor_key, _CHOICE, token))
    marks = None if choice["marks"] is None else {int(shard): batch for shard, batch in choice["marks"].items()}
    told = _within(caller, Selected.model_validate(choice["told"]).selection())
    return replace(told, marks=marks, most=choice["most"])


async def _acted(work: Awaitable[Any]) -> Progress:
    done = await work
    assert isinstance(done, Progress)
    return done


@router.post("/failed/retry", summary="Try failed records again")
async def retry(said: Chosen, caller: Operator, context: Opened, key: Key = None) -> Progress:
    """Have the records of a preview tried again; the answer names the operation to ask about."""
    chosen = _selection(context, caller, said.choice_token)
    return await _acted(failed.retry(context.desk, act_of(caller, key, said.why), chosen))


@router.post("/failed/skip", summary="Give quarantined records up")
async def skip(said: Chosen, caller: Operator, context: Opened, key: Key = None) -> Progress:
    """Give the quarantined records of a preview up; their orders then go on."""
    chosen = _selection(context, caller, said.choice_token)
    return await _acted(failed.skip(context.desk, act_of(caller, key, said.why), chosen))


@router.post("/failed/archive", summary="Take dead letters off the lists")
async def archive(said: Chosen, caller: Operator, context: Opened, key: Key = None) -> Progress:
    """Take the dead letters of a preview out of the lists."""
    chosen = _selection(context, caller, said.choice_token)
    return await _acted(failed.archive(context.desk, act_of(caller, key, said.why), chosen))


@router.post("/failed/restore", summary="Bring dead letters back")
async def restore(said: Chosen, caller: Operator, context: Opened, key: Key = None) -> Progress:
    """Bring archived dead letters of a preview back into the lists."""
    chosen = _selection(context, caller, said.choice_token)
    return await _acted(failed.archive(context.desk, act_of(caller, key, said.why), chosen, back=True))


@router.get("/failed/{record}", summary="One failed record")
async def show_record(record: Id, caller: Onlooker, context: Opened) -> WholeRecordModel:
    """Return everything about a failed record; what it holds only to those who may read orders."""
    found = await failed.record(context.desk, record, caller.sees)
    async with context.folding.turn(caller):
        would, broken = await failed.would(context.desk, found), await failed.violations(found)
    whole = sees_all(caller)
    names = ("headers", "value", "edited_headers", "edited_value", "key", "digest")
    plain = {name: value for name, value in dataclasses.asdict(found).items() if name not in names}
    shown: Callable[[Any], Any] = (lambda held: held) if whole else (lambda held: None)
    return WholeRecordModel(
        record={name: value for name, value in plain.items() if not isinstance(value, bytes)},
        violations=[ViolationModel(pointer=place, detail=text) for place, text in broken],
        would=None if would is None else _would(would),
        headers=shown(_texts(found.headers)),
        value=shown(_text(found.value)),
        edited_headers=shown(_texts(found.edited_headers)),
        edited_value=shown(_text(found.edited_value)),
    )


def _would(found: Would) -> WouldModel:
    messages = [told(each, ToldModel) for each in found.messages]
    return told(found, WouldModel, rules=list(found.rules), messages=messages)


def _text(held: bytes | None) -> str | None:
    return None if held is None else held.decode(errors="replace")


def _texts(headers: Any) -> dict[str, str] | None:
    return None if headers is None else {name: _text(content) or "" for name, content in headers}


@router.post("/failed/{record}/edit", summary="Edit a failed record")
async def edit(record: Id, said: Edited, caller: Operator, context: Opened, key: Key = None) -> Progress:
    """Change a failed record, or all that are `like` it, and have them tried again; what came is kept beside."""
    act = act_of(caller, key, said.why)
    if said.like is None:
        value = None if said.value is None else said.value.encode()
        return await _acted(failed.edit(context.desk, act, record, Changes(value, said.set, said.headers), caller.sees))
    if said.set is None or said.value is not None or said.headers is not None:
        raise Problem("data_invalid", "`like` goes with `set` alone", errors=[Fault("/body/like", "goes with `set`")])
    like = _selection(context, caller, said.like)
    return await failed.edit_like(context.desk, act, record, like, Changes(fields=said.set))
