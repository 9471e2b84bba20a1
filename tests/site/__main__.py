"""`python -m tests.site` builds the documents as a site; `diagrams` draws what its pages draw.

Building needs the group `docs`, and no network. Drawing needs npm and Chromium.
"""

import shutil
import subprocess
import sys

from tests.site.building import CONFIG, SITE, faults, stage
from tests.site.drawing import draw
from tests.site.pages import ROOT, diagrams, pages


def main() -> int:
    """Build, or draw."""
    if sys.argv[1:] == ["diagrams"]:
        browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        if browser is None:
            sys.exit("Nothing was drawn: Chromium is not installed.")
        draw([source for path in pages() for source in diagrams((ROOT / path).read_text(encoding="utf-8"))], browser)
        return 0
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
