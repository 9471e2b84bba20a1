"""What one side may write that the other side doesn't take: schemas of OpenAPI compared, each way by itself.

Of a request the client writes by the old schema and the hub reads by the new one; of an answer it is the other way
round. Clients are asked to live with members and words that they don't know, so an answer may have more of both.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.compatibility import BOUNDS

Schema = Mapping[str, Any]
Found = tuple[str, str]
"""Where in the data, as a JSON Pointer, and what is wrong there."""

_NAMED: Final = "$named"
"""Under this a schema keeps the name under which it was found."""
ANNOTATIONS: Final = frozenset({"title", "description", "examples", "example", "deprecated", "default", _NAMED})
"""Keywords that say nothing of which values are valid. A default is compared together with its member."""
COMPARED: Final = frozenset(
    {"type", "enum", "const", "format", "pattern", "properties", "required", "additionalProperties", "items", *BOUNDS}
)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Compares an old schema with a new one; each follows references among the schemas of its own document."""

    before: Schema
    after: Schema
    request: bool

    def between(self, old: Schema, new: Schema, at: str = "", seen: frozenset[Found] = frozenset()) -> Iterator[Found]:
        """Yield where the one who reads doesn't take what the other one may write."""
        was, now = list(_options(old, self.before)), list(_options(new, self.after))
        written, read = (was, now) if self.request else (now, was)
        if any(_takes_all(each) for each in read):
            return
        types = {each.get("type") for each in read}
        if "null" in {each.get("type") for each in written} - types:
            yield at, "may not be null any more" if self.request else "may be null now"
        was, now = ([each for each in many if each.get("type") != "null"] for many in (was, now))
        if len(was) == len(now) == 1:
            yield from self._one(was[0], now[0], at, seen)
        else:
            yield from self._several(was, now, at, seen)

    def _several(self, was: list[Schema], now: list[Schema], at: str, seen: frozenset[Found]) -> Iterator[Found]:
        """Yield for each way in which it may be written what is wrong, if that matches none in which it is read."""
        for each in was if self.request else now:
            pairs = [(each, new) for new in now] if self.request else [(old, each) for old in was]
            found = [list(self._one(old, new, at, seen)) for old, new in pairs]
            if all(found):
                alike = (many for many, (old, new) in zip(found, pairs, strict=True) if _called(old) == _called(new))
                what = f"may not be {_called(each)} any more" if self.request else f"may be {_called(each)} now"
                yield from next(alike, [(at, what)])

    def _one(self, old: Schema, new: Schema, at: str, seen: frozenset[Found]) -> Iterator[Found]:
        names = str(old.get(_NAMED, "")), str(new.get(_NAMED, ""))
        if names in seen:
            return
        seen |= {names} if all(names) else set()
        if not self._fits(old.get("type"), new.get("type")):
            yield at, f"was {old.get('type', 'anything')}, and is {new.get('type', 'anything')}"
            return
        yield from self._values(old, new, at)
        yield from self._members(old, new, at, seen)
        yield from self._others(old, new, at, seen)
        if "items" in old or "items" in new:
            yield from self.between(old.get("items", {}), new.get("items", {}), f"{at}/*", seen)

    def _fits(self, old: object, new: object) -> bool:
        written, read = (old, new) if self.request else (new, old)
        return read in (written, None) or (written == "integer" and read == "number")

    def _values(self, old: Schema, new: Schema, at: str) -> Iterator[Found]:
        """Yield which words, bounds, patterns and formats let through less than they did."""
        if self.request:
            yield from _lost_words(_words(old), _words(new), at)
            for name, larger_allows_more in BOUNDS.items():
                if _is_narrower(old.get(name), new.get(name), larger_allows_more):
                    yield at, f"{name} was {old.get(name)}, and is {new[name]}"
            if new.get("pattern") not in (None, old.get("pattern")):
                yield at, f"has another pattern, {new['pattern']}"
        written, read = (old, new) if self.request else (new, old)
        if read.get("format") not in (None, written.get("format")):
            yield at, f"had the format {old.get('format')}, and has {new.get('format')}"
        for name in sorted((old.keys() | new.keys()) - COMPARED - ANNOTATIONS):
            if not name.startswith("x-") and old.get(name) != new.get(name):
                yield at, f"{name} was {old.get(name)}, and is {new.get(name)}"

    def _members(self, old: Schema, new: Schema, at: str, seen: frozenset[Found]) -> Iterator[Found]:
        was, now = old.get("properties", {}), new.get("properties", {})
        needed = set(new.get("required", ())) - set(old.get("required", ()))
        loose = set(old.get("required", ())) - set(new.get("required", ()))
        for name in sorted(was.keys() - now.keys()):
            if not (self.request and not now):
                yield f"{at}/{name}", "is gone"
        for name in sorted(needed if self.request else loose & now.keys()):
            yield f"{at}/{name}", "has to be given now" if self.request else "may be missing now"
        for name in sorted(was.keys() & now.keys()):
            yield from self.between(was[name], now[name], f"{at}/{name}", seen)
            if self.request and name not in new.get("required", ()):
                yield from changed_default(was[name], now[name], f"{at}/{name}")

    def _others(self, old: Schema, new: Schema, at: str, seen: frozenset[Found]) -> Iterator[Found]:
        """Yield what becomes of members that have no name of their own."""
        was, now = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if self.request and now is False and was is not False:
            yield f"{at}/*", "is refused now"
        elif False not in (was, now):
            yield from self.between(_schema(was), _schema(now), f"{at}/*", seen)


def changed_default(old: Schema, new: Schema, at: str) -> Iterator[Found]:
    """Yield whether it means something else now to leave it out."""
    if old.get("default") != new.get("default"):
        yield at, f"was {old.get('default')} where it was left out, and is {new.get('default')}"


def _schema(allowed: object) -> Schema:
    return allowed if isinstance(allowed, Mapping) else {}


def _options(schema: Schema, named: Schema) -> Iterator[Schema]:
    """Yield the schemas of which a value must meet one: references followed, one type each, null apart."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        rest = {word: held for word, held in schema.items() if word != "$ref"}
        yield from _options({**named[name], **rest, _NAMED: name}, named)
        return
    for word in ("anyOf", "oneOf"):
        if word in schema:
            for each in schema[word]:
                yield from _options(each, named)
            return
    if "allOf" in schema:
        yield from _options(_all_of(schema, named), named)
        return
    types = schema.get("type")
    for each in types if isinstance(types, Sequence) and not isinstance(types, str) else [types]:
        yield schema if each is None else {**schema, "type": each}


def _all_of(schema: Schema, named: Schema) -> Schema:
    """Return one schema for several that must all be met."""
    parts = [next(iter(_options(each, named))) for each in schema["allOf"]]
    parts.append({word: held for word, held in schema.items() if word != "allOf"})
    merged: dict[str, Any] = {}
    for part in parts:
        merged |= {word: held for word, held in part.items() if word not in ("properties", "required")}
        merged["properties"] = merged.get("properties", {}) | part.get("properties", {})
        merged["required"] = [*merged.get("required", ()), *part.get("required", ())]
    return merged


def _takes_all(schema: Schema) -> bool:
    return not schema.keys() - ANNOTATIONS


def _called(schema: Schema) -> str:
    return str(schema.get(_NAMED) or schema.get("type") or "anything")


def _words(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _lost_words(was: list[Any] | None, now: list[Any] | None, at: str) -> Iterator[Found]:
    if now is None:
        return
    if was is None:
        yield at, f"may only be {', '.join(map(str, now))} now"
    elif gone := [word for word in was if word not in now]:
        yield at, f"may not be {', '.join(map(str, gone))} any more"


def _is_narrower(was: float | None, now: float | None, larger_allows_more: bool) -> bool:
    if now is None or was == now:
        return False
    return was is None or (now < was) == larger_allows_more
