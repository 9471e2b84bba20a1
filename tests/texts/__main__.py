"""`python -m tests.texts check` says which texts lack a translation; `write` adds them to the catalogues, empty."""

import sys
from collections.abc import Mapping

from hub.console.languages import REFUSAL, path_of, read
from tests.texts.catalogues import TRANSLATED, faults, write
from tests.texts.gathered import ROOT, all_texts
from tests.texts.refusals import all_refusals


def main(wanted: str) -> int:
    """Check the catalogues, or write them anew; return what the process ends with."""
    gathered: Mapping[str | None, Mapping[str, str]] = {None: all_texts(), REFUSAL: all_refusals()}
    bad = 0
    for language in TRANSLATED:
        if wanted == "write":
            write(language, gathered)
        for context, texts in gathered.items():
            for fault in faults(texts, read(language, context)):
                bad += 1
                print(f"{path_of(language).relative_to(ROOT)}: {fault}")
    if bad:
        print(f"{bad} texts of the console need work: `python -m tests.texts write`, then fill in what is empty.")
    else:
        print("every text of the console is translated, with its placeholders")
    return int(bool(bad) and wanted != "write")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
