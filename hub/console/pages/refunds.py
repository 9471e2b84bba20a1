"""Refunds: what waits for approval, and many decided at once after a look at what they come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from fastapi import APIRouter, Response

from domain import rights
from hub.console.asking import Refused
from hub.console.forms import key_of, keyed, shown
from hub.console.listing import Listing, asked
from hub.console.pages.order import act_of
from hub.console.trying import tried
from hub.console.visit import Form, Visit, Visiting
from hub.desk.names import spelt

router: Final = APIRouter()
MOST: Final = 100
PAGES: Final = 10
"""Pages of 200 waiting refunds in which those that were chosen are looked for."""
ACTS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "requested": ("refund.approve", "refund.cancel"),
        "approved": ("refund.manual_done",),
        "failed": ("refund.retender",),
    }
)
"""What may be done with one refund in each state; `refund.manual_done` only where the tender is `manual`."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Refunds that somebody chose: those that still wait, and those that don't any more."""

    rows: Sequence[Mapping[str, Any]]
    gone: Sequence[str]

    @property
    def sums(self) -> list[dict[str, Any]]:
        """Return what they come to, by currency."""
        found: dict[str, int] = {}
        for each in self.rows:
            amount = each["amount"]
            found[amount["currency"]] = found.get(amount["currency"], 0) + amount["amount"]
        return [{"amount": held, "currency": currency} for currency, held in sorted(found.items())]

    @property
    def largest(self) -> list[dict[str, Any]]:
        """Return the largest of them, by currency."""
        return [
            {"amount": max(e["amount"]["amount"] for e in self.rows if e["amount"]["currency"] == c), "currency": c}
            for c in sorted({each["amount"]["currency"] for each in self.rows})
        ]

    def without(self, name: str) -> "Chosen":
        """Return those that somebody else asked for."""
        return Chosen([each for each in self.rows if each["requested_by"] != name], self.gone)


@router.get("/refunds")
async def refunds(visit: Visiting) -> Response:
    """Show the refunds that wait for somebody, unless others are asked for."""
    return await _listed(visit)


@router.post("/refunds")
async def decide(visit: Visiting, form: Form) -> Response:
    """Show what the chosen refunds come to, or approve or cancel them, each with its own result."""
    names = list(dict.fromkeys(held for name, held in form if name == "refund"))[:MOST]
    given = dict(form)
    act = "cancel" if given.get("act") == "cancel" else "approve"
    if not names:
        return await _listed(visit, unchosen=True)
    chosen = await _chosen(visit, names)
    two = act == "approve" and await _two_persons(visit, chosen.rows)
    kept = chosen.without(visit.session.caller.name) if two else chosen
    told: dict[str, Any] = {"act": act, "kept": kept, "own": len(chosen.rows) - len(kept.rows), "names": names}
    if given.get("go") != "do":
        return visit.page("refunds_chosen.html", **told, key=key_of({}), problem=None)
    try:
        results = await _decided(visit, act, names, given)
    except Refused as error:
        problem = shown(error).problem
        return visit.page("refunds_chosen.html", error.status, **told, key=key_of(given, problem), problem=problem)
    known = {each["refund_id"]: each for each in chosen.rows}
    return visit.page("refunds_decided.html", act=act, results=results, known=known)


async def _listed(visit: Visit, *, unchosen: bool = False) -> Response:
    """Show the list; `unchosen`: nothing was chosen of it that could be decided on."""
    listing = await Listing.read(visit, "/v1/refunds", asked(visit.request, state="requested"))
    two, approves = await _two_persons(visit, listing.rows), visit.may(rights.APPROVE_REFUND)
    told = {"listing": listing, "two": two, "approves": approves, "acts": ACTS if approves else {}}
    return visit.page("refunds.html", 422 if unchosen else 200, **told, unchosen=unchosen)


async def _decided(visit: Visit, act: str, names: Sequence[str], given: Mapping[str, str]) -> list[dict[str, Any]]:
    body: dict[str, Any] = {"refunds": [dict(zip(("order", "refund_id"), _pair(name), strict=True)) for name in names]}
    if given.get("reason", "").strip():
        body["reason"] = given["reason"].strip()
    reply = await visit.api.send("POST", f"/v1/refunds/{act}", body, headers=keyed(given))
    found: list[dict[str, Any]] = reply.document["results"]
    return found


async def _chosen(visit: Visit, names: Sequence[str]) -> Chosen:
    """Return the chosen refunds as the list has them now."""
    wanted, found, cursor = {_pair(name)[1]: name for name in names}, list[Mapping[str, Any]](), None
    for _ in range(PAGES):
        query = {"state": "requested", "limit": "200"} | ({"cursor": cursor} if cursor else {})
        page = await visit.api.get("/v1/refunds", query)
        found += [each for each in page["items"] if each["refund_id"] in wanted]
        cursor = page["next_cursor"]
        if cursor is None or len(found) == len(wanted):
            break
    there = {each["refund_id"] for each in found}
    return Chosen(found, [refund for refund in wanted if refund not in there])


async def _two_persons(visit: Visit, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a request of one's own has to be approved by somebody else: the API says so of one of them."""
    row = act_of(visit, "refund.approve")
    own = (e for e in rows if e["requested_by"] == visit.session.caller.name and e["state"] == "requested")
    mine = next(own, None)
    if mine is None or row is None or not visit.may(rights.APPROVE_REFUND):
        return False
    trial = await tried(visit, row, mine, {}, {"refund": mine["refund_id"]})
    return trial.problem is not None and trial.problem.get("code") == "scope"


def _pair(name: str) -> tuple[str, str]:
    """Return the order and the refund that a row of the form names."""
    order, _, refund = name.partition(" ")
    return spelt(order), refund
