"""A Keycloak of one's own on a free port: started, killed, and started again with what it has stored."""

import os
import signal
import time
from pathlib import Path
from typing import Final

import httpx2

from adapters.embedded import ServerDidNotStart, log, ports
from adapters.embedded.folder import open_locked
from adapters.embedded.progress import Progress
from adapters.embedded.supervision import Program, Supervision
from tests.secured import distribution

NAME: Final = "keycloak"
ADMIN, PASSWORD = "admin", "for-tests-only"
START_SECONDS: Final = 300.0  # 13 s are usual
PARTS: Final = ("lib", "providers", "themes", "conf")
"""What a home shares with the distribution; its data are its own."""


class Keycloak:
    """One server, which ends with this process at the latest."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        self._folder, self._progress = folder, progress
        self._supervision: Supervision | None = None
        self.port = 0

    @property
    def base(self) -> str:
        """Where it is found."""
        return f"http://{ports.HOST}:{self.port}"

    def start(self) -> None:
        """Start it on a free port; returns when it answers."""
        distributed = distribution.provide(self._progress)
        folder, lock = open_locked(self._folder)
        try:
            self._supervision = Supervision(folder.path, lock)
        finally:
            os.close(lock)
        for part in PARTS:
            (self._folder / part).symlink_to(distributed / part)
        self.port, self._management = ports.some(2)
        self.start_again()

    def start_again(self) -> None:
        """Start it on the same port, with what it has stored; returns when it answers."""
        assert self._supervision is not None
        self._progress.step(f"starting {distribution.WHAT}")
        self._supervision.start(self._program())
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            code = self._supervision.exit_code(NAME)
            if code is not None or time.monotonic() > deadline:
                reason = "no answer in time" if code is None else f"it ended with exit code {code}"
                raise ServerDidNotStart("Keycloak", reason, self._log, log.tail(self._log))
            time.sleep(0.1)
        self._progress.step(f"{distribution.WHAT} is ready")

    def kill(self) -> None:
        """Kill it."""
        assert self._supervision is not None
        self._supervision.end(NAME, signal.SIGKILL, 30.0)

    def close(self) -> None:
        """End it, if it runs."""
        if self._supervision is not None:
            self._supervision.close()

    @property
    def _log(self) -> Path:
        return self._folder / "keycloak.log"

    def _program(self) -> Program:
        arguments = (
            *("start", "--optimized", "--http-enabled=true", "--cache=local", f"--hostname={self.base}"),
            *(f"--http-host={ports.HOST}", f"--http-port={self.port}"),
            *(f"--http-management-host={ports.HOST}", f"--http-management-port={self._management}"),
        )
        admin = {"KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN, "KC_BOOTSTRAP_ADMIN_PASSWORD": PASSWORD}
        bare = {name: value for name, value in os.environ.items() if not name.startswith("KC_")}
        argv = distribution.command(self._folder, *arguments)
        return Program(NAME, argv, self._folder, self._log, env=bare | admin)

    def _answers(self) -> bool:
        try:
            asked = f"{self.base}/realms/master/.well-known/openid-configuration"
            return httpx2.get(asked, timeout=30).status_code == httpx2.codes.OK
        except httpx2.HTTPError:
            return False
