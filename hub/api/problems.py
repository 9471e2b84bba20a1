"""Problems: every error of the API has a code, a status and a page that says what to do (RFC 9457)."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of problem: its status, its title, and what its page advises."""

    status: int
    title: str
    advice: str


def _rows(status: int, *rows: tuple[str, str, str]) -> dict[str, Sort]:
    return {code: Sort(status, title, advice) for code, title, advice in rows}


SORTS: Final[Mapping[str, Sort]] = MappingProxyType(
    {
        **_rows(
            400,
            (
                "malformed",
                "The request can't be read",
                "Send JSON in UTF-8, and headers as the documentation has them.",
            ),
            ("cursor_invalid", "The cursor is none of ours", "Begin the list anew, without a cursor."),
            (
                "cursor_mismatch",
                "The cursor is another list's",
                "Use a cursor with the filters and the sort that it is of.",
            ),
            (
                "idempotency_key_missing",
                "An act needs a key",
                "Send a fresh Idempotency-Key, the same one when you repeat the act.",
            ),
        ),
        **_rows(401, ("unauthenticated", "Nobody is signed in", "Send a valid token: Authorization: Bearer ….")),
        **_rows(
            403,
            ("scope", "A right is missing", "Ask somebody who has the scope that `detail` names."),
            ("cross_site", "The request comes from another site", "Send it from the console's own pages."),
        ),
        **_rows(
            404,
            ("not_found", "There is nothing here", "Check the address; what is in another store can't be seen."),
            (
                "unknown_order",
                "There is no such order",
                "Check its number or id; what is in another store can't be seen.",
            ),
        ),
        **_rows(405, ("method", "This can't be done with it", "Allow names the methods that can be used here.")),
        **_rows(408, ("too_slow", "The request came too slowly", "Send it anew, its whole body within half a minute.")),
        **_rows(
            409,
            ("gate", "The order is not in a state for that", "GET …/actions lists what can be done with it now."),
            ("gate_confirmed", "It is too late for that", "GET …/actions lists what can be done with it now."),
            ("packed", "The goods are packed", "Recall the order from the warehouse, or wait for a return."),
            ("not_shipped", "The goods have not been sent", "Cancel, or change the order."),
            ("held", "The order is held", "`hint` says what lets it go on."),
            ("alert_uncleared", "An alert stands", "Look at the alert, then clear it."),
            ("duplicate", "It is so already", "Load the order again."),
            ("conflict", "Things don't stand so that it can be done", "Load it again; `detail` is what is in the way."),
            ("not_stopped", "The shard is not stopped", "Load the shard again: somebody may have let it go on."),
            (
                "other_accident",
                "The shard has not stopped for that",
                "Accept what has happened, and nothing else: `detail` says what it is.",
            ),
            ("not_quarantined", "Nothing waits there", "Load it again."),
            ("choice_grown", "More is meant than was previewed", "Ask for a preview again, and act on that."),
            ("ambiguous_number", "Several orders bear the number", "Name one of them by its id; `detail` has them."),
            ("webhook_limit", "There are too many webhooks", "Delete one that isn't needed."),
            ("view_limit", "There are too many views", "Delete one that isn't needed."),
            ("parent_loop", "A word can't stand above itself", "Choose another parent."),
        ),
        **_rows(
            412,
            (
                "stale_version",
                "The order has changed meanwhile",
                "Load it again, and decide again: `current` is how it stands.",
            ),
        ),
        **_rows(413, ("too_large", "Too much was sent", "Send it in parts, or leave out what isn't needed.")),
        **_rows(415, ("media_type", "This type of data isn't read here", "Send application/json.")),
        **_rows(
            422,
            ("data_invalid", "The data breaks its contract", "`errors` points at each fault."),
            ("reason_required", "A reason is needed", "Say why: `reason`."),
            ("amount_exceeds", "That is more than there is", "`detail` says how much there is."),
            ("customer_blocked", "The customer is blocked", "Speak to whoever blocked them."),
            ("no_stock", "There is none left", "Choose something else, or reorder it."),
            (
                "not_same_product",
                "That is another product",
                "An exchange is for the same product; take it back for money.",
            ),
            ("no_exchange_digital", "It can't be exchanged", "Take it back for money."),
            ("sort_needs_filter", "Too much to sort", "Add a filter: `detail` names some."),
            ("key_reused", "The key was used for something else", "Take a new Idempotency-Key for each act."),
            ("offset_outside", "The log has no such offset", "Ask from an offset that is there: `detail` names them."),
            ("unknown_parent", "There is no such word", "Put the parent first."),
            ("unknown_wordlist", "There is no such list", "Check its name."),
            ("entry_repeated", "A word is there twice", "Name each word once."),
            (
                "unknown_parameter",
                "There is no such parameter",
                "Check how it is written: a mistyped filter would show too much.",
            ),
        ),
        **_rows(
            423, ("locked_by", "Somebody is editing the order", "Wait for `owner`, or have a supervisor end the lock.")
        ),
        **_rows(
            428, ("version_missing", "The version is missing", "Send If-Match with the ETag of the order that you saw.")
        ),
        **_rows(429, ("rate", "Too many requests", "Wait as long as Retry-After says.")),
        **_rows(500, ("internal", "The hub has failed", "Try again; if it stays so, tell an operator the `trace_id`.")),
        **_rows(
            503,
            ("busy", "Too many connections are open", "Try again after Retry-After, and close what you do not use."),
            ("starting", "The API is starting", "Try again in a moment."),
            (
                "database_away",
                "The database does not answer",
                "Try again in a moment; nothing that was accepted is lost.",
            ),
            (
                "kafka_away",
                "The log does not answer",
                "Send the act again with the same Idempotency-Key: it is carried out once.",
            ),
            ("identity_away", "The identity provider does not answer", "Try again in a moment."),
            ("listing_building", "Lists are being built", "Try again in a while; single orders can be read meanwhile."),
            ("not_set_up", "The API is not set up for this", "`detail` says what an operator has to set."),
        ),
    }
)
"""Every code that the API answers with."""


def told_as(code: str) -> str:
    """Return the code of a refusal as the API has it: of one that it doesn't know, that the gate is shut."""
    return code if code in SORTS else "gate"


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a body is wrong (a JSON Pointer), and how."""

    pointer: str
    detail: str


@dataclass(slots=True)
class Problem(Exception):
    """An answer that is no success; `more` are members besides those of every problem."""

    code: str
    detail: str
    hint: str | None = None
    errors: Sequence[Fault] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """Return its HTTP status."""
        return SORTS[self.code].status

    def document(self, trace_id: str, instance: str | None = None) -> dict[str, Any]:
        """Return the problem as it is sent; `instance` is where it can be looked up, if it can."""
        sort = SORTS[self.code]
        told = {
            "type": f"/problems/{self.code}",
            "title": sort.title,
            "status": sort.status,
            "detail": self.detail,
            "instance": instance or f"urn:uuid:{uuid.uuid4()}",
            "code": self.code,
            "trace_id": trace_id,
        }
        if self.errors:
            told["errors"] = [{"pointer": each.pointer, "detail": each.detail} for each in self.errors]
        if self.hint:
            told["hint"] = self.hint
        return told | dict(self.more)
