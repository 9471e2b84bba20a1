"""What the desk's errors are called over HTTP: the code of their problem."""

from types import MappingProxyType
from typing import Final

from hub.desk import live
from hub.desk.acts import KeyIsReused
from hub.desk.callers import IdentityIsAway, NobodySignedIn
from hub.desk.errors import (
    ChoiceHasGrown,
    CursorIsInvalid,
    CursorMismatches,
    DatabaseIsNoCopy,
    KeyIsOfOther,
    ListingIsNotBuilt,
    ListIsTooWide,
    NothingWaits,
    NumberIsAmbiguous,
    OffsetIsOutside,
    OffsetsAreForeign,
    OrderIsUnknown,
    ShardIsNotStopped,
    SortNeedsFilter,
    TopicIsNotRead,
)
from hub.desk.views import TooManyViews
from hub.desk.webhooks import TooManyWebhooks
from hub.errors import ErrorKind, HubError

CODES: Final = MappingProxyType[type[Exception], str](
    {
        OrderIsUnknown: "unknown_order",
        NumberIsAmbiguous: "ambiguous_number",
        KeyIsReused: "key_reused",
        NobodySignedIn: "unauthenticated",
        IdentityIsAway: "identity_away",
        TopicIsNotRead: "not_found",
        KeyIsOfOther: "key_reused",
        ChoiceHasGrown: "choice_grown",
        OffsetIsOutside: "offset_outside",
        NothingWaits: "not_quarantined",
        ShardIsNotStopped: "not_stopped",
        OffsetsAreForeign: "other_accident",
        DatabaseIsNoCopy: "other_accident",
        CursorIsInvalid: "cursor_invalid",
        CursorMismatches: "cursor_mismatch",
        SortNeedsFilter: "sort_needs_filter",
        ListIsTooWide: "sort_needs_filter",
        ListingIsNotBuilt: "listing_building",
        TooManyWebhooks: "webhook_limit",
        TooManyViews: "view_limit",
        live.CursorIsInvalid: "cursor_invalid",
    }
)
"""Errors whose problem says more than their kind."""
OF_KIND: Final = MappingProxyType(
    {
        ErrorKind.INVALID: "data_invalid",
        ErrorKind.NOT_FOUND: "not_found",
        ErrorKind.CONFLICT: "conflict",
        ErrorKind.SETUP: "not_set_up",
    }
)
"""What every other error is called, by its kind; the kinds that are left out are faults of the hub's own."""


def code_of(error: Exception) -> str | None:
    """Return the code of an error's problem; None where the hub itself has failed."""
    code = next((code for kind, code in CODES.items() if isinstance(error, kind)), None)
    return OF_KIND.get(error.kind) if code is None and isinstance(error, HubError) else code
