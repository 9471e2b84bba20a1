"""Jobs of what-if: each a `hub what-if` of its own, bounded, which ends with the process of the API that began it."""

import asyncio
import json
import secrets
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

import structlog

from hub.api.problems import Problem
from hub.desk.callers import Caller
from hub.desk.what_if import Asked
from hub.errors import NotUsable
from hub.processes import environment_of
from hub.settings import Settings

LOG: Final = structlog.get_logger("api")
SECONDS: Final = 300
"""How long one may compute."""
WALL_SECONDS: Final = 600.0
"""How long one may take in all, the database's time included."""
MEGABYTES: Final = 2048
"""Address space that one may take; a fresh process has some 600 MB of it."""
ANSWER_BYTES: Final = 32 * 2**20
KEPT: Final = 10
"""Jobs that have ended and can still be asked for."""
_KILL_SECONDS: Final = 5.0
_NOT_TOLD: Final = "it ended without an answer"


@dataclass(slots=True, eq=False)
class Job:
    """One comparison under way, or its end: `state` is running, done, failed or stopped.

    `result` is what `hub what-if --json` printed; `why` why there is none.
    """

    id: str
    caller: str
    asked: Asked
    started_at: datetime
    state: Literal["running", "done", "failed", "stopped"] = "running"
    ended_at: datetime | None = None
    progress: Mapping[str, int] | None = None
    result: Mapping[str, Any] | None = None
    why: str | None = None
    task: asyncio.Task[None] | None = None


@dataclass(slots=True)
class Jobs:
    """Those of one process of the API: one at a time, and the last ones that have ended, in memory alone."""

    settings: Settings
    _jobs: dict[str, Job] = field(default_factory=dict)

    def start(self, caller: Caller, asked: Asked) -> Job:
        """Begin one; raises Problem where one is under way."""
        if any(each.state == "running" for each in self._jobs.values()):
            again = {"Retry-After": "10"}
            raise Problem("rate", "one what-if at a time is carried out: wait for its end", headers=again)
        job = Job(secrets.token_urlsafe(12), caller.id, asked, datetime.now(UTC))
        self._jobs[job.id] = job
        for each in list(self._jobs)[:-KEPT]:
            del self._jobs[each]
        job.task = asyncio.create_task(self._carry_out(job, command(asked, caller)), name="what-if")
        return job

    def of(self, caller: Caller) -> Sequence[Job]:
        """Return those of a caller, the newest first."""
        return [each for each in reversed(self._jobs.values()) if each.caller == caller.id]

    def find(self, caller: Caller, id_: str) -> Job:
        """Return one of the caller's own; raises Problem."""
        job = self._jobs.get(id_)
        if job is None or job.caller != caller.id:
            detail = (
                "no such what-if is known here: another process of the API began it, or the one that did has ended, "
                "and the what-if with it, or others have ended since"
            )
            raise Problem("not_found", detail, "Start it again.")
        return job

    async def stop(self, job: Job) -> None:
        """End one that is under way, and return when it has ended."""
        if job.task is not None and not job.task.done():
            job.state, job.why = "stopped", "it was stopped"
            job.task.cancel()
            await asyncio.wait({job.task})

    async def close(self) -> None:
        """End what is under way, as the process ends."""
        for each in self._jobs.values():
            await self.stop(each)

    async def _carry_out(self, job: Job, arguments: Sequence[str]) -> None:
        """Have it found out; whatever ends that ends the job, too, so that the next one can begin."""
        try:
            await self._find_out(job, arguments)
        except TimeoutError:
            job.state, job.why = "failed", f"it took longer than {WALL_SECONDS:g} s: choose fewer orders"
        except NotUsable as error:
            job.state, job.why = "failed", str(error)
        except Exception as error:
            LOG.error("a what-if ended without an answer", error=type(error).__name__, exc_info=error)
            job.state, job.why = "failed", _NOT_TOLD
        finally:
            job.ended_at = datetime.now(UTC)

    async def _find_out(self, job: Job, arguments: Sequence[str]) -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hub", *arguments),
            env=environment_of(self.settings),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=2**20,
        )
        try:
            async with asyncio.timeout(WALL_SECONDS):
                answer, last = await asyncio.gather(_answer(process), _follow(job, process))
                code = await process.wait()
            job.result = json.loads(answer) if code == 0 else None
            job.state, job.why = ("done", None) if code == 0 else ("failed", last or _died(code))
        finally:
            await _end(process)


def command(asked: Asked, caller: Caller) -> Sequence[str]:
    """Return what is run for a caller: he sees the orders of his stores, and who has none sees those of no store."""
    found = ["what-if", "--json", f"--seconds={SECONDS}", f"--megabytes={MEGABYTES}"]
    found += [f"--policy={name}={json.dumps(value)}" for name, value in asked.policy.items()]
    found += [f"--order={each}" for each in asked.orders]
    window = {"from": asked.placed_from, "to": asked.placed_to}
    found += [f"--{name}={at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}" for name, at in window.items() if at is not None]
    if caller.sees is not None:
        found += [f"--store={each}" for each in sorted(caller.sees) or [""]]
    return [*found, f"--limit={asked.limit}", f"--listed={asked.listed}"]


async def _answer(process: asyncio.subprocess.Process) -> bytes:
    """Return what it prints; raises NotUsable where that is more than can be kept."""
    assert process.stdout is not None
    parts, size = list[bytes](), 0
    while part := await process.stdout.read(2**16):
        parts.append(part)
        size += len(part)
        if size > ANSWER_BYTES:
            raise NotUsable("the answer is too long: choose fewer orders")
    return b"".join(parts)


async def _follow(job: Job, process: asyncio.subprocess.Process) -> str:
    """Note how far it is, and return the last line in which it says something else: why it failed."""
    assert process.stderr is not None
    last = ""
    while line := await process.stderr.readline():
        if line.startswith(b"{"):
            job.progress = json.loads(line)
        elif line.startswith(b"Error: "):
            last = line.decode(errors="replace").removeprefix("Error: ").strip()
    return last


def _died(code: int) -> str:
    return f"it was ended by {signal.Signals(-code).name}" if code < 0 else f"it ended with code {code}"


async def _end(process: asyncio.subprocess.Process) -> None:
    """Have a child end, hard if it must be, and wait for it, so that none is left behind."""
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(_KILL_SECONDS):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
