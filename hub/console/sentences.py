"""Sentences: what an entry of a timeline says, in words."""

from collections.abc import Mapping
from typing import Any


def told(entry: Mapping[str, Any]) -> str:
    """Return what happened, as a sentence without its subject."""
    return str(entry["what"]).removesuffix(".v1").replace(".", ": ", 1).replace("_", " ")
