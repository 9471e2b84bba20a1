"""What makes two versions of a message's schema incompatible, in either direction."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts import shapes
from contracts.declaring import IDENTIFIER, LABEL

BACKWARD: Final = "a reader of today refuses or misreads what was written by"
FORWARD: Final = "what is written today is refused or misread by readers of"

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
"""Keywords that limit a value, and whether a larger number allows more values."""
SILENT: Final = frozenset(
    {"$schema", "$id", "$defs", "$ref", "$comment", "title", "description", "examples", "deprecated", "default"}
)
"""Keywords that don't affect which values are valid. A default is compared together with its property."""
WIDER: Final = frozenset({("pattern", IDENTIFIER, LABEL)})
"""Keywords of which the second value allows all that the first one does, and more."""
COMPARED: Final = frozenset({"type", "properties", "required", "items", "enum", *BOUNDS})

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """A change that breaks old or new readers: where in the schema, by which rule, and why.

    `lenient` ones only let a field be left out, or hold more. That breaks nobody where the hub alone is the reader.
    """

    pointer: str
    rule: str
    why: str
    direction: str
    lenient: bool = False


def differences(old: Schema, new: Schema) -> list[Difference]:
    """Return the changes from `old` to `new` that break compatibility in either direction."""
    return list(_Comparison(old.get("$defs", {}), new.get("$defs", {})).of(old, new, "", frozenset()))


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Compares two schemas; each follows references in its own definitions."""

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
    """Return a schema with its reference followed, and with `type` as a set of types, null included."""
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
    """Return the reference of a schema that may be null as well, or an empty string if there is none."""
    return next((option["$ref"] for option in (schema, *schema.get("anyOf", ())) if "$ref" in option), "")


def _types(old: Schema, new: Schema, at: str) -> Iterator[Difference]:
    if old["type"] != new["type"]:
        direction = BACKWARD if old["type"] - new["type"] or not old["type"] else FORWARD
        why = f"the type {_joined(old['type'])} became {_joined(new['type'])}"
        yield Difference(f"{at}/type", "type_changed", why, direction, new["type"] == old["type"] | {"null"})


def _words(old: Schema, new: Schema, at: str) -> Iterator[Difference]:
    """Yield the changes of an enumeration. Words may come and go only if readers accept unknown words."""
    was, now = old.get("enum"), new.get("enum")
    if was is None and now is None:
        return
    tolerant_before, tolerant_now = shapes.reads_unknown(old), shapes.reads_unknown(new)
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
    """Yield changes of any other keyword that affects which values are valid, such as pattern or format."""
    for name in sorted((old.keys() | new.keys()) - COMPARED - SILENT):
        if name.startswith("x-") or old.get(name) == new.get(name):
            continue
        why = f"{name} {_shown(old.get(name))} became {_shown(new.get(name))}"
        wider = (name, old.get(name), new.get(name)) in WIDER
        direction = FORWARD if wider or name not in new else BACKWARD
        yield Difference(f"{at}/{name}", f"{name}_changed", why, direction, wider)
    if ("items" in old) != ("items" in new):
        yield Difference(f"{at}/items", "items_changed", "the items are described in one version alone", BACKWARD)


def _required(old: Schema, new: Schema, at: str) -> Iterator[Difference]:
    was, now = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(now - was):
        yield Difference(f"{at}/properties/{name}", "required_added", f"{name} must be given now", BACKWARD)
    for name in sorted(was - now):
        gone = name not in new.get("properties", {})
        rule, why = ("required_removed", "is gone") if gone else ("required_relaxed", "may be left out now")
        yield Difference(f"{at}/properties/{name}", rule, f"{name}, which had to be given, {why}", FORWARD, not gone)


def _joined(words: object) -> str:
    return ", ".join(sorted(map(str, words))) if isinstance(words, list | set) and words else "none"


def _shown(value: object) -> str:
    return "(none)" if value is None else json.dumps(value)
