"""Values: frozen classes with slots, which are made and copied often and must be quick at it.

To a reader and to a type checker these are `dataclasses.dataclass` and `dataclasses.replace`, and so they behave. Only
how a value gets its fields differs: `dataclasses` sets each one of a frozen class past its own lock by a call of
`object.__setattr__`, here the slots' own setters do. That takes half the time; a copy takes a quarter.
"""

from typing import TYPE_CHECKING, Any

__all__ = ["changed", "dataclass"]  # for type checkers, which would take what is imported here for private

if TYPE_CHECKING:
    from dataclasses import dataclass
    from dataclasses import replace as changed
else:
    import dataclasses
    from collections.abc import Callable

    _COPIES: dict[type, Callable[[Any, dict[str, Any]], Any]] = {}

    def dataclass(**options: bool) -> Callable[[type], type]:
        """Return what makes a frozen dataclass with slots, or one without, of a class."""

        def made(kind: type) -> type:
            if not options.get("slots"):
                return dataclasses.dataclass(**options)(kind)
            value = dataclasses.dataclass(**options, init=False)(kind)
            value.__init__ = _filled(value)
            return value

        return made

    def changed(value: Any, **new: Any) -> Any:
        """Return the value with these fields changed; KeyError for one that it doesn't have."""
        kind = type(value)
        copy = _COPIES.get(kind)
        if copy is None:
            copy = _COPIES[kind] = _slots_copied(kind) if hasattr(kind, "__slots__") else _copied(kind)
        return copy(value, new)

    def _filled(kind: type) -> Callable[..., None]:
        """Return an `__init__` for a class, with the parameters of its own."""
        known: dict[str, Any] = _setters(kind)
        positional, named, lines = ["self"], [], []
        for field in dataclasses.fields(kind):
            given = field.name
            if field.default is not dataclasses.MISSING:
                known[f"default_{field.name}"] = field.default
                given = f"{field.name}=default_{field.name}"
            elif field.default_factory is not dataclasses.MISSING:
                known[f"make_{field.name}"] = field.default_factory
                given = f"{field.name}=MISSING"
                lines.append(f"  if {field.name} is MISSING: {field.name} = make_{field.name}()")
            (named if field.kw_only else positional).append(given)
            lines.append(f"  set_{field.name}(self, {field.name})")
        if hasattr(kind, "__post_init__"):
            lines.append("  self.__post_init__()")
        taken = ", ".join([*positional, *(["*", *named] if named else [])])
        return _compiled(f"__init__ of {kind.__name__}", f"def made({taken}):", lines or ["  pass"], known)

    def _slots_copied(kind: type) -> Callable[[Any, dict[str, Any]], Any]:
        names = [field.name for field in dataclasses.fields(kind)]
        known = _setters(kind) | {"kind": kind, "new_one": object.__new__}
        known["setters"] = {name: known[f"set_{name}"] for name in names}
        lines = ["  copy = new_one(kind)", *[f"  set_{name}(copy, value.{name})" for name in names]]
        lines += ["  for name, held in new.items():", "    setters[name](copy, held)"]
        if hasattr(kind, "__post_init__"):
            lines.append("  copy.__post_init__()")
        return _compiled(f"copy of {kind.__name__}", "def made(value, new):", [*lines, "  return copy"], known)

    def _copied(kind: type) -> Callable[[Any, dict[str, Any]], Any]:
        def made(value: Any, new: dict[str, Any]) -> Any:
            copy = object.__new__(kind)
            held = copy.__dict__
            held.update(value.__dict__)
            held.update(new)
            return copy

        return made

    def _setters(kind: type) -> dict[str, Any]:
        found: dict[str, Any] = {"MISSING": dataclasses.MISSING}
        return found | {f"set_{each.name}": getattr(kind, each.name).__set__ for each in dataclasses.fields(kind)}

    def _compiled(name: str, head: str, lines: list[str], known: dict[str, Any]) -> Any:
        exec(compile("\n".join([head, *lines]), f"<{name}>", "exec"), known)  # noqa: S102 - ours
        return known["made"]
