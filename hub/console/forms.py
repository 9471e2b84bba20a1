"""Forms: what an address fills in, the key under which one is carried out once, and what becomes of a refusal."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from fastapi import Request, Response

from hub.console.asking import Refused, Reply
from hub.console.visit import Visit

SHOWN: Final = frozenset({400, 404, 409, 412, 413, 415, 422, 423, 428, 429, 503})
"""Problems that the form itself shows: what was written stays there."""
UNSURE: Final = frozenset({429, 503})
"""Problems after which the same form may be sent again: it was not decided on, or nobody knows."""
LONGEST: Final = 200


def filled(request: Request) -> dict[str, str]:
    """Return what an address fills into a form."""
    return {name: held for name, held in request.query_params.items() if len(held) <= LONGEST}


def shown(error: Refused) -> Refused:
    """Return a refusal that the form shows; raise it where a page of its own does."""
    if error.status not in SHOWN:
        raise error
    return error


def key_of(given: Mapping[str, str], problem: Mapping[str, Any] | None = None, name: str = "key") -> str:
    """Return the key of a form: its own, or a new one once it was refused, since what is written then is another act.

    Where nobody knows what became of the act it keeps its own.
    """
    key = given.get(name)
    return key if key and (problem is None or problem.get("status") in UNSURE) else str(uuid4())


def keyed(given: Mapping[str, str], name: str = "key") -> dict[str, str]:
    """Return the header by which a form is carried out once, however often its button is pressed."""
    return {"Idempotency-Key": key_of(given, name=name)}


def waiting(visit: Visit, reply: Reply) -> Response:
    """Return the page of an act that the hub has accepted and not decided yet."""
    return visit.page("act_waiting.html", 202, command_id=reply.document["command_id"])
