"""`python -m tests.domain.story`: writes anew what the hub says at every row of the tables and at every gate."""

import sys

from tests.domain.story.pages import FOLDER, PAGES, said


def main() -> int:
    """Write the pages anew."""
    FOLDER.mkdir(exist_ok=True)
    for page in PAGES:
        (FOLDER / f"{page}.txt").write_text(said(page), encoding="utf-8")
    sys.stdout.write(f"{len(PAGES)} pages written; read their diff\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
