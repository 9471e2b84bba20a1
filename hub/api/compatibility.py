"""What breaks a client that was made for a released OpenAPI document: all that `/v1` promises not to do."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from hub.api import scopes
from hub.api.deprecation import SUNSET
from hub.api.narrowing import Narrowing, changed_default
from hub.api.openapi import operations

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Break:
    """A break: of which route, of which part of it, and what has become of that."""

    route: str
    part: str
    why: str

    def __str__(self) -> str:
        """Return it as a sentence."""
        return f"{self.route}: {f'{self.part} ' if self.part else ''}{self.why}"


def breaks(old: Document, new: Document, today: date) -> list[Break]:
    """Return all in `new` that breaks a client of `old`; routes may go once their sunset is over."""
    current = {_key(path, method): operation for path, method, operation in operations(new)}
    found = list(_schemes(old, new))
    for path, method, operation in operations(old):
        route = f"{method.upper()} {path}"
        now = current.get(_key(path, method))
        if now is not None:
            found += _Comparison(old, new, route).of(operation, now)
        elif not _is_over(operation, today):
            found.append(Break(route, "", "is gone"))
    return found


def _key(path: str, method: str) -> tuple[str, str]:
    """Return what makes a route: the names of what stands in its path are nobody's business."""
    return re.sub(r"\{[^}]*\}", "{}", path), method


def _is_over(operation: Mapping[str, Any], today: date) -> bool:
    sunset = operation.get(SUNSET)
    return bool(operation.get("deprecated")) and sunset is not None and date.fromisoformat(sunset) <= today


def _schemes(old: Document, new: Document) -> Iterator[Break]:
    was, now = (each.get("components", {}).get("securitySchemes", {}) for each in (old, new))
    for name, scheme in was.items():
        if _without_words(scheme) != _without_words(now.get(name, {})):
            yield Break("all routes", f"the way to sign in {name}", "is another one, or gone")


def _without_words(scheme: Mapping[str, Any]) -> dict[str, Any]:
    return {name: held for name, held in scheme.items() if name not in ("description", "bearerFormat")}


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Compares one route of two documents."""

    old: Document
    new: Document
    route: str

    def of(self, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Break]:
        yield from self._parameters(was, now)
        yield from self._body(was, now)
        yield from self._answers(was, now)
        yield from self._rights(was, now)
        if SUNSET in was and now.get(SUNSET, was[SUNSET]) < was[SUNSET]:
            yield Break(self.route, "", f"goes away on {now[SUNSET]}, and was to stay until {was[SUNSET]}")

    def _parameters(self, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Break]:
        before, after = _parameters(was, self.old), _parameters(now, self.new)
        for key, parameter in after.items():
            if parameter.get("required") and not before.get(key, {}).get("required"):
                yield Break(self.route, _called(parameter), "has to be given now")
        for key, parameter in before.items():
            if key not in after:
                yield Break(self.route, _called(parameter), "is gone")
                continue
            schemas = parameter.get("schema", {}), after[key].get("schema", {})
            yield from self._narrowed(*schemas, _called(parameter), request=True)
            for _, why in changed_default(*schemas, ""):
                yield Break(self.route, _called(parameter), why)

    def _body(self, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Break]:
        before, after = _followed(was.get("requestBody", {}), self.old), _followed(now.get("requestBody", {}), self.new)
        if after.get("required") and not before.get("required"):
            yield Break(self.route, "the body", "has to be given now")
        yield from self._content(before, after, "the body", request=True)

    def _answers(self, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Break]:
        for status, answer in was.get("responses", {}).items():
            part = f"the answer {status}"
            if status not in now.get("responses", {}):
                yield Break(self.route, part, "is gone")
                continue
            before, after = _followed(answer, self.old), _followed(now["responses"][status], self.new)
            yield from self._content(before, after, part, request=False)
            for name in sorted(before.get("headers", {}).keys() - after.get("headers", {}).keys()):
                yield Break(self.route, part, f"lacks the header {name}")

    def _content(
        self, before: Mapping[str, Any], after: Mapping[str, Any], part: str, *, request: bool
    ) -> Iterator[Break]:
        for media_type, content in before.get("content", {}).items():
            current = after.get("content", {}).get(media_type)
            if current is None:
                yield Break(self.route, part, f"can't be {media_type} any more")
            else:
                yield from self._narrowed(content.get("schema", {}), current.get("schema", {}), part, request=request)

    def _narrowed(
        self, before: Mapping[str, Any], after: Mapping[str, Any], part: str, *, request: bool
    ) -> Iterator[Break]:
        was, now = (each.get("components", {}).get("schemas", {}) for each in (self.old, self.new))
        for pointer, why in Narrowing(was, now, request).between(before, after):
            yield Break(self.route, f"{part} at {pointer}" if pointer else part, why)

    def _rights(self, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Break]:
        """Yield whether somebody who could come in by what he shows, can't any more."""
        before, after = _ways_in(was, self.old), _ways_in(now, self.new)
        if not all(any(_is_enough(shown, wanted) for wanted in after) for shown in before):
            yield Break(self.route, "", "needs another way to sign in")
        had, has = set(was.get(scopes.NAME, ())), set(now.get(scopes.NAME, ()))
        if has and not (had and had <= has):
            yield Break(self.route, "", f"needs another scope: {', '.join(sorted(has))}")


def _parameters(operation: Mapping[str, Any], document: Document) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return parameters by what tells them apart; those of the path by their place, in their order there."""
    found, places = {}, 0
    for each in operation.get("parameters", ()):
        parameter = _followed(each, document)
        in_path = parameter["in"] == "path"
        found[parameter["in"], str(places) if in_path else parameter["name"]] = parameter
        places += in_path
    return found


def _called(parameter: Mapping[str, Any]) -> str:
    return f"the {parameter['in']} parameter {parameter['name']}"


def _followed(told: Mapping[str, Any], document: Document) -> Mapping[str, Any]:
    """Return a part of a document, its reference followed."""
    while "$ref" in told:
        kind, name = told["$ref"].split("/")[-2:]
        told = document["components"][kind][name]
    return told


def _ways_in(operation: Mapping[str, Any], document: Document) -> list[Mapping[str, list[str]]]:
    return operation.get("security", document.get("security", [])) or [{}]


def _is_enough(shown: Mapping[str, list[str]], wanted: Mapping[str, list[str]]) -> bool:
    return all(name in shown and set(needed) <= set(shown[name]) for name, needed in wanted.items())
