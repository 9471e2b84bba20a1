"""What every route of the API may answer besides its own."""

from typing import Any, Final

from hub.api import models as m

PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    number: {"model": m.ProblemModel, "description": why}
    for number, why in {
        400: "The request can't be read",
        401: "Nobody is signed in",
        403: "A right is missing",
        404: "There is no such order for the caller",
        409: "Not as things stand",
        412: "The order has changed meanwhile",
        413: "Too large",
        415: "Not JSON",
        422: "The data breaks its contract",
        423: "Somebody is editing the order",
        428: "If-Match is missing",
        429: "Too many requests",
        503: "A server is away",
    }.items()
}
