"""How failed records, and what was done to them, look on a terminal and as JSON."""

import json
from collections.abc import Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from contracts.wire import HEADER_TOKEN, RawHeaders
from hub.cli.display import add, moment, shown, titled
from hub.cli.output import document_of
from hub.desk.failed import EditPreview, FailedGroup, FailedRecord, Preview, StoredRecord
from hub.desk.operations import Progress

LONGEST: Final = 4_000
WAYS: Final = MappingProxyType(
    {
        "dead_letter": "mend the cause, then hub failed retry; or hub failed edit; or hub failed archive",
        "quarantined": (
            "deploy the mended rules (they are tried again by themselves), or hub failed edit, retry or skip"
        ),
        "waiting": "nothing: it goes on when its order is known, and is a dead letter after its deadline",
        "held": "hub partner resume",
    }
)


def groups(found: Sequence[FailedGroup]) -> Group | str:
    """Return the causes, the largest first."""
    if not found:
        return "No record has failed."
    table = titled("", "kind", "cause", "topic", "records", "orders", "first (UTC)", "last (UTC)", "tries", "example")
    for row in found:
        tries = f"{row.tries}" + (" …" if row.asked else "")
        cells = (row.kind, row.code, row.topic, row.count, row.orders, moment(row.first), moment(row.last), tries)
        add(table, *cells, row.example[:60])
    ways = [shown(f"{kind}: {WAYS[kind]}") for kind in dict.fromkeys(row.kind for row in found)]
    return Group(table, *ways)


def records(found: Sequence[FailedRecord]) -> Table | str:
    """Return the records one by one."""
    if not found:
        return "No record has failed."
    table = titled("", "id", "kind", "cause", "record", "order", "since (UTC)", "tries", "detail")
    for row in found:
        tries = f"{row.tries}" + (f" {row.asked}…" if row.asked else "")
        cells = (row.id, row.kind, row.code, _place(row), row.order_id, moment(row.recorded_at))
        add(table, *cells, tries, row.detail[:80])
    return table


def _place(row: FailedRecord | StoredRecord) -> str:
    return f"{row.topic}/{row.partition}/{row.offset}"


def _reference(row: StoredRecord) -> str:
    return "its id" if row.reference_kind is None else f"{row.reference_kind} {row.reference_value}"


def record(row: StoredRecord) -> Group:
    """Return one record: why, where from, its key, headers and value, and what may be done."""
    parts: list[RenderableType] = [
        Text.assemble((f"Record {row.id}", "bold"), f"  {row.kind}: {row.code}"),
        shown(row.detail, "red"),
        shown(f"From {_place(row)}, set aside {moment(row.recorded_at)} UTC, tried again {row.tries} times"),
        shown(f"Order {row.order_id or '–'}   source {row.source or '–'}   id {row.event_id or '–'}"),
        shown(f"Key {_bytes(row.key)}   names its order by {_reference(row)}"),
        _headers("Headers", row.headers),
    ]
    if row.edited_headers is not None:
        parts.append(_headers("Headers as edited", row.edited_headers))
    parts.extend((Text("Value", "bold"), shown(_value(row.value))))
    if row.edited_value is not None:
        parts.extend((Text("Value as edited", "bold"), shown(_value(row.edited_value))))
    parts.append(_what_helps(row))
    if row.order_id:
        parts.append(shown(f"Its order: hub order show {row.order_id}"))
    return Group(*parts)


def _what_helps(row: StoredRecord) -> Text:
    if row.closed_batch is not None:
        return shown(f"Done with: {row.closed_as}", "green")
    if row.asked:
        return shown(f"Asked for: {row.asked}", "yellow")
    return shown(f"What helps: {WAYS.get(row.kind, 'nothing to do')}", "yellow")


def _headers(title: str, headers: RawHeaders) -> Table:
    table = titled(title, "name", "content")
    for name, content in headers:
        add(table, name, "a token, not shown" if name == HEADER_TOKEN else _bytes(content))
    return table


def _bytes(content: bytes | None) -> str:
    if content is None:
        return "null"
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"0x{content[:200].hex()}"


def _value(content: bytes | None) -> str:
    text = _bytes(content)
    with suppress(ValueError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters; --json has all)"


def acted(done: Progress | Preview | EditPreview) -> Group | str:
    """Return what an operation did, or would do."""
    if isinstance(done, Progress):
        return summary(done)
    if isinstance(done, Preview):
        return Group("Nothing was done. It would touch:", groups(done.groups))
    return f"Nothing was done. The record would be: {done.value or ''} {done.headers or ''}".rstrip()


def document(done: Progress | Preview | EditPreview) -> dict[str, object]:
    """Return what an operation did, or would do, for programs."""
    return document_of(done) if isinstance(done, Progress) else {"dry_run": True, **document_of(done)}


def summary(done: Progress) -> str:
    """Return an operation in one line."""
    became = ", ".join(f"{count} {word}" for word, count in sorted(done.became.items()))
    parts = [f"Operation {done.id} ({done.action} by {done.who}): {done.touched} touched"]
    if became:
        parts.append(became)
    if done.failed:
        parts.append(f"{done.failed} still there")
    if done.waiting:
        parts.append(f"{done.waiting} to go")
    return ", ".join(parts)
