"""A message's data read: by msgspec where it is plainly right, else by pydantic, whose word it is what is valid.

pydantic's models, made of the same declarations, give the verdict and its words, and the JSON Schemas. They are made at
first use: a process that starts in the middle of the night should not wait for models that it never reads.
"""

import re
import types
from collections.abc import Callable
from datetime import UTC
from functools import cache
from typing import Annotated, Any, Final, TypeAlias, Union, get_args, get_origin

import msgspec
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError, create_model
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from contracts.checks import Fault
from contracts.declaring import Declared, Places, Words, unwrapped

Kind: TypeAlias = Any
"""A class of messages or parts, made by `Declaring`."""
MAX_FAULTS: Final = 5
"""How many faults of a message are told."""
EXACT: Final = 2**53
"""Up to here a number with a fraction or an exponent is read as what was written."""
_CONFIG: Final = ConfigDict(frozen=True, extra="ignore", defer_build=True)
_NOT_READ: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_ESCAPES: Final = re.compile(rb"\\u(?:00[0-7]|[dD][89a-fA-F])")
"""Escapes of what could stand for itself (NUL is one), and of halves of characters."""
_FINE_TIMES: Final = re.compile(rb"\.\d{7}")
"""A time finer than a microsecond, which msgspec rounds and we cut off."""
_OFFSETS: Final = re.compile(rb":\d\d(?:\.\d+)?[+-]")
"""A time with an offset in numbers: without one, all times are in UTC."""
_ODD_OFFSETS: Final = re.compile(rb":\d\d(?:\.\d+)?[+-]\d{4}\"")
"""An offset that is none by RFC 3339; a pattern of its own, as both in one take four times as long."""


class Refused(ValueError):
    """Data breaks its contract; the message tells each fault with its JSON pointer, and no value.

    `faults` are the first of them, each a pointer and what is wrong there.
    """

    def __init__(self, text: str, faults: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(text)
        self.faults = faults


def read(kind: Kind, data: bytes) -> Any:
    """Return the value of a message's data; raises Refused."""
    value = read_fast(kind, data) if kind.declared.head is None else None
    return judged(kind, data) if value is None else value


def read_fast(kind: Kind, data: bytes) -> Any:
    """Return the value of data that is plainly right, else None: only pydantic can say whether it is right at all."""
    decode, moments, ids, checked = _READERS.get(kind) or _reader(kind)
    escapes = b"\\" in data
    if (escapes and _ESCAPES.search(data)) or (moments and _FINE_TIMES.search(data)):
        return None
    offsets = moments and _OFFSETS.search(data)
    if offsets and _ODD_OFFSETS.search(data):
        return None
    try:
        value = decode(data)
    except _NOT_READ:
        return None
    if offsets and any(each.tzinfo is not UTC for each in _gathered(value, moments, [])):
        return None
    # In ASCII without blanks and escapes, every text of 1 to 200 characters is an identifier.
    if ids and (escapes or b" " in data or b"\x7f" in data or not data.isascii()):
        named = "".join(_gathered(value, ids, []))
        if " " in named or not named.isprintable() or not named.isascii():
            return None
    return value if not checked or _holds(value) else None


def judged(kind: Kind, data: bytes) -> Any:
    """Return what pydantic makes of a message's data; raises Refused."""
    try:
        return _adapter(kind).validate_json(data, strict=True)
    except ValidationError as error:
        raise Refused(describe(error), _faults(error)) from None


def describe(error: ValidationError) -> str:
    """Return the first faults in one line, each with its JSON pointer."""
    faults = _faults(error)
    told = [f"{pointer}: {text}" for pointer, text in faults[:MAX_FAULTS]]
    more = [f"and {len(faults) - MAX_FAULTS} more"] if len(faults) > MAX_FAULTS else []
    return "; ".join([*told, *more])


def _faults(error: ValidationError) -> tuple[tuple[str, str], ...]:
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    # pydantic counts only the valid items of a list: "too short" about a list with a faulty item says nothing.
    inner = {fault["loc"][:depth] for fault in faults for depth in range(1, len(fault["loc"]))}
    faults = [fault for fault in faults if fault["type"] != "too_short" or fault["loc"] not in inner]
    return tuple((f"/{'/'.join(map(str, fault['loc']))}", fault["msg"]) for fault in faults)


@cache
def model(kind: Kind) -> type[BaseModel]:
    """Return pydantic's model of a class: the same fields, bounds, defaults and words."""
    head = kind.declared.head
    fields = ({} if head is None else _fields(head.declared)) | _fields(kind.declared)
    made: type[BaseModel] = create_model(
        kind.__name__, __config__=_CONFIG, __doc__=_described(kind), __module__=kind.__module__, **fields
    )
    return made


def _described(kind: Kind) -> str:
    """Return what a class is, and what must hold between its fields: a schema has no other words for that."""
    return " ".join([(kind.__doc__ or "").rstrip(), *(check.says for check in kind.declared.checks)])


def schema_of(kind: Kind, handler: Any) -> Any:
    """Return what pydantic does with a class of ours: it judges by the model, asks its checks, and gives the value."""
    return core_schema.no_info_after_validator_function(
        lambda judged_model: _checked(kind, value_of(kind, judged_model)), handler(model(kind))
    )


def _checked(kind: Kind, value: Any) -> Any:
    """Return a value all of whose checks hold; those of its parts were asked before."""
    told = [fault for check in kind.declared.checks if not check.holds(value) for fault in check.faults(value)]
    if told:
        raise ValidationError.from_exception_data(kind.__name__, [_error(fault) for fault in told])
    return value


def _error(fault: Fault) -> InitErrorDetails:
    return InitErrorDetails(
        type=PydanticCustomError("check", "{text}", {"text": fault.text}), loc=fault.path, input=None
    )


def _holds(value: Any) -> bool:
    """Tell whether all checks of a value and of its parts hold."""
    declared: Declared = value.declared
    for check in declared.checks:
        if not check.holds(value):
            return False
    for name, _ in declared.checked:
        held = getattr(value, name)
        if held is None:
            continue
        for part in held if isinstance(held, tuple) else (held,):
            if not _holds(part):
                return False
    return True


def value_of(kind: Kind, judged_model: BaseModel) -> Any:
    """Return the value that a model holds."""
    given = {name: getattr(judged_model, name) for name in judged_model.model_fields_set}
    head = kind.declared.head
    if head is None:
        return kind(**given)
    told = {name: given.pop(name) for name in head.declared.hints if name in given}
    return kind(**given, head=head(**told))


def _fields(declared: Declared) -> dict[str, Any]:
    return {name: (_judged(hint), declared.defaults.get(name, ...)) for name, hint in declared.hints.items()}


def _judged(hint: Any) -> Any:
    """Return an annotation as pydantic should see it: words are members of their enumeration until they are right."""
    bare, metadata = unwrapped(hint)
    words = [item for item in metadata if isinstance(item, Words)]
    if words:
        return Annotated[words[0].kind, AfterValidator(str)]
    if get_origin(bare) in (Union, types.UnionType):
        return Union[tuple(_judged(each) for each in get_args(bare))]  # noqa: UP007 - of types that are found here
    if get_origin(bare) is tuple:
        listed: Any = tuple.__class_getitem__((_judged(get_args(bare)[0]), ...))
        return Annotated[listed, *metadata] if metadata else listed
    return Annotated[bare, *metadata, BeforeValidator(_whole)] if bare is int else hint


def _whole(number: object) -> object:
    """Return a number without a fraction as a whole one: JSON has one kind of numbers, 2.0 is 2 and so is 0.2e1."""
    if not isinstance(number, float) or not number.is_integer():
        return number
    if abs(number) > EXACT:
        raise ValueError("a whole number as large as this can't be written with a fraction or an exponent")
    return int(number)


def _gathered(value: Any, places: Places, found: list[Any]) -> list[Any]:
    """Return what stands in these places of a value."""
    for name, inner in places:
        held = getattr(value, name)
        if held is None:
            continue
        several = held if isinstance(held, tuple) else (held,)
        if inner:
            for each in several:
                _gathered(each, inner, found)
        else:
            found += several
    return found


_Reader: TypeAlias = tuple[Callable[[bytes], Any], Places, Places, bool]
_READERS: Final[dict[Any, _Reader]] = {}


def _reader(kind: Kind) -> _Reader:
    declared: Declared = kind.declared
    made = _READERS[kind] = msgspec.json.Decoder(kind).decode, declared.moments, declared.ids, declared.has_checks
    return made


@cache
def _adapter(kind: Kind) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
