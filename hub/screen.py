"""What a person sees while something long runs: bars on a terminal, plain lines otherwise."""

import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Screen:
    """What a person sees meanwhile: bars on a terminal, plain lines otherwise."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self.console = console
        self.quiet = quiet
        self.live = console.is_terminal and not quiet
        self._progress = Progress(
            TextColumn("{task.description:<26}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not self.live,
        )
        self._tasks: dict[str, TaskID] = {}
        self._said = 0.0

    def __enter__(self) -> "Screen":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def step(self, text: str) -> None:
        """Say what is done now."""
        if self.live:
            self._progress.console.print(f"[dim]{text}[/dim]")
        else:
            self.console.print(text, highlight=False)

    def note(self, text: str) -> None:
        """Say something beside the steps, but not where quiet is wished for."""
        if not self.quiet:
            self.console.print(text, highlight=False)

    def download(self, name: str, done: int, total: int) -> None:
        """Show a download."""
        self.bar("Downloading Kafka", done, total, name)

    def bar(self, name: str, done: float, total: float, note: str = "") -> None:
        """Show how far something is."""
        if self.live:
            if name not in self._tasks:
                self._tasks[name] = self._progress.add_task(name, total=total, note=note)
            self._progress.update(self._tasks[name], completed=done, total=total, note=note)
        elif time.monotonic() - self._said > 5 or done >= total > 0:
            self._said = time.monotonic()
            self.console.print(f"{name}: {done:.0f} of {total:.0f} {note}", highlight=False)
