"""`python -m tests.secured`: the tests with Keycloak, which it provides first; what `make secured` calls."""

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from adapters.embedded import EmbeddedServerError
from hub.cli.display import shown
from hub.screen import Screen
from tests.secured import distribution


class Steps:
    """Tells what is downloaded and built."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def step(self, text: str) -> None:
        """Say what is done now."""
        self._screen.step(f"{text[0].upper()}{text[1:]}")

    def download(self, name: str, done: int, total: int) -> None:
        """Show a download."""
        self._screen.bar("Downloading Keycloak", done / 1e6, total / 1e6, "MB")


def main() -> int:
    """Provide Keycloak, run the tests with it, and say how it ended and how long it took."""
    console, begun = Console(stderr=True), time.monotonic()
    try:
        with Screen(console, quiet=False) as screen:
            distribution.provide(Steps(screen))
    except (EmbeddedServerError, distribution.KeycloakIsNotBuilt) as error:
        console.print(shown(str(error), "red"))
        return 1
    console.print(f"Tests with {distribution.WHAT}; it starts with the first one", highlight=False)
    tests = Path(__file__).parent
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-m", "secured", str(tests)]
    code = subprocess.run([*command, *sys.argv[1:]], check=False).returncode
    took = timedelta(seconds=round(time.monotonic() - begun))
    word, colour = ("passed", "green") if code == 0 else ("FAILED", "red")
    console.print(shown(f"Secured: {word}, with {distribution.WHAT}, in {took}", colour))
    return code


if __name__ == "__main__":
    sys.exit(main())
