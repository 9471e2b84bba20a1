"""One pair of servers for all the workers of a test session."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.embedded.processes import servers_of, until

pytestmark = pytest.mark.integration

WORKER = """
import sys
from pathlib import Path
from tests.services import embedded_services
with embedded_services(Path(sys.argv[1])) as at:
    print(at.bootstrap_servers, at.database_url, flush=True)
    sys.stdin.read()
"""


def start_worker(root: Path) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", WORKER, str(root)]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=Path(__file__).parents[2])


def address(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline().strip()


def test_workers_share_one_pair_of_servers_until_the_last_one_leaves(folder: Path) -> None:
    first, second = start_worker(folder), start_worker(folder)
    assert address(first) == address(second) != ""

    first.send_signal(signal.SIGKILL)  # maybe the one who started them
    first.communicate()
    third = start_worker(folder)
    assert address(third)
    second.communicate(timeout=60)
    assert servers_of(folder)
    third.communicate(timeout=60)

    assert until(lambda: not (folder / "services" / "servers").exists(), seconds=0)
    assert servers_of(folder) == []
