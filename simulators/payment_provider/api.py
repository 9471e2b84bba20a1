"""The provider's API: payments that are reserved, raised, taken and set free, refunds, and the questions about them."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from simulators.payment_provider.books import Books, Reply
from simulators.payment_provider.tricks import Luck

Form = Mapping[str, str]
Acted = tuple[Reply, Mapping[str, Any] | None]

_SEARCH: Final = re.compile(r"metadata\['request_id'\]:'((?:[^'\\]|\\.)*)'")


def _error(status: int, kind: str, code: str, **more: Any) -> Acted:
    return (status, {"error": {"type": kind, "code": code, "message": code.replace("_", " "), **more}}), None


def _invalid(code: str, **more: Any) -> Acted:
    return _error(400, "invalid_request_error", code, **more)


def _metadata(form: Form) -> dict[str, str]:
    return {name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")}


class Api:
    """What the provider does and knows, without the wire."""

    def __init__(self, books: Books, luck: Luck) -> None:
        self._books = books
        self._luck = luck

    def act(self, path: str, form: Form, key: str) -> Reply:
        """Carry a call out, once for each key."""
        asked = f"{path}?{sorted(form.items())}"
        return self._books.once(key, asked, lambda: self._acted(path, form, key))

    def _acted(self, path: str, form: Form, key: str) -> Acted:
        match path.strip("/").split("/"):
            case ["v1", "payment_intents"]:
                return self._create(form, key)
            case ["v1", "payment_intents", intent_id, action] if action in _ACTIONS:
                intent = self._books.intents.get(intent_id)
                if intent is None:
                    return _error(404, "invalid_request_error", "resource_missing")
                return _ACTIONS[action](self, intent, form)
            case ["v1", "refunds"]:
                return self._refund(form, key)
            case _:
                return _error(404, "invalid_request_error", "url_unknown")

    def _create(self, form: Form, key: str) -> Acted:
        intent = {
            "id": self._luck.id("pi", key),
            "object": "payment_intent",
            "amount": int(form["amount"]),
            "amount_received": 0,
            "currency": form["currency"],
            "capture_method": form.get("capture_method", "automatic"),
            "customer": form.get("customer"),
            "status": "requires_capture",
            "metadata": _metadata(form),
            "last_payment_error": None,
            "captures": 0,
        }
        if self._luck.happens("declines", key):
            error = {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"}
            declined = {**intent, "status": "requires_payment_method", "last_payment_error": error}
            return (402, {"error": {**error, "payment_intent": declined}}), declined
        return (200, intent), intent

    def _raise(self, intent: Mapping[str, Any], form: Form) -> Acted:
        if intent["status"] != "requires_capture":
            return _invalid("payment_intent_unexpected_state", payment_intent=intent)
        raised = {**intent, "amount": int(form["amount"])}
        return (200, raised), raised

    def _capture(self, intent: Mapping[str, Any], form: Form) -> Acted:
        amount = int(form.get("amount_to_capture", intent["amount"]))
        if intent["status"] != "requires_capture":
            return _invalid("payment_intent_unexpected_state", payment_intent=intent)
        if amount > intent["amount"]:
            return _invalid("amount_too_large")
        taken = {**intent, "status": "succeeded", "amount_received": amount, "captures": intent["captures"] + 1}
        return (200, taken), taken

    def _cancel(self, intent: Mapping[str, Any], form: Form) -> Acted:
        if intent["status"] != "requires_capture":
            return _invalid("payment_intent_unexpected_state", payment_intent=intent)
        freed = {**intent, "status": "canceled"}
        return (200, freed), freed

    def _refund(self, form: Form, key: str) -> Acted:
        intent = self._books.intents.get(form["payment_intent"])
        if intent is None:
            return _error(404, "invalid_request_error", "resource_missing")
        amount = int(form["amount"])
        if amount > intent["amount_received"] - self._books.refunded(intent["id"]):
            return _invalid("charge_already_refunded")
        refund = {
            "id": self._luck.id("re", key),
            "object": "refund",
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "status": "succeeded",
            "metadata": _metadata(form),
        }
        if self._luck.happens("refund_failures", key):
            refund |= {"status": "failed", "failure_reason": "insufficient_funds"}
        elif self._luck.happens("refunds_pending", key):
            refund["status"] = "pending"
        return (200, refund), refund

    def asked(self, path: str, query: Form) -> Reply:
        """Answer a question."""
        match path.strip("/").split("/"):
            case ["v1", "payment_intents", "search"]:
                return self._search(query.get("query", ""))
            case ["v1", "payment_intents"]:
                return self._page(list(self._books.intents.values()), query)
            case ["v1", "refunds"]:
                wanted = query.get("payment_intent")
                found = [r for r in self._refunds() if wanted is None or r["payment_intent"] == wanted]
                return self._page(found, query)
            case ["v1", "payment_intents", intent_id] if intent_id in self._books.intents:
                return 200, self._books.intents[intent_id]
            case _:
                return _error(404, "invalid_request_error", "resource_missing")[0]

    def _refunds(self) -> list[dict[str, Any]]:
        """Return the refunds as they are by now: pending ones succeed in time."""
        for refund in self._books.refunds.values():
            old = time.monotonic() - self._books.seen[refund["id"]]
            if refund["status"] == "pending" and old >= self._luck.naughtiness.pending_seconds:
                refund["status"] = "succeeded"
        return list(self._books.refunds.values())

    def _search(self, query: str) -> Reply:
        found = _SEARCH.fullmatch(query)
        if found is None:
            return _invalid("query_unknown")[0]
        wanted = re.sub(r"\\(.)", r"\1", found[1])
        indexed = time.monotonic() - self._luck.naughtiness.search_lag
        data = [
            intent
            for intent in self._books.intents.values()
            if intent["metadata"].get("request_id") == wanted and self._books.seen[intent["id"]] <= indexed
        ]
        return 200, {"object": "search_result", "data": data, "has_more": False}

    def _page(self, things: list[dict[str, Any]], query: Form) -> Reply:
        things.reverse()  # the newest first
        names = [thing["id"] for thing in things]
        after = query.get("starting_after")
        start = names.index(after) + 1 if after in names else 0
        end = start + int(query.get("limit", "10"))
        return 200, {"object": "list", "data": things[start:end], "has_more": end < len(things)}


_ACTIONS: Final[Mapping[str, Callable[[Api, Mapping[str, Any], Form], Acted]]] = {
    "capture": Api._capture,
    "cancel": Api._cancel,
    "increment_authorization": Api._raise,
}
