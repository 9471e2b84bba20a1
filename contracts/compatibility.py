"""FULL_TRANSITIVE compatibility: within a major version every schema reads, and is read by, every released one."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contracts import shapes
from contracts.generation import FOLDER, encode

RELEASED: Final = FOLDER / "released"
"""One folder per release, `<release>/<topic>/<type>.json`; a release never changes."""
BACKWARD: Final = "a reader of today refuses or misreads what was written by"
FORWARD: Final = "what is written today is refused or misread by readers of"

# A keyword that bounds a value, and whether a larger number lets more through.
BOUNDS: Final[Mapping[str, bool]] = {
    "maximum": True,
    "exclusiveMaximum": True,
    "maxLength": True,
    "maxItems": True,
    "maxProperties": True,
    "minimum": False,
    "exclusiveMinimum": False,
    "minLength": False,
    "minItems": False,
    "minProperties": False,
}
SILENT: Final = frozenset(
    {"$schema", "$id", "$defs", "$ref", "title", "description", "examples", "deprecated", "default"}
)
"""Keywords that say nothing about which values are valid; a default is compared with its property."""
COMPARED: Final = frozenset({"type", "properties", "required", "items", "enum", shapes.READS_UNKNOWN, *BOUNDS})

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """A change that old and new readers can't both live with: where in the schema, by which rule, and why."""

    pointer: str
    rule: str
    why: str
    direction: str


@dataclass(frozen=True, slots=True)
class Break:
    """A difference between a message of today and the same message as it was released."""

    release: str
    topic: str
    type: str
    pointer: str
    rule: str
    why: str
    direction: str

    def __str__(self) -> str:
        """Return the sentence for people: what, where, why, and what to do next."""
        return (
            f"{self.topic}/{self.type} at {self.pointer}: {self.why} [{self.rule}]; {self.direction} "
            f"release {self.release}. Take the change back, or publish it as {successor(self.type)} beside {self.type}."
        )


class ReleaseError(Exception):
    """A release can't be made."""

    def __str__(self) -> str:
        """Return the docstring with the facts in it."""
        return (type(self).__doc__ or "").format_map(vars(self))


@dataclass(eq=False)
class VersionIsNoNumber(ReleaseError):
    """{version} is no version of a release; give two or three numbers, e.g. 1.1."""

    version: str


@dataclass(eq=False)
class ReleaseIsAlreadyThere(ReleaseError):
    """Release {version} is in {folder} already and a release never changes; choose the next version."""

    version: str
    folder: Path


@dataclass(eq=False)
class ReleaseWouldBreak(ReleaseError):
    """Release {version} would break {count} things that are released; `python -m contracts check` lists them."""

    version: str
    count: int


def breaking(released: Path = RELEASED, current: Mapping[str, Schema] | None = None) -> list[Break]:
    """Return every break between the current schemas (by `<topic>/<type>.json`) and every release."""
    now = shapes.schemas() if current is None else current
    found: list[Break] = []
    for path in sorted(released.glob("*/*/*.json")):
        release, topic, name = path.relative_to(released).parts
        old, new = json.loads(path.read_bytes()), now.get(f"{topic}/{name}")
        found += [
            Break(release, topic, name.removesuffix(".json"), change.pointer, change.rule, change.why, change.direction)
            for change in ([_GONE] if new is None else differences(old, new))
        ]
    return found


def release(version: str, folder: Path = RELEASED) -> list[Path]:
    """Keep the current schemas as a release for good; returns the files written.

    Raises VersionIsNoNumber, ReleaseIsAlreadyThere or ReleaseWouldBreak.
    """
    if not (1 < len(version.split(".")) < 4 and all(part.isdecimal() for part in version.split("."))):
        raise VersionIsNoNumber(version)
    target = folder / version
    if target.exists():
        raise ReleaseIsAlreadyThere(version, target)
    breaks = breaking(folder)
    if breaks:
        raise ReleaseWouldBreak(version, len(breaks))
    written = {target / path: encode(schema) for path, schema in shapes.schemas().items()}
    for path, content in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return sorted(written)


def differences(old: Schema, new: Schema) -> list[Difference]:
    """Return the changes from `old` to `new` that break compatibility in either direction."""
    return list(_Comparison(old.get("$defs", {}), new.get("$defs", {})).of(old, new, "", frozenset()))


def successor(event_type: str) -> str:
    """Return the type's next major version, `order.placed.v2` for `order.placed.v1`."""
    name, _, major = event_type.rpartition(".v")
    return f"{name}.v{int(major) + 1}"


_GONE: Final = Difference("/", "message_removed", "the message is gone", BACKWARD)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Walks two schemas side by side; references are followed in each one's own definitions."""

    before: Schema
    after: Schema

    def of(self, old: Schema, new: Schema, at: str, seen: frozenset[tuple[str, str]]) -> Iterator[Difference]:
        names = (_reference(old), _reference(new))
        if names in seen:
            return
        seen |= {names} if all(names) else set()
        old, new = _flat(old, self.before), _flat(new, self.after)
        yield from _types(old, new, at)
        yield from _words(old, new, at)
        yield from _bounds(old, new, at)
        yield from _others(old, new, at)
        yield from _required(old, new, at)
        yield from self._properties(old, new, at, seen)
        if "items" in old and "items" in new:
            yield from self.of(old["items"], new["items"], f"{at}/items", seen)

    def _properties(self, old: Schema, new: Schema, at: str, seen: frozenset[tuple[str, str]]) -> Iterator[Difference]:
        required = {*old.get("required", ()), *new.get("required", ())}
        for name in old.get("properties", {}).keys() & new.get("properties", {}).keys():
            was, now = old["properties"][name], new["properties"][name]
            here = f"{at}/properties/{name}"
            yield from self.of(was, now, here, seen)
            if name not in required and was.get("default") != now.get("default"):
                why = f"the default {_shown(was.get('default'))} became {_shown(now.get('default'))}"
                yield Difference(f"{here}/default", "default_changed", why, BACKWARD)


def _flat(schema: Schema, definitions: Schema) -> dict[str, Any]:
    """Return a schema with its reference followed and `type` as the set of its types; null is a type of its own."""
    if "$ref" in schema:
        named = definitions[schema["$ref"].rsplit("/", 1)[-1]]
        schema = {**named, **schema}
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        inner = _flat(options[0], definitions)
        outer = {name: content for name, content in schema.items() if name != "anyOf"}
        return {**inner, **outer, "type": inner["type"] | {"null"}}
    types = schema.get("type", [])
    return {**schema, "type": {types} if isinstance(types, str) else set(types)}


def _reference(schema: Schema) -> str:
    """Return what a schema refers to, also where it may be null; empty where it refers to nothing."""
    return next((option["$ref"] for option in (schema, *schema.get("anyOf", ())) if "$ref" in option), "")


def _types(old: Schema, new: Schema, at: str) -> Iterator[Difference]:
    if old["type"] != new["type"]:
        direction = BACKWARD if old["type"] - new["type"] or not old["type"] else FORWARD
        why = f"the type {_joined(old['type'])} became {_joined(new['type'])}"
        yield Difference(f"{at}/type", "type_changed", why, direction)


def _words(old: Schema, new: Schema, at: str) -> Iterator[Difference]:
    """Words may come and go only where the readers take a word that they don't know for `unknown`."""
    was, now = old.get("enum"), new.get("enum")
    if was is None and now is None:
        return
    tolerant_before, tolerant_now = shapes.READS_UNKNOWN in old, shapes.READS_UNKNOWN in new
    here = f"{at}/enum"
    if was is None:
        if not tolerant_now:
            yield Difference(here, "enum_closed", "any word was valid, now only a few are", BACKWARD)
    elif now is None:
        if not tolerant_before:
            yield Difference(here, "enum_opened", "only a few words were valid, now any is", FORWARD)
    else:
        gone, added = [word for word in was if word not in now], [word for word in now if word not in was]
        if gone and not tolerant_now:
            yield Difference(here, "enum_narrowed", f"the words {_joined(gone)} are gone", BACKWARD)
        if added and not tolerant_before:
            yield Difference(here, "enum_widened", f"the words {_joined(added)} are new", FORWARD)


def _bounds(old: Schema, new: Schema, at: str) -> Iterator[Difference]:
    for name, larger_allows_more in BOUNDS.items():
        was, now = old.get(name), new.get(name)
        if was == now:
            continue
        wider = now is None or (was is not None and (now > was) == larger_allows_more)
        rule = "bound_widened" if wider else "bound_narrowed"
        why = f"{name} {_shown(was)} became {_shown(now)}"
        yield Difference(f"{at}/{name}", rule, why, FORWARD if wider else BACKWARD)


def _others(old: Schema, new: Schema, at: str) -> Iterator[Difference]:
    """Whatever else says which values are valid (pattern, format, const, …) must stay as it is."""
    for name in sorted((old.keys() | new.keys()) - COMPARED - SILENT):
        if name.startswith("x-") or old.get(name) == new.get(name):
            continue
        why = f"{name} {_shown(old.get(name))} became {_shown(new.get(name))}"
        yield Difference(f"{at}/{name}", f"{name}_changed", why, FORWARD if name not in new else BACKWARD)
    if ("items" in old) != ("items" in new):
        yield Difference(f"{at}/items", "items_changed", "the items are described in one version alone", BACKWARD)


def _required(old: Schema, new: Schema, at: str) -> Iterator[Difference]:
    was, now = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(now - was):
        yield Difference(f"{at}/properties/{name}", "required_added", f"{name} must be given now", BACKWARD)
    for name in sorted(was - now):
        gone = name not in new.get("properties", {})
        rule, why = ("required_removed", "is gone") if gone else ("required_relaxed", "may be left out now")
        yield Difference(f"{at}/properties/{name}", rule, f"{name}, which had to be given, {why}", FORWARD)


def _joined(words: object) -> str:
    return ", ".join(sorted(map(str, words))) if isinstance(words, list | set) and words else "none"


def _shown(value: object) -> str:
    return "(none)" if value is None else json.dumps(value)
