"""What CI runs says in a sentence that it needs a browser, and goes on with one."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / ".ci" / "run"


@pytest.mark.parametrize(
    ("browser", "apt", "status", "made"),
    [
        (False, "exit 1", 1, ["check", "site"]),
        (True, "exit 1", 0, ["check", "site", "long", "console", "test"]),
    ],
    ids=["none", "one that is there"],
)
def test_without_a_browser_nothing_is_said_to_be_proved(
    tmp_path: Path, browser: bool, apt: str, status: int, made: list[str]
) -> None:
    place, tools = tmp_path / "project" / ".ci", tmp_path / "bin"
    place.mkdir(parents=True)
    tools.mkdir()
    shutil.copy(RUN, place / "run")
    told = {"make": f'echo "$1" >> {tmp_path}/made', "apt-get": apt} | ({"chromium": "true"} if browser else {})
    for name, does in told.items():
        (tools / name).write_text(f"#!/bin/bash\n{does}\n")
        (tools / name).chmod(0o755)
    (tools / "dirname").symlink_to(str(shutil.which("dirname")))

    done = subprocess.run(
        ["/bin/bash", str(place / "run")], env={**os.environ, "PATH": str(tools)}, capture_output=True, text=True
    )

    assert done.returncode == status, done.stderr
    assert ("No browser can be had here" in done.stderr) == (not browser)
    assert (tmp_path / "made").read_text().split() == made
