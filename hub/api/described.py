"""What every route of the API may answer besides its own.

Not as models: the framework would make one for each of them and each route, which holds up a process for seconds.
"""

from typing import Any, Final

_AS_PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemModel"}}}
PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    number: {"description": why, "content": _AS_PROBLEM}
    for number, why in {
        400: "The request can't be read",
        401: "Nobody is signed in",
        403: "A right is missing",
        404: "There is no such order for the caller",
        408: "Too slow",
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


def only(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route may answer that fails in these ways alone."""
    return {status: PROBLEMS[status] for status in statuses}
