"""How a start tells what it is doing."""

from typing import Protocol


class Progress(Protocol):
    """Told about each step of a start; may be called from several threads, one call at a time."""

    def step(self, text: str) -> None:
        """A new step has begun; `text` is a short phrase for people."""

    def download(self, name: str, done: int, total: int) -> None:
        """`done` of `total` bytes of the file `name` have arrived."""


class Silent:
    """A progress that nobody looks at."""

    def step(self, text: str) -> None:
        """Ignore the step."""

    def download(self, name: str, done: int, total: int) -> None:
        """Ignore the bytes."""
