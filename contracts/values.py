"""What a value is: a frozen class whose fields are annotated, made, copied, compared, hashed and written in C.

Every value of the hub is one, those of the wire and those of the rules: `class Money(Value)` with annotated fields, as
a dataclass would have them. This module alone decides how that is done (`msgspec.Struct`); nobody else has to know.

A field that holds its default is left out when a value is written, if that default is the same object wherever it comes
from: None, a truth value, a small number, a word of an enumeration, an empty text or tuple. Every other default is
written like any value. So what is written depends on the value alone.
"""

import sys
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, cast, dataclass_transform

import msgspec
from msgspec import StructMeta, field

__all__ = ["Value", "asdict", "changed", "default_of", "field", "fields"]

if TYPE_CHECKING:
    from dataclasses import replace as changed  # so that the names and types of what is changed are looked at
else:
    from msgspec.structs import replace as changed

SMALL: Final = range(-5, 257)
"""The whole numbers that are one object each."""
if sys.version_info >= (3, 14):
    from annotationlib import Format, call_annotate_function, get_annotate_from_class_namespace

    def annotations_of(namespace: dict[str, Any]) -> dict[str, Any]:
        """Return the annotations of a class that is being made."""
        lazy = get_annotate_from_class_namespace(namespace)
        given = namespace.get("__annotations__", {})
        return dict(given) if lazy is None else dict(call_annotate_function(lazy, Format.VALUE))
else:

    def annotations_of(namespace: dict[str, Any]) -> dict[str, Any]:
        """Return the annotations of a class that is being made."""
        return dict(namespace.get("__annotations__", {}))


def annotate(namespace: dict[str, Any], annotations: dict[str, Any]) -> None:
    """Give a class that is being made these annotations in place of its own."""
    for name in ("__annotate__", "__annotate_func__"):
        namespace.pop(name, None)
    namespace["__annotations__"] = annotations


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Valued(StructMeta):
    """Makes the classes of values."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> Any:
        """Return a frozen class; no value can hold itself, so none of them is looked at by the garbage collector."""
        for each in annotations_of(namespace):
            if each in namespace and not _left_out(namespace[each]):
                namespace[each] = field(default_factory=_always(namespace[each]))
        return super().__new__(mcs, name, bases, namespace, frozen=True, gc=False, omit_defaults=True, **options)


if TYPE_CHECKING:

    class Value(metaclass=Valued):  # of two ways to freeze a class, type checkers would choose that of `Struct`: none
        """A value: frozen, compared and hashed by its fields."""
else:

    class Value(msgspec.Struct, metaclass=Valued):
        """A value: frozen, compared and hashed by its fields."""


def _left_out(default: object) -> bool:
    """Tell whether a field that holds this default is left out when its value is written."""
    if isinstance(default, int) and not isinstance(default, bool | Enum):
        return default in SMALL
    single = default is None or isinstance(default, bool | Enum) or default in ("", ())
    return single or not isinstance(default, str | tuple)


def _always(default: object) -> Callable[[], object]:
    """Return what gives a default that is written like any other value."""
    return lambda: default


def asdict(value: Value) -> dict[str, Any]:
    """Return the fields of a value, the values in them as they are."""
    return msgspec.structs.asdict(cast("msgspec.Struct", value))


def fields(kind: type[Value]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """Return the fields of a class of values, with their defaults."""
    return msgspec.structs.fields(cast("type[msgspec.Struct]", kind))


def default_of(field: msgspec.structs.FieldInfo) -> object:
    """Return what a field holds where nothing is said of it."""
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
