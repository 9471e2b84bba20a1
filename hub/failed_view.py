"""How failed records and operations look on a terminal."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from hub.display import add, shown, titled

LONGEST: Final = 4_000
WAYS: Final = {
    "dead_letter": "mend the cause, then hub failed retry; or hub failed edit; or hub failed archive",
    "quarantined": "deploy the mended rules (they are tried again by themselves), or hub failed edit, retry or skip",
    "waiting": "nothing: it goes on when its order is known, and is a dead letter after its deadline",
    "held": "hub partner resume",
}


def groups(found: Sequence[Mapping[str, Any]]) -> Group | str:
    """Return the causes, the largest first."""
    if not found:
        return "No record has failed."
    table = titled("", "kind", "cause", "topic", "records", "orders", "first (UTC)", "last (UTC)", "tries", "example")
    for row in found:
        times = (_moment(row["first"]), _moment(row["last"]))
        tries = f"{row['tries']}" + (" …" if row["asked"] else "")
        cells = (row["kind"], row["code"], row["topic"], row["count"], row["orders"], *times, tries)
        add(table, *cells, str(row["example"])[:60])
    ways = [shown(f"{kind}: {WAYS[kind]}") for kind in dict.fromkeys(row["kind"] for row in found)]
    return Group(table, *ways)


def rows(found: Sequence[Mapping[str, Any]]) -> Table | str:
    """Return the records one by one."""
    if not found:
        return "No record has failed."
    table = titled("", "id", "kind", "cause", "record", "order", "since (UTC)", "tries", "detail")
    for row in found:
        place = f"{row['topic']}/{row['partition']}/{row['offset']}"
        tries = f"{row['tries']}" + (f" {row['asked']}…" if row["asked"] else "")
        cells = (row["id"], row["kind"], row["code"], place, row["order_id"], _moment(row["recorded_at"]))
        add(table, *cells, tries, str(row["detail"])[:80])
    return table


def record(row: Mapping[str, Any]) -> Group:
    """Return one record: why, where from, its key, headers and value, and what may be done."""
    place = f"{row['topic']}/{row['partition']}/{row['offset']}"
    parts: list[Any] = [
        Text.assemble((f"Record {row['id']}", "bold"), f"  {row['kind']}: {row['code']}"),
        shown(row["detail"], "red"),
        shown(f"From {place}, set aside {_moment(row['recorded_at'])} UTC, tried again {row['tries']} times"),
        shown(f"Order {row['order_id'] or '–'}   source {row['source'] or '–'}   id {row['event_id'] or '–'}"),
        shown(f"Key {_bytes(row['key'])}"),
        _headers("Headers", row["headers"]),
    ]
    if row["edited_headers"] is not None:
        parts.append(_headers("Headers as edited", row["edited_headers"]))
    parts.extend((Text("Value", "bold"), shown(_value(row["value"]))))
    if row["edited_value"] is not None:
        parts.extend((Text("Value as edited", "bold"), shown(_value(row["edited_value"]))))
    if row["closed_batch"] is not None:
        parts.append(shown(f"Done with: {row['closed_as']}", "green"))
    elif row["asked"]:
        parts.append(shown(f"Asked for: {row['asked']}", "yellow"))
    else:
        parts.append(shown(f"What helps: {WAYS.get(row['kind'], 'nothing to do')}", "yellow"))
    if row["order_id"]:
        parts.append(shown(f"Its order: hub order show {row['order_id']}"))
    return Group(*parts)


def _headers(title: str, headers: Sequence[tuple[str, bytes | None]]) -> Table:
    table = titled(title, "name", "content")
    for name, content in headers:
        secret = name == "hub-token"
        add(table, name, "a token, not shown" if secret else _bytes(content))
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


def acted(done: Mapping[str, Any]) -> Group | str:
    """Return what an operation did, or would do."""
    if done.get("dry_run"):
        if "groups" in done:
            return Group("Nothing was done. It would touch:", groups(done["groups"]))
        return f"Nothing was done. The record would be: {done['value'] or ''} {done['headers'] or ''}".rstrip()
    return summary(done)


def summary(done: Mapping[str, Any]) -> str:
    """Return an operation in one line."""
    became = ", ".join(f"{count} {word}" for word, count in sorted(done["became"].items()))
    parts = [f"Operation {done['id']} ({done['action']} by {done['who']}): {done['touched']} touched"]
    if became:
        parts.append(became)
    if done["failed"]:
        parts.append(f"{done['failed']} still there")
    if done["waiting"]:
        parts.append(f"{done['waiting']} to go")
    return ", ".join(parts)


def history(found: Sequence[Mapping[str, Any]]) -> Table | str:
    """Return what operators did."""
    if not found:
        return "No operator has done anything yet."
    table = titled("", "id", "when (UTC)", "who", "what", "of what", "touched", "why")
    for row in found:
        wish = " ".join(f"{name}={value}" for name, value in row["wish"].items())
        add(table, row["id"], _moment(row["at"]), row["who"], row["action"], wish, row["touched"], row["why"])
    return table


def partners(found: Sequence[Mapping[str, Any]]) -> Table | str:
    """Return the paused partners."""
    if not found:
        return "No partner is paused."
    table = titled("", "partner", "since (UTC)", "who", "records kept", "why")
    for row in found:
        add(table, row["source"], _moment(row["since"]), row["who"], row["kept"], row["why"])
    return table


def _moment(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
