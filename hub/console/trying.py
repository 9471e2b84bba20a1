"""Trying: what an act would do, asked of the API before anybody presses its button."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.console.acts import Act
from hub.console.asking import Refused
from hub.console.visit import Visit
from hub.desk.names import spelling


@dataclass(frozen=True, slots=True)
class Trial:
    """What would come of an act: the events, what partners are asked, the order as it would be; or why it is refused.

    Without either, there is nothing to try yet.
    """

    before: Mapping[str, Any]
    would: Mapping[str, Any] | None = None
    problem: Mapping[str, Any] | None = None
    status: int = 200

    def causes(self, event: str) -> bool:
        """Tell whether an event would happen."""
        return self.would is not None and event in self.caused

    @property
    def caused(self) -> Sequence[str]:
        """Return the events that would happen, without the versions of their contracts."""
        return [] if self.would is None else [str(each).removesuffix(".v1") for each in self.would["caused"]]

    def made(self, part: str, name: str) -> Mapping[str, Any] | None:
        """Return what the order would have that it has not yet, such as a refund by its `refund_id`."""
        known = {each[name] for each in self.before.get(part) or ()}
        found = [] if self.would is None else [e for e in self.would["order"][part] if e[name] not in known]
        return found[-1] if found else None


async def tried(
    visit: Visit, row: Act, order: Mapping[str, Any], body: Mapping[str, Any], parts: Mapping[str, str] | None = None
) -> Trial:
    """Ask what an act would do; a refusal is an answer as well, unless it is about who asks."""
    path = "/v1" + row.path.format(order=spelling(order["order_id"]), **(parts or {}))
    try:
        reply = await visit.api.send(row.method, path, body, query={"dry_run": "true"})
    except Refused as error:
        return Trial(order, problem=error.problem, status=error.status)
    return Trial(order, would=reply.document)
