"""`python -m tests.rules check|write|proof`: the rules page, kept current, and the marks of the tests, earned."""

import argparse
import sys

from contracts.checking import told
from tests.rules import proof
from tests.rules.marks import CollectionFailed
from tests.rules.page import PAGE, faults, known, page, stale


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 all well, 1 something to do, 2 a wrong use."""
    parser = argparse.ArgumentParser(prog="python -m tests.rules", description="The rules page and its proof.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="is docs/rules.md current, and does every mark name a rule?")
    commands.add_parser("write", help="write docs/rules.md")
    proving = commands.add_parser("proof", help="does every test with a rule's mark fail without the rule?")
    proving.add_argument("rules", nargs="*", help="only these, e.g. O-21; all by default")
    given = parser.parse_args(arguments)
    try:
        match given.command:
            case "check":
                return check()
            case "write":
                return write()
            case _:
                return proof.prove(frozenset(given.rules))
    except CollectionFailed as error:
        return told([str(error)], "")


def check() -> int:
    """Tell which names are unknown and whether the page is stale."""
    read = known()
    old = ["docs/rules.md is not current; run `make rules`"] if stale(read) else []
    return told([*faults(read), *old], "the rules page is current and every mark names a rule")


def write() -> int:
    """Bring the page up to date; unknown names are told, as the page has no place for them."""
    read = known()
    PAGE.write_text(page(read))
    return told(faults(read), "docs/rules.md written")


if __name__ == "__main__":
    sys.exit(main())
