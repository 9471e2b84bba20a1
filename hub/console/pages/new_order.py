"""A new order: who calls, and for which store; the rest is taken down in the draft."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Response

from domain import rights
from hub.console import editing, editor, placing
from hub.console.asking import Refused
from hub.console.fields import FieldIsWrong, minor
from hub.console.forms import key_of, keyed, shown, waiting
from hub.console.languages import marked
from hub.console.visit import Form, Visit, Visiting

router: Final = APIRouter()
FOUND: Final = 8
"""Callers that a search shows."""
SAID: Final = ("number", "store", "currency", "kind", "payment_method", "carrier", "shipping_fee")
CUSTOMER: Final = ("id", "name", "email", "phone", "locale")
USUAL: Final = {"currency": "EUR", "kind": "regular", "payment_method": "card", "customer.locale": "en"}
LACKING: Final = {
    "code": "scope",
    "title": marked("A right is missing"),
    "detail": f"this needs the scope {rights.MANAGE}",
    "hint": "ask somebody who has it",
}
"""What who may not take orders down is told, as the API would say it."""
Given = Mapping[str, str]


@router.get("/orders/new")
async def new(visit: Visiting) -> Response:
    """Ask who calls."""
    if not visit.may(rights.MANAGE):
        raise Refused(403, LACKING)
    return await _page(visit, {**USUAL, "store": _store(visit), "number": _number()})


@router.post("/orders/new")
async def begin(visit: Visiting, form: Form) -> Response:
    """Look for the caller, fill in what is known of him, or begin the draft."""
    given = dict(form)
    wish, _, which = given.get("go", "begin").partition("-")
    if wish == "find":
        return await _page(visit, given, callers=await _callers(visit, given.get("q", "").strip()[:200]))
    if wish == "like":
        return await _page(visit, {**given, **await _like(visit, which)})
    try:
        body = drafted(given)
        reply = await visit.api.send("POST", "/v1/orders", body, headers=keyed(given))
    except FieldIsWrong as error:
        return await _page(visit, given, status=422, faults={error.name: error.text})
    except Refused as error:
        faults = {
            str(each["pointer"]).strip("/").replace("/", "."): each["detail"]
            for each in error.problem.get("errors") or ()
        }
        return await _page(visit, given, status=error.status, problem=shown(error).problem, faults=faults)
    if reply.status == 202:
        return waiting(visit, reply)
    return visit.to(f"{editor.at(reply.document['order'])}/draft")


def drafted(given: Given) -> dict[str, Any]:
    """Return what `order.draft` takes of the form; raises FieldIsWrong."""
    told: dict[str, Any] = {name: given.get(name, "").strip() for name in SAID}
    told = {name: held for name, held in told.items() if held} | {"channel": "phone"}
    currency = str(told.get("currency", "EUR"))
    if "shipping_fee" in told:
        told["shipping_fee"] = minor("shipping_fee", str(told["shipping_fee"]), currency)
    customer = {part: given.get(f"customer.{part}", "").strip() for part in CUSTOMER}
    told["customer"] = {part: held for part, held in customer.items() if held}
    told["customer"].setdefault("id", f"c-{given.get('key', '').replace('-', '')[:16]}")  # pressed twice, the same
    for kind in ("shipping_address", "billing_address"):
        address = editing.address_of(given, kind)
        told |= {kind: address} if address else {}
    return told


async def _callers(visit: Visit, text: str) -> list[Mapping[str, Any]] | Mapping[str, Any]:
    """Return the newest order of each customer that is found; or the problem why none can be looked for."""
    if not text:
        return []
    try:
        told = await visit.api.get("/v1/orders", {"q": text, "limit": 50})
    except Refused as error:
        return dict(shown(error).problem)
    each = {(row["customer_name"], row["billing_postcode"], row["store"]): row for row in reversed(told["items"])}
    return list(reversed(each.values()))[:FOUND]


async def _like(visit: Visit, order: str) -> dict[str, str]:
    """Return what is known of the customer of another order."""
    found = await visit.api.get(f"/v1/orders/{order}")
    contact = found["contact"] or {}
    customer = placing.told_of(contact.get("customer")) or {}
    known = {f"customer.{part}": str(customer.get(part, "")) for part in CUSTOMER}
    for kind in ("shipping_address", "billing_address"):
        known |= {f"{kind}.{part}": str((contact.get(kind) or {}).get(part) or "") for part in editing.ADDRESS}
    return {**known, "store": found["store"], "currency": found["currency"], "carrier": found["carrier"] or ""}


def _store(visit: Visit) -> str:
    """Return the person's store, if he has just one."""
    stores = sorted(visit.session.caller.stores)
    return stores[0] if len(stores) == 1 and stores != ["*"] else ""


def _number() -> str:
    """Return a number that can be said on the phone; one that another order has is refused."""
    return f"T-{secrets.randbelow(10**8):08d}"


async def _page(visit: Visit, given: Given, *, status: int = 200, **more: Any) -> Response:
    stores = sorted(visit.session.caller.stores - {"*"})
    told: dict[str, Any] = {"problem": None, "faults": {}, "callers": None} | more
    return visit.page("order_new.html", status, given=given, key=key_of(given, told["problem"]), stores=stores, **told)
