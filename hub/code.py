"""Which code runs: a short name of the sources that decide, so that other code tries again what this code failed on."""

from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parent.parent
_DECIDING: Final = ("contracts", "domain", "consumers", "producers", "adapters")


@cache
def fingerprint() -> str:
    """Return 16 hexadecimal digits over the sources of the rooms that decide, store and publish."""
    digest = blake2b(digest_size=8)
    for room in _DECIDING:
        for path in sorted((_ROOT / room).rglob("*.py")):
            digest.update(path.relative_to(_ROOT).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def build() -> tuple[str, str]:
    """Return the release, and the fingerprint: two builds of one release may differ."""
    return version("fulfilment-hub"), fingerprint()
