"""Examples of every message: a valid one built from a table of likely values, and one with a single, known fault."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from contracts import shapes
from contracts.envelope import Envelope, schema_url
from contracts.topics import TOPICS, Direction, Topic

ORDER_ID: Final = "3f6b1c52-7d0e-5a4f-9b8e-2c61d0a7e914"
MOMENT: Final = "2026-03-14T09:26:53.589Z"
FAULTS: Final = "faults.json"
"""The table that names the place of each invalid example's fault, by `<topic>/<type>`."""

VALUES: Final[Mapping[str, object]] = {
    "actor": "csr:l.marchetti",
    "alert": "stock",
    "alerts": "stock",
    "amount": 12_870,
    "answer_by": "2026-03-16T17:00:00.000Z",
    "carrier": "postline",
    "channel": "website",
    "city": "Lyon",
    "client": "/partners/service-desk",
    "command_id": "cmd-7f21c9",
    "comment": "The shade is scratched on one side.",
    "country": "FR",
    "currency": "EUR",
    "customer_id": "C-20417",
    "customer:id": "C-20417",
    "cause:id": "evt-58c0417d",
    "cause:source": "/partners/north-warehouse",
    "cause:topic": "warehouse.events",
    "cause:type": "parcel.packed.v1",
    "cause:offset": 48_211,
    "cause:partition": 3,
    "detail": "The order is version 7 now; the command was written for version 6.",
    "discount": 500,
    "drawer": "Mina Okafor",
    "due_at": "2026-03-17T09:26:53.589Z",
    "effective_at": "2026-03-15T00:00:00.000Z",
    "email": "mina.okafor@mail.example",
    "exchange_id": "b0a3e1d7-6c58-5e92-8f14-7d2b90c3a645",
    "exchange_sku": "LAMP-OAK-02",
    "expected_version": 6,
    "expires_at": "2026-03-21T09:26:53.000Z",
    "fact": "picking.started.v1",
    "flags": "partially_sent",
    "flash_id": "9d4c7be0-1f35-5c86-a2d9-e07b3146f582",
    "hint": "Read the order again and decide once more.",
    "hold": "exchange",
    "holds": "exchange",
    "line": 1,
    "lines": 1,
    "link": "exchange",
    "links": "b0a3e1d7-6c58-5e92-8f14-7d2b90c3a645",
    "locale": "fr",
    "location": "Lyon Saint-Priest",
    "message": "parcel.packed.v1",
    "missing": 2,
    "model": "LAMP-OAK",
    "name": "Mina Okafor",
    "number": "W-100234",
    "origin": "return",
    "origin_id": ORDER_ID,
    "origin_number": "W-100234",
    "exchange.open.v1:number": "W-100234-X1",
    "other_id": "b0a3e1d7-6c58-5e92-8f14-7d2b90c3a645",
    "outcome": "refund",
    "parcel_id": "PCL-000771",
    "party": "warehouse",
    "payment": "paid",
    "payment_id": "pay-8842-0193",
    "phone": "+33 1 99 00 12 34",
    "placed_at": "2026-03-14T09:26:50.000Z",
    "postcode": "69002",
    "provider_reference": "rf-20260314-0071",
    "quantity": 2,
    "reason": "customer_choice",
    "reasons": "address_mismatch",
    "refund_id": "5e81f0c4-92ab-5d37-b6e0-14c8a7d39f20",
    "request_id": "c27d95e3-0b4a-5f18-8e6c-93d1a0f7b254",
    "rma_code": "RMA-7K2M9QX4TB",
    "rules": "S-08",
    "scan": "in_transit",
    "score": 12,
    "shipment_id": "e6f41a08-3c7d-5b29-90af-d5b8172c6e43",
    "shipping_fee": 590,
    "sku": "LAMP-OAK-01",
    "source": "/partners/north-warehouse",
    "state": "packed",
    "status": "confirmed",
    "stock": 14,
    "store": "maison-fr",
    "street": "12 Quai des Tanneurs",
    "template": "order_shipped",
    "text": "The customer will be at home after 18:00.",
    "timer_id": "a81c3f6d-74e2-5096-bd15-0e9c2847b3fa",
    "topic": "warehouse.events",
    "tracking_number": "PL204811937FR",
    "type": "parcel.packed.v1",
    "unit_price": 6_390,
    "verdict": "review",
    "version": 7,
    "warehouse": "north",
    "carrier.exception.v1:code": "address_not_found",
    "carrier.exception.v1:text": "No such house number.",
    "carrier.returned_to_sender.v1:location": "Depot Villeurbanne",
    "cheque.received.v1:amount": 12_870,
    "command.rejected.v1:code": "stale_version",
    "exchange.answered.v1:code": "stock",
    "fraud.customer_answered.v1:text": "Yes, I ordered the two lamps myself.",
    "fraud.scored.v1:reasons": "address_mismatch",
    "flash.changed.v1:state": "fulfilled",
    "flash.refused.v1:reason": "no_stock",
    "fraud.confirmed.v1:reason": "stolen_card",
    "item.correction_requested.v1:reason": "weight_differs",
    "order.created.v1:kind": "regular",
    "order.placed.v1:lines:kind": "shippable",
    "order.status.v1:kind": "regular",
    "payment.changed.v1:state": "captured",
    "payment.refused.v1:reason": "insufficient_funds",
    "recall.refused.v1:reason": "packed",
    "recall.requested.v1:reason": "cancelled_by_customer",
    "refund.failed.v1:reason": "account_closed",
    "refund.reversed.v1:reason": "account_closed",
    "refund.requested.v1:amount": 6_390,
    "refund.executed.v1:amount": 6_390,
    "returns:state": "confirmed",
    "refunds:state": "executed",
    "timer.due.v1:kind": "warehouse_answer",
}
"""A likely value for a field, by `<type>:<field>`, `<part>:<field>` or `<field>` alone: the first that is there."""

# How a value breaks its contract, the most telling fault first: an invalid example has the first that can be had.
NEGATIVE, WORD, TIME, NONE_OF_IT, SPACE, NUL, TYPE = range(7)

Fault = tuple[int, tuple[str | int, ...], object]
"""How telling it is, the path to the broken value, and the value that breaks it."""


def valid(topic: Topic, event_type: str) -> Any:
    """Return the data of a valid message, every optional field given."""
    schema = shapes.schema(topic, topic.by_type[event_type])
    return _Sample(event_type, schema.get("$defs", {})).value(schema, ())


def invalid(topic: Topic, event_type: str) -> tuple[Any, str]:
    """Return the data of a message with one fault, and the JSON pointer of the fault."""
    schema = shapes.schema(topic, topic.by_type[event_type])
    data = valid(topic, event_type)
    _, path, broken = min(_faults(schema, schema.get("$defs", {}), data, ()), key=lambda fault: fault[:1])
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = broken
    return data, "/" + "/".join(map(str, path))


def event(topic: Topic, event_type: str) -> Envelope:
    """Return the envelope of an example."""
    writer = topic.writer.replace(" ", "-")
    return Envelope(
        id=str(uuid5(NAMESPACE_URL, schema_url(topic.name, event_type))),
        source=f"/partners/{writer}" if topic.direction is Direction.INBOUND else "/hub/fulfilment",
        type=event_type,
        subject=ORDER_ID,
        time=datetime(2026, 3, 14, 9, 26, 53, 589_000, tzinfo=UTC),
        dataschema=schema_url(topic.name, event_type),
        extensions={"correlationid": ORDER_ID},
    )


def files() -> dict[str, object]:
    """Return the examples by path, and the table of the invalid ones' faults."""
    found: dict[str, object] = {}
    faults: dict[str, str] = {}
    for topic in TOPICS:
        for event_type in topic.by_type:
            name = f"{topic.name}/{event_type}"
            found[f"{name}.valid.json"] = valid(topic, event_type)
            found[f"{name}.invalid.json"], faults[name] = invalid(topic, event_type)
    return found | {FAULTS: faults}


class _Sample:
    """Builds a value that fits a schema; a field without a likely value gets a plain one that fits."""

    def __init__(self, event_type: str, definitions: Mapping[str, Any]) -> None:
        self.event_type = event_type
        self.definitions = definitions

    def value(self, schema: Mapping[str, Any], path: tuple[str, ...]) -> Any:
        schema = resolve(schema, self.definitions)
        match schema.get("type"):
            case "object":
                return {name: self.value(part, (*path, name)) for name, part in schema["properties"].items()}
            case "array":
                return [self.value(schema["items"], path)]
            case "boolean":
                return schema.get("default", False)
            case _:
                return self._scalar(schema, path)

    def _scalar(self, schema: Mapping[str, Any], path: tuple[str, ...]) -> object:
        likely = next((VALUES[name] for name in self._names(path) if name in VALUES), None)
        words = schema.get("enum") or _alternatives(schema.get("pattern", ""))
        if words:
            return likely if likely in words else words[0]
        if schema["type"] == "integer":
            return likely if isinstance(likely, int) else schema.get("minimum", 1)
        if schema.get("format") == "date-time":
            return likely if isinstance(likely, str) else MOMENT
        return likely if isinstance(likely, str) else f"{path[-1].replace('_', '-')}-1"

    def _names(self, path: tuple[str, ...]) -> Iterator[str]:
        field, part = path[-1], ":".join(path[-2:])
        if len(path) > 1:
            yield f"{self.event_type}:{part}"
        if len(path) == 1 or field == "amount":
            yield f"{self.event_type}:{field}"
        yield from (part, field)


def resolve(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema with its reference followed, and without the null that an optional field may be."""
    if "anyOf" in schema:
        given = [option for option in schema["anyOf"] if option.get("type") != "null"]
        return {**resolve(given[0], definitions), **{k: v for k, v in schema.items() if k != "anyOf"}}
    if "$ref" in schema:
        named = definitions[schema["$ref"].rsplit("/", 1)[-1]]
        return {**resolve(named, definitions), **{k: v for k, v in schema.items() if k != "$ref"}}
    return schema


def _alternatives(pattern: str) -> list[str]:
    """Return the words of a pattern that is nothing but words, `^(one|two)$`."""
    return pattern[2:-2].split("|") if pattern.startswith("^(") and pattern.endswith(")$") else []


def _faults(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], value: Any, path: tuple[str | int, ...]
) -> Iterator[Fault]:
    """Yield every way to break one value."""
    schema = resolve(schema, definitions)
    match schema.get("type"):
        case "object":
            for name, part in schema["properties"].items():
                yield from _faults(part, definitions, value[name], (*path, name))
        case "array":
            yield from _faults(schema["items"], definitions, value[0], (*path, 0))
        case "boolean":
            yield TYPE, path, "yes"
        case "integer":
            telling = NEGATIVE if path[-1] in {"amount", "quantity"} else NONE_OF_IT
            yield telling, path, schema.get("minimum", 0) - 1
        case _:
            yield from _text_faults(schema, str(value), path)


def _text_faults(schema: Mapping[str, Any], value: str, path: tuple[str | int, ...]) -> Iterator[Fault]:
    pattern = schema.get("pattern", "")
    if shapes.READS_UNKNOWN in schema:
        yield TYPE, path, 7
    elif "enum" in schema or _alternatives(pattern):
        yield WORD, path, "something_else"
    elif schema.get("format") == "date-time":
        yield TIME, path, "2026-03-14T09:26:53"
    elif pattern and "x00" not in pattern:
        yield SPACE, path, f"{value} "
    else:
        yield NUL, path, f"{value}\x00"
