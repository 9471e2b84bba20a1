"""Editing a failed record: a new value or some of its fields, and its headers; what came is kept beside it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from adapters.postgres.failed_reads import Editable
from contracts.topics import COMMANDS
from contracts.wire import HEADER_TOKEN, RawHeaders
from hub.desk.errors import CommandIsItsAuthors, FieldIsMissing, RecordIsNotJson

_SAID: Final = ("ce_", "ce-", "hub-", "content-type")
"""How headers begin that say what a record is, and of whom."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is changed: `value` is all of it, `fields` some of its JSON by path; a header of None is removed.

    A path is like `lines.0.quantity`, and what stands there is any JSON.
    """

    value: bytes | None = None
    fields: Mapping[str, object] | None = None
    headers: Mapping[str, str | None] | None = None

    def digest(self) -> str:
        """Return what tells these changes from others."""
        value = None if self.value is None else self.value.hex()
        said = json.dumps([value, self.fields, self.headers], sort_keys=True, default=dict)
        return sha256(said.encode()).hexdigest()[:32]


def check_author(record: Editable, changes: Changes) -> None:
    """Leave a command as its author sent it: he answers for what is done with his token.

    Headers that say nothing may change. Raises CommandIsItsAuthors.
    """
    names = [name.lower() for name in changes.headers or ()]
    if HEADER_TOKEN in names:
        raise CommandIsItsAuthors(record.id, HEADER_TOKEN)
    if record.topic != COMMANDS.name and all(name != HEADER_TOKEN for name, _ in record.headers):
        return
    if changes.value is not None or changes.fields is not None:
        raise CommandIsItsAuthors(record.id, "its value")
    for name in names:
        if name.startswith(_SAID):
            raise CommandIsItsAuthors(record.id, name)


def edited_value(record: Editable, changes: Changes) -> bytes | None:
    """Return the record's new value, None where it stays; raises RecordIsNotJson or FieldIsMissing."""
    if changes.fields is None:
        return changes.value
    before = record.value if record.edited_value is None else record.edited_value
    try:
        document = json.loads(before or b"{}")
    except ValueError as error:
        raise RecordIsNotJson(record.id) from error
    for path, value in changes.fields.items():
        try:
            _set(document, path.split("."), value)
        except (LookupError, ValueError, TypeError) as error:
            raise FieldIsMissing(record.id, path) from error
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def _set(document: Any, path: Sequence[str], value: object) -> None:
    """Put a value into a JSON document; what isn't there can't be stepped into and raises what Python does."""
    *steps, last = path
    for step in steps:
        document = document[_key(document, step)]
    document[_key(document, last)] = value


def _key(document: object, step: str) -> int | str:
    return int(step) if isinstance(document, list) else step


def edited_headers(record: Editable, changes: Changes) -> RawHeaders | None:
    """Return the record's new headers, None where they stay."""
    if changes.headers is None:
        return None
    before = record.edited_headers or record.headers
    kept = tuple((name, content) for name, content in before if name not in changes.headers)
    return (*kept, *((name, text.encode()) for name, text in changes.headers.items() if text is not None))
