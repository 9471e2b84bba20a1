"""Acts: the commands that a page can send, as the API describes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Act:
    """A route that carries a command out: its path with `{names}` in it, what it takes, and whether it needs a version.

    `command` is the command's name, such as `order.cancel`, and `label` what people call it; `schema` is the JSON
    Schema of the body.
    """

    command: str
    label: str
    method: str
    path: str
    schema: Mapping[str, Any]
    edits: bool
    parts: tuple[str, ...]

    @property
    def of_order(self) -> bool:
        """Tell whether the path names the order."""
        return "order" in self.parts
