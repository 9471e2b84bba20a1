"""Fields: a form for any act, made of the JSON Schema of its body and of the order that it is about."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from babel.numbers import get_currency_precision

from hub.console.languages import marked

MONEY: Final = frozenset({"amount", "unit_price", "discount", "shipping_fee"})
"""Members that are amounts in minor units; people write them in the currency's own."""
LONG: Final = frozenset({"text", "comment"})
_WORDS: Final = "^("


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form: its name there, what sort it is, and what may be chosen.

    `kind` is `text`, `long`, `number`, `money`, `yes`, `choice`, or `group` and `lines`, which have `parts`.
    """

    name: str
    member: str
    kind: str
    required: bool = False
    default: Any = None
    choices: Sequence[tuple[str, str]] = ()
    parts: tuple["Field", ...] = ()
    least: int | None = None
    most: int | None = None
    single: bool = False


@dataclass(frozen=True, slots=True)
class Schemas:
    """Schemas by their names, as an act's body refers to them."""

    named: Mapping[str, Mapping[str, Any]]

    def whole(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a schema without references and without null."""
        if "anyOf" in schema:
            some = [each for each in schema["anyOf"] if each.get("type") != "null"]
            return {**self.whole(some[0]), "default": schema.get("default")}
        if "$ref" in schema:
            return {**self.named[str(schema["$ref"]).rsplit("/", 1)[-1]], "default": schema.get("default")}
        return schema


def fields_of(schema: Mapping[str, Any], order: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the fields of a body, the required ones first and the reason last."""
    plain = schema["anyOf"][0] if "anyOf" in schema and "properties" not in schema else schema
    schemas = Schemas(schema.get("$defs", {}))
    found = list(_fields(plain, schemas, order, ""))
    return tuple(sorted(found, key=lambda each: (each.member == "reason", not each.required)))


def _fields(schema: Mapping[str, Any], schemas: Schemas, order: Mapping[str, Any], prefix: str) -> Iterator[Field]:
    required = set(schema.get("required", ()))
    for member, raw in schema.get("properties", {}).items():
        if raw.get("const") is False:
            continue
        yield _field(member, schemas.whole(raw), schemas, order, f"{prefix}{member}", member in required)


def _field(
    member: str, held: Mapping[str, Any], schemas: Schemas, order: Mapping[str, Any], name: str, required: bool
) -> Field:
    default = held.get("default")
    choices = _choices(member, held, order)
    if choices:
        return Field(name, member, "choice", required, default, choices)
    if held.get("type") == "array":
        return _lines(member, schemas.whole(held["items"]), schemas, order, name, required)
    if held.get("type") == "object" or "properties" in held:
        parts = tuple(_fields(held, schemas, order, f"{name}."))
        return Field(name, member, "group", required, parts=parts)
    if held.get("type") == "boolean":
        return Field(name, member, "yes", required, default)
    if held.get("type") == "integer":
        kind = "money" if member in MONEY else "number"
        return Field(name, member, kind, required, default, least=held.get("minimum"), most=held.get("maximum"))
    return Field(name, member, "long" if member in LONG else "text", required, default)


def _lines(
    member: str, item: Mapping[str, Any], schemas: Schemas, order: Mapping[str, Any], name: str, required: bool
) -> Field:
    """Return the field of many; what is about lines of the order has a row for each of them."""
    properties = item.get("properties", {})
    if "line" not in properties and item.get("type") != "integer":
        return Field(name, member, "many", required, parts=tuple(_fields(item, schemas, order, f"{name}.#.")))
    inner = [each for each in _fields(item, schemas, order, f"{name}.#.") if each.member != "line"]
    return Field(name, member, "lines", required, parts=tuple(inner), single=item.get("type") == "integer")


_OF_ORDER: Final[Mapping[str, tuple[str, str]]] = {
    "shipment_id": ("shipments", "shipment_id"),
    "refund_id": ("refunds", "refund_id"),
    "rma_code": ("returns", "rma_code"),
    "flash_id": ("flash_reorders", "flash_id"),
}
"""Members that name a part of the order: where its parts are, and what they are called by."""


def _choices(member: str, held: Mapping[str, Any], order: Mapping[str, Any]) -> list[tuple[str, str]]:
    if "enum" in held:
        return [(str(each), str(each)) for each in held["enum"]]
    pattern = str(held.get("pattern", ""))
    if (
        pattern.startswith(_WORDS)
        and pattern.endswith(")$")
        and pattern[2:-2].replace("|", "").replace("_", "").isalnum()
    ):
        words = pattern[2:-2].split("|")
        return [(each, each) for each in words]
    if member in _OF_ORDER:
        where, name = _OF_ORDER[member]
        return [(each[name], each[name]) for each in order.get(where) or ()]
    if member == "payment_id":
        payments = (order.get("payment") or {}).get("payments", ())
        return [(each["payment_id"], each["payment_id"]) for each in payments if each["payment_id"]]
    return []


class FieldIsWrong(Exception):
    """What was written into a field can't be what it is for."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name, self.text = name, text

    @property
    def problem(self) -> dict[str, Any]:
        """Return it as the API tells what is wrong."""
        return {"title": "Some fields are wrong", "errors": [{"pointer": self.name, "detail": self.text}]}


def body_of(fields: Sequence[Field], given: Mapping[str, str], currency: str) -> dict[str, Any]:
    """Return the body that a filled form means; what was left empty is left out. Raises FieldIsWrong."""
    body: dict[str, Any] = {}
    for field in fields:
        held = _held(field, given, currency)
        if held is not None:
            body[field.member] = held
    return body


def without_none(given: Mapping[str, str]) -> dict[str, str]:
    """Return what was filled in without the lines of which no piece is meant."""
    return {name: held for name, held in given.items() if not name.endswith(".quantity") or held.strip("0 ")}


def _held(field: Field, given: Mapping[str, str], currency: str) -> Any:
    if field.kind in ("lines", "many"):
        return _rows(field, given, currency) or None
    if field.kind == "group":
        return body_of(field.parts, given, currency) or None
    raw = given.get(field.name, "").strip()
    if field.kind == "yes":
        return raw == "yes" if field.required or raw == "yes" or field.default else None
    if not raw:
        return None
    if field.kind == "money":
        return minor(field.name, raw, currency)
    return _whole(field.name, raw) if field.kind == "number" else raw


def _rows(field: Field, given: Mapping[str, str], currency: str) -> list[Any]:
    """Return what was filled in for each line: one without a number of pieces, or without a mark, is not meant."""
    found = list[Any]()
    for number in _numbers(field.name, given):
        prefix = f"{field.name}.{number}."
        if field.single:
            found += [number] if given.get(f"{prefix}on") == "yes" else []
            continue
        parts = [_at(each, number) for each in field.parts]
        body = body_of(parts, given, currency)
        if any(each.member in body for each in field.parts if each.required):
            found.append({"line": number, **body} if field.kind == "lines" else body)
    return found


def _numbers(name: str, given: Mapping[str, str]) -> list[int]:
    keys = (each[len(name) + 1 :].split(".", 1)[0] for each in given if each.startswith(f"{name}."))
    return sorted({int(each) for each in keys if each.isdecimal() and len(each) < 6})


def _at(field: Field, number: int) -> Field:
    """Return a field of one row of many."""
    parts = tuple(_at(each, number) for each in field.parts)
    return Field(
        field.name.replace("#", str(number), 1),
        field.member,
        field.kind,
        field.required,
        field.default,
        field.choices,
        parts,
        field.least,
        field.most,
        field.single,
    )


def minor(name: str, written: str, currency: str) -> int:
    """Return an amount in minor units, as people write it, such as 12.50 or 12,50; raises FieldIsWrong."""
    plain = written.replace("\u202f", "").replace("\xa0", "").replace(" ", "").replace(",", ".")
    try:
        amount = Decimal(plain).scaleb(get_currency_precision(currency))
    except InvalidOperation as error:
        raise FieldIsWrong(name, marked("write an amount, such as 12.50")) from error
    if not amount.is_finite() or amount != amount.to_integral_value() or abs(amount) >= 10**16:
        raise FieldIsWrong(name, marked("the currency has no smaller coins"))
    return int(amount)


def _whole(name: str, written: str) -> int:
    if not written.removeprefix("-").isdecimal() or len(written) > 18:
        raise FieldIsWrong(name, marked("write a whole number"))
    return int(written)
