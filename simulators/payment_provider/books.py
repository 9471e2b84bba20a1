"""The provider's books: payments, refunds, and the first answer to every key; in memory, and in a file line by line."""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

Reply = tuple[int, dict[str, Any]]


@dataclass
class Books:
    """What the provider knows; with a file a new process goes on with it."""

    file: Path | None = None
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    replies: dict[str, tuple[str, int, dict[str, Any]]] = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)
    """When each thing came into the books, on the monotonic clock."""
    replayed: int = 0
    _out: TextIO | None = None

    def __post_init__(self) -> None:
        if self.file is None:
            return
        if self.file.exists():
            for line in self.file.read_text().splitlines():
                self._enter(json.loads(line))
        self._out = self.file.open("a")

    def close(self) -> None:
        """Close the file."""
        if self._out is not None:
            self._out.close()

    def once(self, key: str, asked: str, act: Callable[[], tuple[Reply, Mapping[str, Any] | None]]) -> Reply:
        """Return the answer to a key: the first one for ever; another question under it is refused."""
        before = self.replies.get(key)
        if before is not None:
            self.replayed += 1
            if before[0] != asked:
                return 400, {"error": {"type": "idempotency_error", "message": "this key was used for another call"}}
            return before[1], before[2]
        (status, body), thing = act()
        entry = {"key": key, "asked": asked, "status": status, "body": body, "thing": thing}
        if self._out is not None:  # on disk before anybody hears of it
            self._out.write(json.dumps(entry) + "\n")
            self._out.flush()
            os.fsync(self._out.fileno())
        self._enter(json.loads(json.dumps(entry)))
        return status, body

    def _enter(self, entry: Mapping[str, Any]) -> None:
        self.replies[entry["key"]] = (entry["asked"], entry["status"], entry["body"])
        thing = entry["thing"]
        if thing is not None:
            shelf = self.intents if thing["object"] == "payment_intent" else self.refunds
            shelf[thing["id"]] = thing
            self.seen.setdefault(thing["id"], time.monotonic())

    def refunded(self, intent_id: str) -> int:
        """Return what is or will be given back of a payment, in minor units."""
        live = (each for each in self.refunds.values() if each["payment_intent"] == intent_id)
        return sum(each["amount"] for each in live if each["status"] in ("succeeded", "pending"))

    def document(self) -> dict[str, Any]:
        """Return the books as plain values."""
        return {
            "payment_intents": list(self.intents.values()),
            "refunds": list(self.refunds.values()),
            "keys": len(self.replies),
            "replayed": self.replayed,
        }
