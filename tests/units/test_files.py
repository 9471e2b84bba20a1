"""A process that serves many takes the files that it needs, where it may."""

import subprocess
import sys

import pytest

ASKED = """
import resource
from hub.api.serving import allow_files
allow_files(400)
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("limits", "has", "says"),
    [
        ("ulimit -Sn 300", "400", False),
        ("ulimit -Sn 500", "500", False),
        ("ulimit -Sn 300; ulimit -Hn 350", "350", True),
    ],
)
def test_so_many_files_as_are_needed_and_allowed(limits: str, has: str, says: bool) -> None:
    command = f"{limits}; exec '{sys.executable}' -c '{ASKED}'"

    told = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout

    assert told.splitlines()[-1] == has
    assert ("raise the hard limit" in told) is says
