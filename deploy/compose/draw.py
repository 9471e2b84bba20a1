"""Draw what nobody may know, once: each secret is a file of the folder, and one that is there stays as it is."""

import secrets
import sys
from pathlib import Path

from adapters.keys import new_pair

FOLDER = Path(sys.argv[1])


def draw(name: str, value: str) -> str:
    """Write a secret unless it is there already; return it."""
    place = FOLDER / name
    if not place.exists():
        place.write_text(value)
    place.chmod(0o444)  # only containers that mount the folder see it
    return place.read_text()


password = draw("postgres", secrets.token_urlsafe(24))
draw("HUB_DATABASE__URL", f"postgresql://hub:{password}@postgres:5432/hub")
draw("HUB_TOKEN_KEY", secrets.token_hex(32))
draw("HUB_API__KEY", new_pair()[0])
draw("HUB_GATEWAY__API_KEY", "sk_test_simulated")  # the simulated provider's, which moves no money
print("The secrets are drawn.")
