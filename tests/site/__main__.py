"""`python -m tests.site` builds the documents as a site. It needs the group `docs`, and no network."""

import subprocess
import sys

from tests.site.building import CONFIG, SITE, faults, stage
from tests.site.pages import ROOT


def main() -> int:
    """Build it, and tell what is wrong with it."""
    stage()
    built = subprocess.run(
        ["zensical", "build", "--strict", "--clean", "-f", str(CONFIG)], capture_output=True, text=True, check=False
    )
    if built.returncode:
        sys.exit(f"{built.stdout}{built.stderr}\nThe site was not built.")
    found = faults()
    for fault in found:
        print(fault, file=sys.stderr)
    if not found:
        print(f"The site is built. Read it with: python -m http.server -d {SITE.relative_to(ROOT)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
