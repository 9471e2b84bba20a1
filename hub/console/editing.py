"""Editing: what an order's edit page holds, field by field, and the one command that its changes come to.

A field is a text under a name, as a form sends it. The page carries along what it was filled with (`seen`): what
differs from that was changed by the person, whatever has become of the order meanwhile.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.console.fields import FieldIsWrong, minor

ADDRESS: Final = ("name", "company", "street", "street2", "city", "region", "postcode", "country", "delivery_note")
CONTACT: Final = ("name", "email", "phone")
ADDED: Final = ("sku", "model", "title", "variant", "kind", "quantity", "unit_price", "discount", "warehouse",
                "personalisation")  # fmt: skip
BOXES: Final = "abcdefghijklmnopqrst"
"""New boxes by their letters: an edit may split off twenty shipments."""
_AMOUNTS: Final = frozenset({"unit_price", "discount"})
Given = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Edit:
    """What an edit comes to: the body of `order.edit`, and which fields its addresses and its splits are from."""

    body: Mapping[str, Any]
    stems: Mapping[str, str]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was changed."""
        return not self.body

    def field_of(self, pointer: str) -> str:
        """Return the name of the field that a fault of the body is about."""
        path = pointer.strip("/").replace("/", ".")
        for stem in sorted(self.stems, key=len, reverse=True):
            if path == stem or path.startswith(f"{stem}."):
                return f"{self.stems[stem]}{path[len(stem) :]}".removesuffix(".")
        return path


def live(order: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the lines that an edit can be about: those that were not taken out."""
    return [line for line in order["lines"] if line["state"] != "cancelled"]


def fields(order: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of an order as it stands."""
    found = {"carrier": order["carrier"] or "", "shipping_off": _waived(order)}
    for line in live(order):
        found[f"line.{line['line']}.quantity"] = str(line["quantity"])
        found[f"line.{line['line']}.off"] = _percent(line["discount_percent"])
    contact = order["contact"] or {}
    found |= {f"contact.{part}": (contact.get("customer") or {}).get(part) or "" for part in CONTACT}
    found |= _address("shipping", contact.get("shipping_address"))
    found |= _address("billing", contact.get("billing_address"))
    own = {each["shipment_id"]: each["address"] for each in contact.get("own_addresses") or ()}
    for shipment in boxes(order):
        found |= _address(f"ship.{shipment['shipment_id']}", own.get(shipment["shipment_id"]))
    return found


def boxes(order: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the shipments that goods are in, or will be."""
    return [each for each in order["shipments"] if each["state"] not in ("cancelled", "not_required")]


def changes(given: Given, seen: Given) -> dict[str, str]:
    """Return the fields that a person has changed, as he wants them; rows that he began are among them."""
    return {
        name: held.strip()
        for name, held in given.items()
        if _is_field(name) and held.strip() != seen.get(name, "") and not _is_idle(name, given)
    }


def seen_of(given: Given) -> dict[str, str]:
    """Return what the page was filled with, as it carries it along."""
    try:
        held = json.loads(given.get("seen", ""))
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in held.items()} if isinstance(held, dict) else {}


def _is_field(name: str) -> bool:
    return name in ("carrier", "shipping_off") or name.startswith(
        ("line.", "contact.", "shipping.", "billing.", "ship.", "add.", "box.")
    )


def _is_idle(name: str, given: Given) -> bool:
    """Tell whether a field means nothing by itself: pieces of a line that stays or goes, a kind of no article."""
    stem, _, part = name.rpartition(".")
    if part == "move":
        return not given.get(f"{stem}.to")
    if name.startswith("line.") and part != "remove" and given.get(f"{stem}.remove") == "yes":
        return True
    if name.startswith("box."):
        letter = name.split(".")[1]
        return not any(held == letter for each, held in given.items() if each.endswith(".to"))
    return name.startswith("add.") and part in ("kind", "quantity") and not given.get(f"{stem}.sku", "").strip()


def edit(given: Given, seen: Given, currency: str) -> Edit:
    """Return the command that the changes come to; raises FieldIsWrong."""
    new = changes(given, seen)
    body: dict[str, Any] = {}
    stems: dict[str, str] = {}
    _put(body, "lines", _lines(new, currency, stems))
    _put(body, "prices", _prices(new))
    if "shipping_off" in new:
        body["shipping_discount_pct"] = whole("shipping_off", new["shipping_off"] or "0")
    if new.get("carrier"):
        body["carrier"] = new["carrier"]
    _put(body, "addresses", list(_addresses(new, given, stems)))
    _put(body, "splits", list(_splits(new, given, stems)))
    contact = {part: new[f"contact.{part}"] for part in CONTACT if new.get(f"contact.{part}")}
    _put(body, "contact", contact)
    return Edit(body, stems)


def _put(body: dict[str, Any], name: str, held: Any) -> None:
    if held:
        body[name] = held


def _lines(new: Given, currency: str, stems: dict[str, str]) -> dict[str, Any]:
    remove = [number for number, part in _of_lines(new, "remove") if part == "yes"]
    counts = list(_of_lines(new, "quantity"))
    change = [{"line": number, "quantity": whole(f"line.{number}.quantity", held)} for number, held in counts]
    for at, (number, _) in enumerate(counts):
        stems[f"lines.change.{at}"] = f"line.{number}"
    rows = sorted({int(name.split(".")[1]) for name in new if name.startswith("add.") and new[name]})
    for at, row in enumerate(rows):
        stems[f"lines.add.{at}"] = f"add.{row}"
    found = {"add": [_added(new, row, currency) for row in rows], "remove": remove, "change": change}
    return {name: held for name, held in found.items() if held}


def _added(new: Given, row: int, currency: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in ADDED:
        name = f"add.{row}.{part}"
        held = new.get(name, "")
        if held and part in _AMOUNTS:
            found[part] = minor(name, held, currency)
        elif held:
            found[part] = whole(name, held) if part == "quantity" else held
    return found


def _prices(new: Given) -> dict[str, Any]:
    wanted = [(number, whole(f"line.{number}.off", held or "0")) for number, held in _of_lines(new, "off")]
    cut = [{"line": number, "percent": percent} for number, percent in wanted if percent]
    reset = [number for number, percent in wanted if not percent]
    return {name: held for name, held in (("cut", cut), ("reset", reset)) if held}


def _addresses(new: Given, given: Given, stems: dict[str, str]) -> Iterator[dict[str, Any]]:
    touched = dict.fromkeys(
        name.rpartition(".")[0] for name in new if name.startswith(("shipping.", "billing.", "ship."))
    )
    for at, stem in enumerate(touched):
        stems[f"addresses.{at}.address"] = stem
        stems[f"addresses.{at}"] = stem
        kind = "billing" if stem == "billing" else "shipping"
        told = {"kind": kind, "address": address_of(given, stem)}
        yield told | ({"shipment_id": stem.removeprefix("ship.")} if stem.startswith("ship.") else {})


def address_of(given: Given, stem: str) -> dict[str, str]:
    """Return the address that was filled in; what was left empty is left out."""
    held = {part: given.get(f"{stem}.{part}", "").strip() for part in ADDRESS}
    return {part: text.upper() if part == "country" else text for part, text in held.items() if text}


def _splits(new: Given, given: Given, stems: dict[str, str]) -> Iterator[dict[str, Any]]:
    moved = dict(_of_lines(new, "to"))
    for at, letter in enumerate(sorted({each for each in moved.values() if each in BOXES and each})):
        stems[f"splits.{at}.address"] = stems[f"splits.{at}"] = f"box.{letter}"
        lines = [{"line": n, "quantity": _pieces(n, given)} for n, each in moved.items() if each == letter]
        told = {"method": given.get(f"box.{letter}.method", "").strip(), "address": address_of(given, f"box.{letter}")}
        yield {"lines": lines} | {name: held for name, held in told.items() if held}


def _pieces(line: int, given: Given) -> int:
    """Return how many pieces of a line move: all of them, if nobody says how many."""
    name = f"line.{line}.move"
    held = given.get(name, "").strip() or given.get(f"line.{line}.quantity", "1")
    return whole(name, held)


def _of_lines(new: Given, part: str) -> Iterator[tuple[int, str]]:
    """Yield what was said of this part of lines, by their numbers."""
    for name, held in new.items():
        kind, _, rest = name.partition(".")
        number, _, its = rest.partition(".")
        if kind == "line" and its == part and number.isdecimal():
            yield int(number), held


def whole(name: str, written: str) -> int:
    """Return a whole number that is not negative; raises FieldIsWrong."""
    if not written.isdecimal() or len(written) > 12:
        raise FieldIsWrong(name, "write a whole number")
    return int(written)


def _address(stem: str, held: Mapping[str, Any] | None) -> dict[str, str]:
    return {f"{stem}.{part}": str((held or {}).get(part) or "") for part in ADDRESS}


def _percent(percent: float | None) -> str:
    return str(round(percent)) if percent else ""


def _waived(order: Mapping[str, Any]) -> str:
    """Return by how many per cent the shipping fee is less than at order time; empty where it is not."""
    totals = order["totals"]
    before = 0 if totals is None else totals["shipping_before"]["amount"]
    return _percent(100 * (before - totals["shipping"]["amount"]) / before) if before else ""
